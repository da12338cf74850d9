"""One attempt at a phase of a job: what its steps see, and how it is told to stop."""

import logging
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from talkies.errors import Canceled, DeadlineExceeded
from talkies.jobs.attempts import Report
from talkies.jobs.records import Job
from talkies.jobs.state import Record

log = logging.getLogger(__name__)


class Reason(StrEnum):
    """Why an attempt has to stop; the later ones here outweigh the earlier."""

    DRAIN = "drain"
    DEADLINE = "deadline"
    CANCEL = "cancel"
    #: The job is another worker's now.
    LOST = "lost"


WEIGHT: Final = {reason: weight for weight, reason in enumerate(Reason)}


class Stopped(BaseException):
    """Raised through a step that was told to stop.

    No `Exception`: nothing shall keep it as what came of the step.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Attempt:
    """A `StepContext`, and the other side of it."""

    def __init__(self, job: Job, token: str, results: Mapping[str, Any]) -> None:
        self._job = job
        self.token = token
        self.folder = Path()
        self.results = results
        self._lock = threading.Lock()
        self._reason: Reason | None = None
        self._stopping = threading.Event()
        self._stops: list[Callable[[], None]] = []
        self._told: list[str] = []
        self._progress: float | None = None
        self._highest = job.progress
        self._eta: float | None = None
        self._stage = job.stage
        self._warnings: list[str] = []
        self._numbers: dict[str, float] = {}

    @property
    def job(self) -> Job:
        return self._job

    def progress(self, stage: str, fraction: float, eta_seconds: float | None = None) -> None:
        self.check()
        with self._lock:
            if stage != self._stage:
                self._stage = stage
                self._told.append(stage)
            self._highest = max(self._highest, min(float(fraction), 1.0))
            self._progress = self._highest
            self._eta = eta_seconds

    def warn(self, *messages: str) -> None:
        # A render that is tried once more says again what it said.
        self._warnings += [new for new in dict.fromkeys(messages) if new not in self._warnings]

    def measure(self, **numbers: float) -> None:
        self._numbers |= numbers

    def on_stop(self, stop: Callable[[], None]) -> None:
        with self._lock:
            self._stops.append(stop)
            late = self._reason is not None
        if late:
            _call(stop)

    def stop(self, reason: Reason) -> None:
        """Tell the step to stop; a weightier reason replaces an earlier one."""
        with self._lock:
            first = self._reason is None
            if self._reason is None or WEIGHT[reason] > WEIGHT[self._reason]:
                self._reason = reason
            stops = list(self._stops) if first else []
        self._stopping.set()
        for stop in stops:
            _call(stop)

    @property
    def reason(self) -> Reason | None:
        return self._reason

    @property
    def goes_on(self) -> bool:
        return self._reason in {Reason.DRAIN, Reason.LOST}

    def check(self) -> None:
        """Raise what tells a step to stop, where it shall."""
        if self._reason is Reason.DEADLINE:
            raise DeadlineExceeded
        if self._reason is not None:
            raise Canceled

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until the attempt has to stop."""
        self._stopping.wait(seconds)
        if self._reason is not None:
            raise Stopped(self._reason)

    def next_step(self) -> None:
        """Begin a step anew; raises `Stopped` where there is no time for it."""
        with self._lock:
            self._stops.clear()
        self._warnings, self._numbers = [], {}
        if self._reason is not None:
            raise Stopped(self._reason)

    def record(self, result: Any, seconds: float) -> Record:
        """What the step that just returned leaves."""
        return Record(
            result=result,
            seconds=seconds,
            warnings=tuple(self._warnings),
            numbers=dict(self._numbers),
        )

    def report(self, *, alive: bool) -> Report | None:
        """What is to be written down since the last time, or that it lives."""
        with self._lock:
            if not (alive or self._told or self._progress is not None):
                return None
            report = Report(
                attempt=self.token,
                stages=tuple(self._told),
                progress=self._progress,
                eta_seconds=self._eta,
                alive=alive,
            )
            self._told.clear()
            self._progress = None
            return report


def _call(stop: Callable[[], None]) -> None:
    try:
        stop()
    except Exception:  # a step's own code, which must not keep the others from stopping
        log.exception("a step could not be stopped as it asked")
