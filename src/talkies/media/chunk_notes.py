"""What an mp4 says of its own chunks: a box at its end that players pass over.

A chunk is a run of frames that begins with a key frame and refers to nothing outside of itself, so
its packets can stand in another file as they are. Any program that copies the file's streams leaves
the box out, so what is said in it is true.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

#: Who reads the box (ISO/IEC 14496-12, 11.1: type `uuid`).
OURS: Final = uuid.UUID("7a1e3c5d-0b52-4a0e-9f6b-6d2f6a1c0d55").bytes

SCHEMA: Final = "talkies.chunks/1"

#: Bytes of a box's size and type, of a long size, and of a `uuid` box's name.
_HEAD, _LONG, _NAME = 8, 8, 16

#: A size of 1 means that a long one follows; 0 that the box reaches to the end.
_IS_LONG = 1

#: Most bytes of notes: 10 hours of chunks of a second take a third.
_NOTES_BYTES = 16_000_000

#: Most boxes of a file that are looked at; an mp4 has four.
_BOXES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """A video divided into chunks."""

    #: Frames of each chunk but the last.
    length: int
    #: What each shows, in order, as any text that is another for other pictures.
    keys: tuple[str, ...]
    #: A file that may have some of them already.
    earlier: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkNotes:
    """What a file says of its chunks."""

    #: How they were encoded.
    settings: str
    chunks: Chunks
    #: SHA-256 of each chunk's packets, in hexadecimal.
    sums: tuple[str, ...]

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """The notes of a file; None where it has none that can be read."""
        try:
            with path.open("rb") as file:
                data = next((notes for notes in _boxes(file) if notes is not None), None)
            return None if data is None else cls._read(json.loads(data))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def append_to(self, path: Path) -> None:
        """Write the notes behind everything else in a finished file."""
        document = {
            "schema": SCHEMA,
            "settings": self.settings,
            "length": self.chunks.length,
            "keys": self.chunks.keys,
            "sums": self.sums,
        }
        data = json.dumps(document, separators=(",", ":")).encode()
        with path.open("ab") as file:
            file.write((_HEAD + _NAME + len(data)).to_bytes(4, "big") + b"uuid" + OURS + data)

    @classmethod
    def _read(cls, document: Any) -> Self | None:
        if document["schema"] != SCHEMA:
            return None
        keys, sums = (tuple(map(str, document[name])) for name in ("keys", "sums"))
        length = int(document["length"])
        if length < 1 or len(keys) != len(sums):
            return None
        chunks = Chunks(length=length, keys=keys)
        return cls(settings=str(document["settings"]), chunks=chunks, sums=sums)


def _boxes(file: BinaryIO) -> Iterator[bytes | None]:
    """For each box of a file, our notes if it is theirs."""
    for _ in range(_BOXES):
        head = file.read(_HEAD)
        if len(head) < _HEAD:
            return
        size, read = int.from_bytes(head[:4], "big"), _HEAD
        if size == _IS_LONG:
            size, read = int.from_bytes(file.read(_LONG), "big"), _HEAD + _LONG
        if size < read:
            return
        yield _notes(file, head[4:], size - read)


def _notes(file: BinaryIO, kind: bytes, size: int) -> bytes | None:
    """Our notes, where this box holds them; the file is then at the box's end."""
    start = file.tell()
    wanted = kind == b"uuid" and size < _NOTES_BYTES and file.read(_NAME) == OURS
    data = file.read(size - _NAME) if wanted else None
    file.seek(start + size)
    return data
