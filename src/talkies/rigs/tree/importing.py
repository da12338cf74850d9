"""A character from somebody's frames: found, copied, decoded, and then there as a whole."""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import STANDARD
from talkies.errors import CharacterInvalid, Conflict, FileMissing, TalkiesError
from talkies.kit.files import (
    is_file,
    is_folder,
    private_folder,
    remove_abandoned,
    unwritable,
)
from talkies.media.keying import Auto, KeyColor
from talkies.media.pictures import Picture
from talkies.media.yuv import to_rgb
from talkies.rigs.about import read_about
from talkies.rigs.building.contact_sheet import write_contact_sheet
from talkies.rigs.character import CONFIG, CONTACT_SHEET, FRAMES, Character
from talkies.rigs.pack.opening import build_pack, open_pack
from talkies.rigs.tree.archive import UNPACKED_MAX, unpack
from talkies.rigs.tree.copying import copy_tree, write_manifest
from talkies.rigs.tree.key_colour import own_key_color
from talkies.rigs.tree.listing import MANIFEST
from talkies.rigs.tree.locating import Place, locate
from talkies.rigs.tree.notes import named
from talkies.rigs.tree.opening import look_at, read_config, write_character
from talkies.rigs.tree.parents import parent_of
from talkies.rigs.tree.reading import read_tree
from talkies.rigs.tree.report import TreeReport, report_on


class ImportStage(StrEnum):
    """The steps of an import, in order; files are counted in each of them."""

    UNPACK = "unpack"
    COPY = "copy"
    DECODE = "decode"


#: Hears of every step: which, how many files are done in it, and of how many. It may raise to stop.
ImportProgress: TypeAlias = Callable[[ImportStage, int, int], None]


