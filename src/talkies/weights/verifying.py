"""Reads weights whole and compares them with what was written down when they came."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.weights.manifest import WeightFile, read_manifest
from talkies.weights.sources import WeightSource, sources_of

#: Bytes that are read at a time: large enough for a network volume, small in memory.
PIECE: Final = 1 << 20

#: Hears of bytes that were read: the file's path, bytes of all files so far, bytes of all files.
Hear = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A file that is not as it should be."""

    path: str
    #: In words: "it is missing", "its content is another".
    reason: str


def deaf(_path: str, _done: int, _total: int) -> None:
    """Hear nothing."""


def verify(
    folder: Path, sources: Iterable[WeightSource], variant: str = "", hear: Hear = deaf
) -> tuple[Flaw, ...]:
    """What is wrong with a variant's files; nothing where every byte is as it came.

    Every file is read whole. Raises `WeightsMissing` where the manifest itself cannot be used.
    """
    manifest = read_manifest(folder)
    flaws: list[Flaw] = []
    paths: dict[str, None] = {}
    for wanted in sources_of(sources, variant):
        known = manifest.source(wanted)
        if known is None:
            flaws.append(Flaw(path=wanted.name, reason="it was never pulled"))
        else:
            paths.update(dict.fromkeys(known.files))
    total = sum(manifest.files[path].bytes for path in paths if path in manifest.files)
    done = 0
    for path in paths:
        file = manifest.files.get(path)
        if file is None:
            flaws.append(Flaw(path=path, reason="it was never completed"))
            continue
        reason = reason_against(folder, file, _Sum(hear, path, done, total))
        if reason:
            flaws.append(Flaw(path=path, reason=reason))
        done += file.bytes
    return tuple(flaws)


def reason_against(folder: Path, file: WeightFile, hear: Callable[[int], None]) -> str:
    """Why a file is not the one that came; empty where it is. `hear` gets bytes read so far."""
    path = folder / file.path
    try:
        if not path.is_file():
            return "it is missing"
        size = path.stat().st_size
        if size != file.bytes:
            return f"it has {size} bytes in place of {file.bytes}"
        digest = hashlib.sha256()
        update_from(path, digest.update, hear)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return "" if digest.hexdigest() == file.sha256 else "its content is another"


def update_from(
    path: Path, update: Callable[[memoryview], None], hear: Callable[[int], None]
) -> None:
    """Read a file once, in pieces, in little memory. Raises `OSError`."""
    piece = memoryview(bytearray(PIECE))
    done = 0
    with path.open("rb", buffering=0) as file:
        while read := file.readinto(piece):
            update(piece[:read])
            done += read
            hear(done)


class _Sum:
    """Adds what was read of one file to that of the files before it."""

    def __init__(self, hear: Hear, path: str, before: int, total: int) -> None:
        self._hear, self._path, self._before, self._total = hear, path, before, total

    def __call__(self, read: int) -> None:
        self._hear(self._path, self._before + read, self._total)
