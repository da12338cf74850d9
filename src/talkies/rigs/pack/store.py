"""The file of a pack: blobs, appended, and an index of them that its head points to.

```
head     64 bytes: magic, version, where the index lies, its SHA-256, a sum of the head itself
blobs    frames of zstd, one after the other
index    JSON; an older one may lie before further blobs, and nothing points to it any more
```

Only what follows the present index is ever written, and then the head, so a builder that dies
leaves the pack as it was, and those who read it meanwhile notice nothing.
"""

import contextlib
import hashlib
import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from talkies.kit.files import replacing, reporting_full_disk, unwritable

MAGIC: Final = b"TLKPACK\0"
#: Grows when a pack of before cannot be read any more; it is then made anew.
VERSION: Final = 3

#: Magic, version, offset and length of the index, its SHA-256; a CRC-32 of all that follows.
_HEAD: Final = struct.Struct(">8sIQQ32s")
_SUM: Final = struct.Struct(">I")
HEAD_BYTES: Final = _HEAD.size + _SUM.size

#: Largest index that is believed, in bytes: that of 100 000 drawings.
INDEX_MAX: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Span:
    """Where some bytes of the file lie."""

    offset: int
    length: int


def read_index(file: BinaryIO) -> dict[str, Any] | None:
    """The present index; None where the file is no pack of this version, or damaged."""
    size = os.fstat(file.fileno()).st_size
    found = _index_span(os.pread(file.fileno(), HEAD_BYTES, 0))
    if found is None:
        return None
    span, digest = found
    if span.offset + span.length > size or span.length > INDEX_MAX:
        return None
    data = os.pread(file.fileno(), span.length, span.offset)
    if hashlib.sha256(data).digest() != digest:
        return None
    try:
        index = json.loads(data)
    except ValueError:
        return None
    return index if isinstance(index, dict) else None


def end_of_index(file: BinaryIO) -> int:
    """The first byte after the present index of a pack."""
    found = _index_span(os.pread(file.fileno(), HEAD_BYTES, 0))
    if found is None:
        raise ValueError("not a pack")
    return found[0].offset + found[0].length


def _index_span(head: bytes) -> tuple[Span, bytes] | None:
    if len(head) < HEAD_BYTES:
        return None
    magic, version, offset, length, digest = _HEAD.unpack_from(head)
    (checksum,) = _SUM.unpack_from(head, _HEAD.size)
    if magic != MAGIC or version != VERSION or checksum != zlib.crc32(head[: _HEAD.size]):
        return None
    return Span(offset, length), digest


def create(path: Path, index: dict[str, Any]) -> None:
    """A pack without blobs, in place of what was there."""
    with replacing(path) as partial, partial.open("r+b") as file:
        Appender(path, file, HEAD_BYTES).commit(index)


@contextlib.contextmanager
def appending(path: Path) -> Iterator["Appender"]:
    """A pack to which more is added; what was not committed is cut off again.

    Only one at a time: the caller holds the lock. Raises `DiskFull` and `OutputUnwritable`.
    """
    try:
        opened = path.open("r+b", buffering=0)
    except OSError as error:
        raise unwritable(path, error) from error
    with opened as file, reporting_full_disk(path):
        appender = Appender(path, file, end_of_index(file))
        try:
            yield appender
        finally:
            with contextlib.suppress(OSError):
                os.ftruncate(file.fileno(), appender.committed)


class Appender:
    """Writes blobs behind the present index, and a new index behind them."""

    def __init__(self, path: Path, file: Any, end: int) -> None:
        self._path, self._file = path, file
        self._end = end
        #: Bytes of the file that its head knows of.
        self.committed = end

    def append(self, data: bytes) -> Span:
        """Write a blob; it is part of the pack with the next `commit`."""
        span = Span(self._end, len(data))
        self._write(data, self._end)
        self._end += len(data)
        return span

    def commit(self, index: dict[str, Any]) -> None:
        """Write an index, bring all to the disk, and then point to it."""
        data = json.dumps(index, separators=(",", ":"), allow_nan=False).encode()
        head = _HEAD.pack(MAGIC, VERSION, self._end, len(data), hashlib.sha256(data).digest())
        self._write(data, self._end)
        os.fsync(self._file.fileno())
        self._write(head + _SUM.pack(zlib.crc32(head)), 0)
        self._end += len(data)
        self.committed = self._end

    def _write(self, data: bytes, offset: int) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file.fileno(), view, offset)
            view, offset = view[written:], offset + written
