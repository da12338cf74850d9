"""The bundle of a character: its folder as one stored zip, byte for byte the same for the same.

Stored, not compressed (drawings are PNGs already), so that one drawing can be read out of it where
it lies: by its place in the archive, with one reading of one range.
"""

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from talkies.errors import ArchiveUnsafe, CharacterInvalid
from talkies.kit.files import replacing

#: What is in the bundle, for who shows it without unpacking: the first member.
CONTENTS: Final = "bundle.json"

#: The only date of all members: the first that a zip can say.
_DATE: Final = (1980, 1, 1, 0, 0, 0)

#: What is made of the drawings, on each machine for itself.
_MADE: Final = ".pack"

#: Members of a bundle: as many as an import takes.
MEMBERS_MOST: Final = 100_000


def write_bundle(
    folder: Path,
    path: Path,
    contents: Mapping[str, Any],
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Write the files of a character's folder, but for packs and hidden ones, to `path`.

    `contents` become the first member; `advance` hears how many of all files are in.
    """
    names = sorted(_files(folder))
    with replacing(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_member(CONTENTS), json.dumps(contents, sort_keys=True))
        for index, name in enumerate(names):
            with (
                (folder / name).open("rb") as source,
                archive.open(_member(name), "w", force_zip64=True) as target,
            ):
                shutil.copyfileobj(source, target, 1 << 20)
            advance(index + 1, len(names))


def unpack_bundle(path: Path, folder: Path) -> None:
    """Make `folder` of a bundle.

    Raises:
        CharacterInvalid: it is no bundle.
        ArchiveUnsafe: a member would land elsewhere, or there are far too many.
    """
    folder.mkdir(mode=0o700)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS_MOST:
                raise ArchiveUnsafe(f"The bundle has {len(members):,} files.")
            for member in members:
                target = folder / safe_member(member)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    except (zipfile.BadZipFile, EOFError, FileExistsError, NotADirectoryError) as error:
        raise CharacterInvalid(
            "The bundle of the character cannot be read.", details={"reason": "bundle"}
        ) from error


def safe_member(member: zipfile.ZipInfo) -> PurePosixPath:
    """The path of a stored plain file below the folder; raises `ArchiveUnsafe` for any other."""
    path = PurePosixPath(member.filename)
    plain = not path.is_absolute() and ".." not in path.parts and "\\" not in member.filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    stored = member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1
    if not (path.parts and plain and stored and not member.is_dir() and kind in {0, stat.S_IFREG}):
        raise ArchiveUnsafe("A file of the bundle would not land where it belongs.")
    return path


def _files(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(place, name)
            if name.startswith(".") or path.suffix == _MADE or path.is_symlink():
                continue
            relative = path.relative_to(folder).as_posix()
            if relative != CONTENTS:
                yield relative


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _DATE)
    member.external_attr = (stat.S_IFREG | 0o644) << 16
    # Who made it would differ from system to system.
    member.create_system = 3
    return member
