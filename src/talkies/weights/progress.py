"""What a pull tells while it works: how far it is, how fast, and what it does again."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

#: Seconds between two reports of the same stage and file.
INTERVAL: Final = 0.2
#: Seconds over which the rate is taken: a cut shows in it, and is forgotten.
WINDOW: Final = 10.0


class PullStage(StrEnum):
    """What a pull is doing."""

    #: Waiting for another process that downloads to the same volume.
    WAIT = "wait"
    #: Asking which files there are.
    LIST = "list"
    #: Reading what is on the disk already.
    CHECK = "check"
    DOWNLOAD = "download"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """How far a pull has come."""

    stage: PullStage
    #: File or source that it is about; empty for none.
    path: str = ""
    #: Bytes that are there, and bytes that there are to be, of all files together.
    done: int = 0
    total: int = 0
    #: Bytes a second over the last seconds; None while there is nothing to say.
    rate: float | None = None
    eta_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRetry:
    """Something went wrong and is tried again."""

    path: str
    reason: str
    #: Until it is tried again.
    seconds: float


PullEvent: TypeAlias = PullProgress | PullRetry
PullListener: TypeAlias = Callable[[PullEvent], None]


def ignore(_: PullEvent) -> None:
    """Listen to nothing."""


class Meter:
    """Adds up the bytes of all files, and tells a listener of them now and then."""

    def __init__(self, listener: PullListener, clock: Callable[[], float] = time.monotonic) -> None:
        self._listener, self._clock = listener, clock
        self._total, self._before, self._current = 0, 0, 0
        self._stage, self._path = PullStage.LIST, ""
        self._marks: deque[tuple[float, int]] = deque()
        self._told = float("-inf")

    def begin(self, stage: PullStage, path: str = "", *, total: int = 0, done: int = 0) -> None:
        """A stage begins, with `done` of `total` bytes there already."""
        self._total, self._before, self._current = total, done, 0
        self._marks.clear()
        self._now(stage, path)

    def file(self, path: str) -> None:
        """The next file of the same stage begins; what is there of the last one stays counted."""
        self._before, self._current = self._before + self._current, 0
        self._now(self._stage, path)

    def at(self, read: int) -> None:
        """So many bytes of the present file are there."""
        if read < self._current:
            self._marks.clear()
        self._current = read
        now = self._clock()
        if now - self._told >= INTERVAL:
            self._tell(now)

    def over(self, path: str, done: int, total: int) -> None:
        """So many bytes of all files are there, of which this file is the present one."""
        self._path, self._total = path, total
        self.at(done)

    def resumed(self) -> None:
        """What came so far was there before: it says nothing about the rate."""
        self._marks.clear()

    def end(self) -> None:
        """The stage is over: tell how it ended."""
        self._tell(self._clock())

    def retry(self, reason: str, seconds: float) -> None:
        """The present file is tried again."""
        self._marks.clear()
        self._listener(PullRetry(path=self._path, reason=reason, seconds=seconds))

    def _now(self, stage: PullStage, path: str) -> None:
        self._stage, self._path = stage, path
        self._tell(self._clock())

    def _tell(self, now: float) -> None:
        self._told, done = now, self._before + self._current
        rate = self._rate(now, done) if self._stage is PullStage.DOWNLOAD else None
        left = None if not rate else max(0, self._total - done) / rate
        self._listener(
            PullProgress(
                stage=self._stage,
                path=self._path,
                done=done,
                total=self._total,
                rate=rate,
                eta_seconds=left,
            )
        )

    def _rate(self, now: float, done: int) -> float | None:
        self._marks.append((now, done))
        while now - self._marks[0][0] > WINDOW and len(self._marks) > 2:  # noqa: PLR2004 - a span
            self._marks.popleft()
        since, before = self._marks[0]
        return (done - before) / (now - since) if now - since >= INTERVAL else None
