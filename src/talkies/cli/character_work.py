"""What the commands about characters do: all that is slow to load stands here."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from talkies.cli.buckets import S3Service
from talkies.cli.character_place import character_folder, names_in, new_folder
from talkies.cli.counting import CountListener, counting
from talkies.cli.root_flags import characters_of
from talkies.cli.streams import painted, say, say_event, tell
from talkies.cli.tables import table
from talkies.core.rig.model import Rig, RigConfig, State
from talkies.errors import CharacterInvalid, FileMissing
from talkies.kit.files import private_folder, unwritable
from talkies.media.keying import key_color_of
from talkies.rigs.building.job import JOB
from talkies.rigs.character import (
    ABOUT,
    CONFIG,
    CONTACT_SHEET,
    DRAFTS,
    FRAMES,
    PACK,
    Character,
)
from talkies.rigs.tree.importing import Imported, ImportOptions, ImportStage, import_tree
from talkies.rigs.tree.opening import look_at, read_config
from talkies.rigs.tree.reading import named
from talkies.rigs.tree.report import TreeReport, report_on
from talkies.studio.characters.bucket_place import bucket_place

#: What a person calls the stages of an import.
STAGES: Final = {
    "fetch": "fetching",
    ImportStage.UNPACK.value: "unpacking",
    ImportStage.COPY.value: "copying",
    ImportStage.DECODE.value: "decoding",
}

#: What a character's folder has of us.
_PARTS: Final = (ABOUT, CONFIG, PACK, DRAFTS, CONTACT_SHEET, JOB)


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What is imported, and how."""

    source: str
    name: str | None
    config: Path | None
    key_color: str
    overwrite: bool
    root: Path | None


def import_character(order: ImportOrder, service: S3Service, *, as_json: bool, quiet: bool) -> None:
    """Import, and say what was found. Raises what `import_tree` raises."""
    folder = new_folder(order.name or _source_name(order.source), order.root)
    options = ImportOptions(
        name=order.name,
        config=_config(order.config),
        key_color=key_color_of(order.key_color),
        overwrite=order.overwrite,
    )
    with (
        counting(STAGES, as_json=as_json, quiet=quiet) as listener,
        _local(order.source, folder, service, listener) as source,
    ):
        imported = import_tree(
            source, folder, options, lambda stage, *counts: listener(stage.value, *counts)
        )
    _show_imported(imported, as_json=as_json, quiet=quiet)


def _source_name(source: str) -> str:
    """What a character is called where nobody says: the source's name, as far as it may be."""
    parts = [part for part in Path(source).parts if part not in {FRAMES, "/", ".", "s3:"}]
    name = parts[-1] if parts else Path.cwd().name
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name.removesuffix(".zip")).strip("-._")


def _config(path: Path | None) -> RigConfig | None:
    if path is None:
        return None
    config = read_config(path)
    if config is None:
        raise FileMissing(f"{path} does not exist.")
    return config


@contextmanager
def _local(
    source: str, folder: Path, service: S3Service, listener: CountListener
) -> Iterator[Path]:
    """The source on this disk; what comes from a bucket lies beside the new character."""
    if not source.startswith("s3://"):
        yield Path(source).expanduser()
        return
    place = bucket_place(source)
    with service.open(place.bucket) as bucket:
        from talkies.studio.characters.bucket import fetch_tree  # noqa: PLC0415 - an extra

        _make(folder.parent)
        with private_folder(folder.parent) as fetched:
            fetch_tree(
                bucket, place.prefix, fetched, lambda done, total: listener("fetch", done, total)
            )
            yield fetched


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


def _show_imported(imported: Imported, *, as_json: bool, quiet: bool) -> None:
    character, report = imported.character, imported.report
    if as_json:
        for message in report.warnings:
            say_event("warning", {"message": message})
        say_event("result", _facts(character, report))
        return
    say(str(character.folder))
    if quiet:
        return
    for message in report.warnings:
        tell(f"{painted('warning:', 'yellow')} {message}")
    for line in _lacks(report):
        tell(line)
    tell(painted(_summary(character, report), "dim"))


def _summary(character: Character, report: TreeReport) -> str:
    rig = character.rig
    key = character.key_color_text
    return ", ".join(
        [
            f"{character.name}: {report.drawings} drawings",
            f"{report.endpoints} endpoints",
            f"{report.sequences} sequences",
            f"{rig.width} x {rig.height}",
            *([] if key is None else [f"{key} keyed out"]),
        ]
    )


def _lacks(report: TreeReport) -> list[str]:
    parts = (("endpoints", report.missing_endpoints), ("sequences", report.missing_sequences))
    return [f"Missing {what}: {named(list(names))}." for what, names in parts if names]


def _facts(character: Character, report: TreeReport) -> dict[str, Any]:
    rig = character.rig
    return {
        "name": character.name,
        "folder": str(character.folder),
        "width": rig.width,
        "height": rig.height,
        "key_color": character.key_color_text,
        "drawings": report.drawings,
        "endpoints": report.endpoints,
        "sequences": report.sequences,
        "missing_endpoints": list(report.missing_endpoints),
        "missing_sequences": list(report.missing_sequences),
    }


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
    facts = _facts(character, report_on(rig, ()))
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
        say_event("result", _facts(character, report) | {"warnings": list(report.warnings)})
        return
    say(_summary(character, report))
    say(f"folder: {character.folder}")
    for line in _endpoint_table(character.rig):
        say(line)
    for line in (*_lacks(report), *report.warnings):
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
