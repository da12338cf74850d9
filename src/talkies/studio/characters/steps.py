"""A character made in a folder by a process of its own: built or imported, then bundled."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from talkies.core.rig.config_json import config_from_json
from talkies.core.rig.model import RigConfig
from talkies.media.keying import key_color_of
from talkies.rigs.building.building import build_character
from talkies.rigs.character import Character
from talkies.rigs.tree.importing import ImportOptions, ImportStage, import_tree
from talkies.studio.characters.building import build_options
from talkies.studio.characters.bundle import write_bundle
from talkies.studio.characters.contents import contents_of
from talkies.studio.characters.kinds import ARCHIVE, BUNDLE, DRAWING
from talkies.studio.progress import Listener, Reporter, Stage, ignore

#: What was asked for, as a file.
ORDER: Final = "order.json"

#: Folder of the inputs, each under its role.
INPUTS: Final = "inputs"

#: Folder in which the character's own folder is.
MADE: Final = "made"

#: How many parts of an import are done before each of its steps.
PARTS: Final = {stage: index for index, stage in enumerate(ImportStage)}

#: Shares of the work; what is fetched is there when it begins here.
SHARES: Final = {Stage.FETCH: 0.05, Stage.BUILD: 0.85, Stage.DELIVER: 0.10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made of the inputs in a folder."""

    name: str
    #: The words, as `expressions.json` has them; None takes the tree's, or the usual ones.
    config: Mapping[str, Any] | None
    key_color: str
    #: As in `CharacterSubmission`.
    build: Mapping[str, Any]
    workers: int


def make_in(folder: Path, listener: Listener = ignore) -> dict[str, Any]:
    """Make the character that is ordered in a folder, and its bundle beside the order.

    An earlier try in the same folder is gone on with. Raises as `build_character` and
    `import_tree`.
    """
    order = Order(**json.loads((folder / ORDER).read_text(encoding="utf-8")))
    reporter = Reporter(listener, stages=tuple(SHARES), shares=SHARES)
    reporter.begin(Stage.BUILD)
    target = folder / MADE / folder_name(order.name)
    target.parent.mkdir(exist_ok=True)
    inputs = folder / INPUTS
    if (inputs / DRAWING).exists():
        character = _built(order, inputs / DRAWING, target, reporter)
    else:
        character = _imported(order, inputs / ARCHIVE, target, reporter)
    reporter.begin(Stage.DELIVER)
    contents = contents_of(character)
    # The bundle then goes to the storage, which takes as long again.
    write_bundle(
        character.folder,
        folder / BUNDLE,
        contents,
        lambda done, total: reporter.advance(done, 2 * total),
    )
    return {"facts": contents["facts"]}


def folder_name(name: str) -> str:
    """A character's name as a folder may be called."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")
    return plain[:60] or "character"


def _built(order: Order, drawing: Path, target: Path, reporter: Reporter) -> Character:
    options = build_options(order.build, config=_config(order), workers=order.workers)
    return build_character(drawing, target, options, reporter.advance, reporter.warn)


def _imported(order: Order, archive: Path, target: Path, reporter: Reporter) -> Character:
    """The character of an archive; of what was left out, the warnings tell."""
    options = ImportOptions(
        name=order.name,
        config=_config(order),
        key_color=key_color_of(order.key_color),
        # What is there already was left by an earlier try.
        overwrite=True,
        workers=order.workers,
    )

    def heard(stage: ImportStage, done: int, total: int) -> None:
        before = PARTS[stage] * total
        reporter.advance(before + done, len(PARTS) * total)

    imported = import_tree(archive, target, options, heard)
    reporter.warn(*imported.report.warnings)
    return imported.character


def _config(order: Order) -> RigConfig | None:
    return None if order.config is None else config_from_json(json.dumps(order.config))