def ignore(_stage: ImportStage, _done: int, _total: int) -> None:
    """For those who do not want to hear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How frames become a character."""

    #: None: what a `character.json` among the frames says, else the name of the new folder.
    name: str | None = None
    #: None: the `expressions.json` among the frames, else the words of the seed's.
    config: RigConfig | None = None
    #: The colour that becomes transparent; `Auto` looks at the corners, None keys nothing.
    key_color: KeyColor = Auto.AUTO
    #: Put the character in the place of one that is there.
    overwrite: bool = False
    #: Bytes that an archive may unpack to.
    most_bytes: int = UNPACKED_MAX
    #: Children that decode; None is as many as there are processors.
    workers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A new character, and what was found of it."""

    character: Character
    report: TreeReport


def import_tree(
    source: Path,
    folder: Path,
    options: ImportOptions = ImportOptions(),
    progress: ImportProgress = ignore,
) -> Imported:
    """Make a character in `folder`, which is new, of a folder or a zip of frames.

    The frames are copied as they are into the seed's own places, and all of them are decoded: the
    pack is made, and drawings that are damaged are left out and told of. What is not known is left
    behind. The folder appears when all is done; after any failure there is none, nor those around
    it that were made for it.

    Raises:
        FileMissing, UnsupportedMedia: the source cannot be read, or is neither folder nor zip.
        ArchiveUnsafe, CorruptMedia: as `archive.unpack`.
        CharacterInvalid: no character can be made of it, as `read_tree` says and with the reasons
            `no_frames`, `case_clash` and `broken_drawings`.
        Conflict: there is something in `folder` already.
        OutputUnwritable, DiskFull: the folder takes no more.
    """
    _require_free(folder, overwrite=options.overwrite)
    with parent_of(folder) as parent, _workplace(parent) as work:
        place = locate(_brought(source, work, options, progress), source)
        fresh = work / "character"
        imported = _made(place, fresh, options, folder.name, progress)
        # Another import may have come before.
        _require_free(folder, overwrite=options.overwrite)
        _settle(fresh, folder, work / "before")
    character = replace(imported.character, folder=folder)
    return replace(imported, character=character)


def _require_free(folder: Path, *, overwrite: bool) -> None:
    if folder.exists() and not overwrite:
        raise Conflict(
            f"{folder} is there already.",
            hint="Choose another name, or replace it with --overwrite.",
            details={"path": str(folder)},
        )


def _workplace(parent: Path) -> AbstractContextManager[Path]:
    """A private folder, in place of those that killed imports left here."""
    remove_abandoned(parent)
    return private_folder(parent)


def _brought(source: Path, work: Path, options: ImportOptions, progress: ImportProgress) -> Path:
    """The source as a folder."""
    if is_folder(source):
        return source
    if not is_file(source):
        raise FileMissing(f"{source} is neither a folder nor a file.")
    unpacked = work / "unpacked"
    unpacked.mkdir()
    unpack(
        source,
        unpacked,
        advance=lambda done, total: progress(ImportStage.UNPACK, done, total),
        most_bytes=options.most_bytes,
    )
    return unpacked


def _made(
    place: Place, fresh: Path, options: ImportOptions, name: str, progress: ImportProgress
) -> Imported:
    """The whole character in a folder of its own."""
    config = options.config or (read_config(place.config) if place.config else None) or STANDARD
    reading = read_tree(place.frames, config)
    about = read_about(place.about)
    (fresh / FRAMES).mkdir(parents=True)
    with _reading(place.frames):
        copy_tree(
            reading.rig,
            place.frames,
            fresh / FRAMES,
            advance=lambda done, total: progress(ImportStage.COPY, done, total),
        )
    character = Character(
        name=options.name or about.name or name,
        folder=fresh,
        rig=read_tree(fresh / FRAMES, config).rig,
    )
    character = replace(character, key_color=own_key_color(character, options.key_color, about))
    write_character(character)
    if place.config and options.config is None:
        # As it is, with what only its own program knows.
        shutil.copyfile(place.config, fresh / CONFIG)
    broken = build_pack(
        character,
        advance=lambda done, total: progress(ImportStage.DECODE, done, total),
        workers=options.workers,
    )
    warnings = (*reading.warnings, *_dropped(character, broken))
    whole = _left(fresh, broken) if broken else character
    _write_contact_sheet(whole)
    return Imported(character=whole, report=report_on(whole.rig, warnings))


@contextlib.contextmanager
def _reading(frames: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileMissing(f"{frames} cannot be read: {error.strerror}.") from error


def _write_contact_sheet(character: Character) -> None:
    """Show the character at a glance, by its pack: nothing foreign is decoded in this process."""
    with open_pack(character) as pack:

        def picture_of(drawing: str) -> Picture:
            planes = pack.read(drawing)
            return Picture(pixels=to_rgb(planes), alpha=planes.alpha)

        write_contact_sheet(character, character.folder / CONTACT_SHEET, picture_of)


def _left(fresh: Path, broken: Mapping[str, TalkiesError]) -> Character:
    """The character without its damaged drawings."""
    try:
        return look_at(fresh).character
    except CharacterInvalid as error:
        if error.details["reason"] != "no_rest":
            raise
        raise CharacterInvalid(
            f"{named(sorted(broken))}: damaged, and nothing else shows the character at rest.",
            hint=error.hint,
            details={"reason": "broken_drawings", "drawings": sorted(broken)},
        ) from error


def _dropped(character: Character, broken: Mapping[str, TalkiesError]) -> list[str]:
    """Remove drawings that nobody can decode, and say so."""
    if not broken:
        return []
    for drawing in broken:
        character.path(drawing).unlink()
    for sequence in character.rig.sequences:
        stops = tuple(stop for stop in sequence.stops if stop.drawing not in broken)
        manifest = character.path(f"{Path(sequence.stops[0].drawing).parent}/{MANIFEST}")
        if len(stops) < len(sequence.stops) and manifest.exists():
            write_manifest(replace(sequence, stops=stops), manifest)
    return [f"{named(sorted(broken))}: damaged, left out."]


def _settle(fresh: Path, folder: Path, before: Path) -> None:
    """Put the new folder in its place, and what was there aside, where it goes with the work."""
    try:
        if folder.exists():
            folder.rename(before)
        fresh.rename(folder)
    except OSError as error:
        raise unwritable(folder, error) from error
