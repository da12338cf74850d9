"""Archives of unknown origin: their frames come out, whatever else they hold does not."""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from talkies.errors import ArchiveUnsafe, CorruptMedia, FileMissing, UnsupportedMedia
from talkies.kit.files import reporting_full_disk
from talkies.media.drawing_decoders import DRAWING_BYTES
from talkies.media.sniff import HEAD_BYTES, received
from talkies.rigs.character import ABOUT, CONFIG
from talkies.rigs.tree.listing import ENTRIES_MAX, MANIFEST, TEXT_MAX
from talkies.rigs.tree.reading import is_drawing

#: Bytes that all files of an archive may have together, unpacked: the seed's fullest character has
#: 5 GB.
UNPACKED_MAX: Final = 8 << 30

#: How much larger than the archive its files may be: PNGs hardly shrink, a flat one to a 300th.
#: Nothing under the first number is a bomb.
HARMLESS_BYTES, RATIO_MAX = 256 << 20, 200

#: Bytes of an archive's table of contents: 64 for each entry and its name.
TABLE_MAX: Final = 16 << 20

#: Longest path in an archive, and its deepest.
PATH_MAX, DEPTH_MAX = 400, 12

#: Bytes of a file's name on any disk.
PART_MAX: Final = 255

#: The record at the end of a zip (APPNOTE 4.3.16): signature, numbers of disks, entries, bytes and
#: offset of the table, length of the comment; and what leads to its larger sister (4.3.14 f.).
_END: Final = struct.Struct("<4s4H2LH")
_END_SIGNATURE: Final = b"PK\x05\x06"
_LOCATOR: Final = struct.Struct("<4sLQL")
_LARGE_END: Final = struct.Struct("<4sQ2H2L4Q")
_COMMENT_MAX: Final = 0xFFFF

#: Methods of compression that zips of people have.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1

_PIECE: Final = 1 << 20

#: The next step for an archive that is refused for its size.
_LARGE_WAY_OUT: Final = "Pack the frames of one character alone."

#: What `zipfile` raises for damaged archives, by the parts of it that meet the damage.
DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
    struct.error,
)


def unpack(
    archive: Path,
    folder: Path,
    *,
    advance: Callable[[int, int], None],
    most_bytes: int = UNPACKED_MAX,
) -> None:
    """Write the drawings, manifests and words of an archive below `folder`, as they lie in it.

    Anything else stays inside. `advance` hears of files done, and may raise to stop.

    Raises:
        ArchiveUnsafe: a path leads out or is far too long, an entry is a link or encrypted or there
            twice, or there is far too much in it; `details["reason"]` says which.
        CorruptMedia: it is damaged.
        UnsupportedMedia: it is no zip.
        FileMissing, DiskFull: as they say.
    """
    try:
        with archive.open("rb") as file:
            _require_zip(file, archive)
            _require_small_table(file, archive)
            with zipfile.ZipFile(file) as opened, reporting_full_disk(folder):
                wanted = _checked(opened, archive, most_bytes)
                for done, entry in enumerate(wanted, start=1):
                    _extract(opened, entry, folder)
                    advance(done, len(wanted))
    except DAMAGE as error:
        raise CorruptMedia(f"{archive.name} is damaged or cut off.") from error
    except FileNotFoundError as error:
        raise FileMissing(f"{archive} cannot be read: {error.strerror}.") from error


def _require_zip(file: BinaryIO, archive: Path) -> None:
    head = file.read(HEAD_BYTES)
    if not head.startswith((b"PK\x03\x04", _END_SIGNATURE)):
        raise UnsupportedMedia(
            f"{archive.name} is {received(head)}, not a tree of frames.",
            hint="Give a folder of frames, or a zip of one.",
        )


