"""Previews: a video that can be watched while it is rendered, by whoever asks any server for it.

The worker's file grows; every half second what is new of it goes to the storage as one chunk, under
`previews/<job>/<attempt>/<offset>`. Chunks are never changed, so a reader that knows where it
stands can go on from there on any machine. Where a finished file ends stands `<offset>-end`.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.errors import TalkiesError
from talkies.storage.base import BlobInfo, Storage

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "video/mp4"

PREFIX: Final = "previews"

#: Seconds between chunks, and between a reader's looks: a fragment of the preview is as long.
CHUNK_SECONDS: Final = 0.5

#: Digits of an offset, so that names sort as numbers do.
_DIGITS: Final = 14
#: What stands at the offset at which a finished file ends.
_END: Final = "-end"
_SUFFIX: Final = ".mp4"

#: Seconds between looks for the first chunks, the index and the first pictures: somebody waits.
FIRST_SECONDS: Final = 0.1
_FIRST: Final = 2

#: Bytes read at a time.
_BLOCK: Final = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """As much of one preview as there is at this moment."""

    #: Names the attempt it belongs to: bytes of different ones do not fit together.
    key: str
    #: How many bytes can be read.
    bytes: int
    #: Whether these are all.
    complete: bool
    #: (offset, storage key) of each chunk, in order, without gaps.
    chunks: tuple[tuple[int, str], ...]


class Previews:
    """Reads previews, and removes them; retention sweeps those whose jobs have succeeded."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def look(self, job_id: str) -> Preview | None:
        """The preview of the latest attempt that has one; None where there is none (any more)."""
        attempts: dict[str, list[BlobInfo]] = {}
        for blob in self._storage.list(f"{PREFIX}/{job_id}/"):
            attempts.setdefault(blob.key.rpartition("/")[0], []).append(blob)
        latest = max(attempts, key=_age, default=None)
        return None if latest is None else _preview(latest, attempts[latest])

    def read(self, preview: Preview, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Bytes from `start` to before `end`, as far as `preview` knows of them.

        Raises `BlobMissing` where the preview was removed meanwhile.
        """
        stop = preview.bytes if end is None else min(end, preview.bytes)
        edges = [*(offset for offset, _ in preview.chunks[1:]), preview.bytes]
        for (offset, key), edge in zip(preview.chunks, edges, strict=True):
            first, last = max(start, offset), min(stop, edge)
            if first < last:
                yield from self._storage.read(key, start=first - offset, end=last - offset)

    def follow(
        self,
        job_id: str,
        start: int = 0,
        *,
        over: Callable[[], bool],
        pause: Callable[[float], None] = time.sleep,
    ) -> Iterator[bytes]:
        """Bytes from `start` on, as they come, until the preview is whole.

        Ends early when another attempt takes over, and when `over` says that nothing more is to
        come. Blocks while it waits.
        """
        first = None
        while True:
            ended = over()
            preview = self.look(job_id)
            if preview is not None:
                first = first or preview.key
                if preview.key != first:
                    return
                for piece in self.read(preview, start):
                    start += len(piece)
                    yield piece
            if ended or (preview is not None and preview.complete):
                return
            pause(CHUNK_SECONDS / 2)

    def purge(self, job_id: str) -> None:
        """Remove all previews of a job."""
        self._storage.delete([blob.key for blob in self._storage.list(f"{PREFIX}/{job_id}/")])


class Shipment:
    """Brings a growing file to the storage, what is new of it at a time."""

    def __init__(self, storage: Storage, source: Path, *, job_id: str, attempt: str) -> None:
        """`attempt` is `<run>-<attempt>-<when>`: numbers, so that the latest is the largest."""
        self._storage = storage
        self._source = source
        self._prefix = f"{PREFIX}/{job_id}/{attempt}"
        self._sent = 0
        #: Chunks that arrived.
        self.chunks = 0

    def ship(self, *, last: bool = False) -> None:
        """Send what is new; with `last`, also say that it is all.

        What the storage or the disk does not take now goes the next time: a preview is never worth
        a job.
        """
        part = self._source.with_name(f"{self._source.name}.part")
        try:
            size = _copied(self._source, self._sent, part)
            if size:
                self._put(part, "")
                self._sent += size
                self.chunks += 1
            if last and self.chunks:
                part.write_bytes(b"end")
                self._put(part, _END)
        except (TalkiesError, OSError) as error:
            log.warning("a piece of a preview waits: %s", error)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _put(self, part: Path, ending: str) -> None:
        key = f"{self._prefix}/{self._sent:0{_DIGITS}d}{ending}{_SUFFIX}"
        self._storage.put(key, part, content_type=CONTENT_TYPE)


@contextmanager
def shipping(storage: Storage, source: Path, *, job_id: str, attempt: str) -> Iterator[None]:
    """Ship what grows at `source` while the block runs, and all of it when the block ends well."""
    shipment = Shipment(storage, source, job_id=job_id, attempt=attempt)
    over = threading.Event()

    def ship() -> None:
        while not over.wait(FIRST_SECONDS if shipment.chunks < _FIRST else CHUNK_SECONDS):
            shipment.ship()

    thread = threading.Thread(target=ship, name="preview", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    shipment.ship(last=True)


def _copied(source: Path, start: int, target: Path) -> int:
    """How many bytes from `start` on were copied; the source may not be there yet."""
    try:
        with source.open("rb") as file:
            file.seek(start)
            block = file.read(_BLOCK)
            if not block:
                return 0
            size = 0
            with target.open("wb") as part:
                while block:
                    size += part.write(block)
                    block = file.read(_BLOCK)
            return size
    except FileNotFoundError:
        return 0


def _age(prefix: str) -> tuple[int, ...]:
    """What sorts attempts: the numbers at the end of `previews/<job>/<run>-<attempt>-<when>`."""
    numbers = prefix.rpartition("/")[2].split("-")
    return tuple(int(number) if number.isdigit() else 0 for number in numbers)


def _preview(key: str, blobs: list[BlobInfo]) -> Preview:
    chunks: list[tuple[int, str]] = []
    size, ends = 0, -1
    for blob in sorted(blobs, key=lambda blob: blob.key):
        stem = blob.key.rpartition("/")[2].removesuffix(_SUFFIX)
        offset = int(stem.removesuffix(_END))
        if offset != size:
            break
        if stem.endswith(_END):
            ends = offset
        else:
            chunks.append((size, blob.key))
            size += blob.bytes
    return Preview(key=key, bytes=size, complete=ends == size, chunks=tuple(chunks))
