"""All drawings of a plan, made by a few threads and written one after another."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.rigs.building.files import encoded, make_folders, write
from talkies.rigs.building.job import is_whole
from talkies.rigs.building.plan import Mix

Pixels: TypeAlias = NDArray[np.uint8]

#: Hears how many drawings are done, of how many. It may raise `Canceled` to stop the work.
Progress: TypeAlias = Callable[[int, int], None]

#: Drawings handed to each thread beforehand.
_AHEAD = 2


class Artist(Protocol):
    """Makes drawings, one at a time; each thread has its own."""

    def draw(self, mix: Mix) -> Pixels:
        """The drawing (H, W, 3 or 4); valid until the next is asked for."""


def render(
    drawings: Mapping[Mix, Sequence[str]],
    frames: Path,
    artist: Callable[[], Artist],
    *,
    threads: int,
    progress: Progress,
) -> None:
    """Write every drawing that is not there yet to all its paths below `frames`.

    Raises what `progress` does, `OutputUnwritable` and `DiskFull`; whole files stay, and the same
    call goes on with them.
    """
    missing = {
        mix: lacking
        for mix, paths in drawings.items()
        if (lacking := [frames / path for path in paths if not is_whole(frames / path)])
    }
    make_folders(frames, (path for paths in missing.values() for path in paths))
    total = sum(map(len, drawings.values()))
    done = total - sum(map(len, missing.values()))
    progress(done, total)
    for written in _written(missing, artist, threads):
        done += written
        progress(done, total)


def _written(
    missing: Mapping[Mix, Sequence[Path]], artist: Callable[[], Artist], threads: int
) -> Iterator[int]:
    """How many files each drawing became, as they are done; no more is begun after a failure."""
    own = threading.local()
    stopped = threading.Event()

    def make(mix: Mix, paths: Sequence[Path]) -> int:
        if stopped.is_set():
            return 0
        if not hasattr(own, "artist"):
            own.artist = artist()
        write(encoded(own.artist.draw(mix)), paths)
        return len(paths)

    with _one_thread_each(), ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[int]] = deque()
        try:
            for mix, paths in missing.items():
                waiting.append(pool.submit(make, mix, paths))
                if len(waiting) >= _AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            stopped.set()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Keeps cv2 from splitting small pictures among threads of its own."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
