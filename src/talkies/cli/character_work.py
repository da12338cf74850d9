"""What `talkies character list`, `show` and `remove` do: all that is slow to load stands here."""

import shutil
from pathlib import Path
from typing import Any, Final

from talkies.cli.character_facts import facts_of, lacks, summary
from talkies.cli.character_place import character_folder, names_in
from talkies.cli.root_flags import characters_of
from talkies.cli.streams import say, say_event, tell
from talkies.cli.tables import table
from talkies.core.rig.model import Rig, State
from talkies.errors import CharacterInvalid
from talkies.kit.files import unwritable
from talkies.rigs.building.job import JOB
from talkies.rigs.character import (
    ABOUT,
    CONFIG,
    CONTACT_SHEET,
    DRAFTS,
    FRAMES,
    PACK,
)
from talkies.rigs.tree.notes import named
from talkies.rigs.tree.opening import look_at
from talkies.rigs.tree.report import report_on

#: What a character's folder has of us.
_PARTS: Final = (ABOUT, CONFIG, PACK, DRAFTS, CONTACT_SHEET, JOB)


def list_characters(root: Path | None, *, as_json: bool) -> None:
    """Print a line for every character, also for those that cannot be used."""
    home = characters_of(root)
    rows = []
    for name in names_in(home):
        facts = _listed(home / name)
        if as_json:
            say_event("character", facts)
        rows.append(_row(name, facts))
    if as_json:
        return
    for line in table(("NAME", "SIZE", "DRAWINGS", "EXPRESSIONS", "POSES", ""), rows):
        say(line)
    tell(f"{len(rows)} character{'' if len(rows) == 1 else 's'} in {home}.")


def _listed(folder: Path) -> dict[str, Any]:
    try:
        character = look_at(folder).character
    except CharacterInvalid as error:
        return {"name": folder.name, "folder": str(folder), "error": error.message}
    rig = character.rig
    facts = facts_of(character, report_on(rig, ()))
    return facts | {
        "expressions": len({state.expression for state in rig.endpoints}),
        "poses": len({state.pose for state in rig.endpoints}),
    }


def _row(name: str, facts: dict[str, Any]) -> tuple[str, ...]:
    if "error" in facts:
        return (name, "-", "-", "-", "-", str(facts["error"]))
    size = f"{facts['width']}x{facts['height']}"
    counts = (str(facts[key]) for key in ("drawings", "expressions", "poses"))
    return (name, size, *counts, "")


def show_character(name: str, root: Path | None, *, as_json: bool) -> None:
    """Print what a character has. Raises `UnknownCharacter` and `CharacterInvalid`."""
    opened = look_at(character_folder(name, root))
    character = opened.character
    report = report_on(character.rig, opened.warnings)
    if as_json:
        say_event("result", facts_of(character, report) | {"warnings": list(report.warnings)})
        return
    say(summary(character, report))
    say(f"folder: {character.folder}")
    for line in _endpoint_table(character.rig):
        say(line)
    for line in (*lacks(report), *report.warnings):
        tell(line)


def _endpoint_table(rig: Rig) -> list[str]:
    """Which expressions there are in which poses."""
    poses = rig.config.poses
    rows = [
        (name, *("yes" if State(name, pose) in rig.endpoints else "-" for pose in poses))
        for name in rig.config.expressions
    ]
    return table(("EXPRESSION", *poses), rows)


def remove_character(name: str, root: Path | None, *, as_json: bool) -> None:
    """Remove the parts of a character, and its folder where nothing else is in it."""
    folder = character_folder(name, root)
    if not any((folder / part).is_file() for part in (ABOUT, CONFIG, JOB)):
        raise CharacterInvalid(
            f"{folder} has frames, but was not made or imported by talkies.",
            hint="Remove it yourself if you mean it.",
            details={"reason": "foreign", "path": str(folder)},
        )
    left = _removed(folder)
    if as_json:
        say_event("result", {"removed": str(folder), "left": left})
        return
    say(f"Removed {folder}.")
    if left:
        tell(f"Other files stay in it: {named(left)}.")


def _removed(folder: Path) -> list[str]:
    """What is left of a folder."""
    try:
        # First what makes it a character: a stop leaves none that is half there.
        for name in _PARTS:
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / FRAMES)
        left = sorted(entry.name for entry in folder.iterdir())
        if not left:
            folder.rmdir()
    except OSError as error:
        raise unwritable(folder, error) from error
    return left
