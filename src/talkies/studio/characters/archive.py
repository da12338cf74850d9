"""A bundle read where it lies in the storage: its directory once, then each file by its range."""

import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any, Final

from talkies.errors import StorageFailure
from talkies.storage.base import Storage
from talkies.studio.characters.bundle import CONTENTS, safe_member

#: Bytes that are read at a time of a bundle's directory.
_BLOCK: Final = 256 * 1024

#: Bytes of a member's header before its name (PKWARE's APPNOTE 4.3.7), and where the lengths of
#: the name and of the extra field are in it.
_HEADER: Final = 30
_NAME_LENGTH, _EXTRA_LENGTH = slice(26, 28), slice(28, 30)

#: More than an extra field of ours has: the sizes of ZIP64.
_EXTRA_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one file is in a bundle."""

    #: Of its header.
    start: int
    bytes: int
    crc: int


class BundleArchive:
    """One bundle in the storage; threads may share it."""

    def __init__(self, storage: Storage, key: str, size: int) -> None:
        """Read its directory; raises as `Storage.read`, and `StorageFailure` where it is none."""
        self._storage = storage
        self._key = key
        self.bytes = size
        self._places = self._directory()
        self.contents: dict[str, Any] = json.loads(self.read(CONTENTS) or b"{}")

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none of that name.

        Raises as `Storage.read`, and `StorageFailure` for bytes that are not what was stored.
        """
        place = self._places.get(name)
        if place is None:
            return None
        end = place.start + _HEADER + len(name.encode()) + _EXTRA_MOST + place.bytes
        pieces = self._storage.read(self._key, start=place.start, end=min(end, self.bytes))
        block = memoryview(b"".join(pieces))
        start = _HEADER + _number(block[_NAME_LENGTH]) + _number(block[_EXTRA_LENGTH])
        content = bytes(block[start : start + place.bytes])
        if len(content) != place.bytes or zlib.crc32(content) != place.crc:
            raise _damaged()
        return content

    def _directory(self) -> dict[str, _Place]:
        ranged = io.BufferedReader(_Ranged(self._storage, self._key, self.bytes), _BLOCK)
        try:
            with zipfile.ZipFile(ranged) as archive:
                return {
                    str(safe_member(member)): _Place(
                        member.header_offset, member.file_size, member.CRC
                    )
                    for member in archive.infolist()
                }
        except zipfile.BadZipFile as error:
            raise _damaged() from error


class _Ranged(io.RawIOBase):
    """A blob as a file that is only read."""

    def __init__(self, storage: Storage, key: str, size: int) -> None:
        self._storage, self._key, self._size = storage, key, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the start")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        end = min(self._at + len(view), self._size)
        if end <= self._at:
            return 0
        content = b"".join(self._storage.read(self._key, start=self._at, end=end))
        view[: len(content)] = content
        self._at += len(content)
        return len(content)


def _number(field: memoryview) -> int:
    return int.from_bytes(field, "little")


def _damaged() -> StorageFailure:
    return StorageFailure(
        "The stored bundle of a character is not what was stored.",
        hint="Make the character again, and check the disk.",
    )
