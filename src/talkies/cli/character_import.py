"""What `talkies character import` does: all that is slow to load stands here."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.cli.buckets import S3Service
from talkies.cli.character_facts import facts_of, lacks, summary
from talkies.cli.character_place import new_folder
from talkies.cli.counting import CountListener, counting
from talkies.cli.streams import painted, say, say_event, tell, tell_warning
from talkies.core.rig.model import RigConfig
from talkies.errors import FileMissing
from talkies.kit.files import plain_path, private_folder
from talkies.media.keying import key_color_of
from talkies.rigs.character import FRAMES
from talkies.rigs.tree.importing import Imported, ImportOptions, ImportStage, import_tree
from talkies.rigs.tree.opening import read_config
from talkies.rigs.tree.parents import parent_of
from talkies.studio.characters.bucket_place import bucket_place

#: What a person calls the stages of an import.
STAGES: Final = {
    "fetch": "fetching",
    ImportStage.UNPACK.value: "unpacking",
    ImportStage.COPY.value: "copying",
    ImportStage.DECODE.value: "decoding",
}


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
        yield plain_path(source)
        return
    place = bucket_place(source)
    with service.open(place.bucket) as bucket:
        from talkies.studio.characters.bucket import fetch_tree  # noqa: PLC0415 - an extra

        with parent_of(folder) as parent, private_folder(parent) as fetched:
            fetch_tree(
                bucket, place.prefix, fetched, lambda done, total: listener("fetch", done, total)
            )
            yield fetched


def _show_imported(imported: Imported, *, as_json: bool, quiet: bool) -> None:
    character, report = imported.character, imported.report
    if as_json:
        for message in report.warnings:
            say_event("warning", {"message": message})
        say_event("result", facts_of(character, report))
        return
    say(str(character.folder))
    if quiet:
        return
    for message in report.warnings:
        tell_warning(message)
    for line in lacks(report):
        tell(line)
    tell(painted(summary(character, report), "dim"))