def _require_small_table(file: BinaryIO, archive: Path) -> None:
    """Look how long the table is before `zipfile` reads all of it."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - _END.size - _COMMENT_MAX)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or at + _END.size > len(tail):
        raise zipfile.BadZipFile
    _, _, _, _, entries, length, _, _ = _END.unpack_from(tail, at)
    file.seek(max(0, start + at - _LOCATOR.size))
    signature, _, offset, _ = _LOCATOR.unpack(file.read(_LOCATOR.size).ljust(_LOCATOR.size))
    if signature == b"PK\x06\x07" and offset + _LARGE_END.size <= size:
        file.seek(offset)
        _, _, _, _, _, _, _, entries, length, _ = _LARGE_END.unpack(file.read(_LARGE_END.size))
    file.seek(0)
    if entries > ENTRIES_MAX or length > TABLE_MAX:
        raise _unsafe(archive, "too_many_files", f"it has {entries} files; {ENTRIES_MAX} may be")


def _checked(opened: zipfile.ZipFile, archive: Path, most_bytes: int) -> list[zipfile.ZipInfo]:
    """The entries to take, after all entries were looked at."""
    entries = opened.infolist()
    if len(entries) > ENTRIES_MAX:
        raise _unsafe(archive, "too_many_files", f"it has {len(entries)} files")
    names: set[str] = set()
    for entry in entries:
        if why := _fault(entry):
            raise _unsafe(archive, why[0], f"{entry.orig_filename[:PATH_MAX]!r} {why[1]}")
        if entry.filename in names:
            raise _unsafe(archive, "twice", f"{entry.filename!r} is in it twice")
        names.add(entry.filename)
    wanted = [entry for entry in entries if not entry.is_dir() and _most(entry.filename)]
    total = sum(entry.file_size for entry in wanted)
    packed = archive.stat().st_size
    if total > most_bytes or total > max(HARMLESS_BYTES, RATIO_MAX * packed):
        raise _unsafe(archive, "too_large", f"its {packed} bytes unpack to {total}")
    return wanted


def _fault(entry: zipfile.ZipInfo) -> tuple[str, str] | None:
    """Why an entry may not be, as a reason and in words."""
    name = entry.orig_filename
    parts = PurePosixPath(name).parts
    if name.startswith("/") or "\\" in name or "\0" in name or name[1:2] == ":":
        return "path", "is not a path inside it"
    if ".." in parts:
        return "path", "leads out of it"
    longest = max((len(part.encode("utf-8", "replace")) for part in parts), default=0)
    if len(name) > PATH_MAX or len(parts) > DEPTH_MAX or longest > PART_MAX:
        return "path", "is far too long"
    return _odd(entry)


def _odd(entry: zipfile.ZipInfo) -> tuple[str, str] | None:
    """Why an entry of a good name may not be."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind and kind not in {stat.S_IFREG, stat.S_IFDIR}:
        return "link", "is a link or a device"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted", "is encrypted"
    if entry.compress_type not in _METHODS:
        return "method", "is compressed in an unusual way"
    most = _most(entry.filename)
    if most and entry.file_size > most:
        return "too_large", f"unpacks to {entry.file_size} bytes"
    return None


def _most(name: str) -> int:
    """Bytes that a file of this name may have; 0 for one that no tree of frames has."""
    path = PurePosixPath(name)
    if any(part.startswith((".", "__MACOSX")) for part in path.parts):
        return 0
    if path.name in {MANIFEST, CONFIG, ABOUT}:
        return TEXT_MAX
    return DRAWING_BYTES if is_drawing(path.name) else 0


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """Write one file, of which never more comes than its entry says."""
    target = folder / entry.filename
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as source, target.open("xb") as copy:
            while piece := source.read(_PIECE):
                copy.write(piece)
    except (FileExistsError, NotADirectoryError) as error:
        # A file and a folder of one name, or two names that this disk takes for one.
        raise ArchiveUnsafe(
            f"{entry.filename} is in the archive under two names that are one here.",
            details={"reason": "twice", "name": entry.filename},
        ) from error


def _unsafe(archive: Path, reason: str, words: str) -> ArchiveUnsafe:
    return ArchiveUnsafe(
        f"{archive.name} is not unpacked: {words}.",
        hint=_LARGE_WAY_OUT if reason in {"too_large", "too_many_files"} else "",
        details={"reason": reason},
    )
