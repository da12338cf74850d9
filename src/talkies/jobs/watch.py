"""The watch over held jobs: reads their orders, writes their progress, and shows they live."""

import contextlib
import logging
import threading
import time
from typing import Final

from talkies.errors import DiskFull, Unavailable
from talkies.jobs.attempt import Attempt, Reason
from talkies.jobs.attempts import Attempts, Orders
from talkies.kit.clock import Clock

#: Seconds between two looks: progress is written at most twice a second, and a cancel is seen
#: well within the 2 s that its child may live on.
LOOK_SECONDS: Final = 0.5

#: Seconds between two signs of life of a held job.
ALIVE_SECONDS: Final = 5.0

log = logging.getLogger(__name__)


class Watch:
    """The attempts under way in this process, and the thread that watches them."""

    def __init__(self, attempts: Attempts, clock: Clock) -> None:
        self._attempts = attempts
        self._clock = clock
        self._lock = threading.Lock()
        # One writer at a time, or an older report could overtake the last one.
        self._telling = threading.Lock()
        self._held: dict[str, Attempt] = {}
        self._draining = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs-watch", daemon=True)
        self._showed_life_at = 0.0

    @property
    def draining(self) -> bool:
        """Whether nothing new shall begin here."""
        return self._draining

    def add(self, attempt: Attempt) -> None:
        with self._lock:
            self._held[attempt.token] = attempt

    def remove(self, attempt: Attempt) -> None:
        """Watch it no longer; what it told since the last look is written down first.

        How a job ended is judged by its stage, and a stage may be shorter than a look.
        """
        with self._lock:
            self._held.pop(attempt.token, None)
        with contextlib.suppress(Unavailable, DiskFull):
            self._tell([attempt], alive=False)

    def start(self) -> None:
        self._thread.start()

    def drain(self) -> None:
        """Let nothing new begin."""
        self._draining = True

    def stop_all(self, reason: Reason) -> None:
        """Tell every attempt to stop."""
        for attempt in self._snapshot():
            attempt.stop(reason)

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def look(self) -> None:
        """One look at everything that is held. Raises `Unavailable` after what needs no rows."""
        held = self._snapshot()
        now = self._clock()
        for attempt in held:
            deadline = attempt.job.deadline_at
            if deadline is not None and deadline <= now:
                attempt.stop(Reason.DEADLINE)
        if held:
            self._obey(held)
            alive = time.monotonic() - self._showed_life_at >= ALIVE_SECONDS
            self._tell(held, alive=alive)
            if alive:
                self._showed_life_at = time.monotonic()

    def _obey(self, held: list[Attempt]) -> None:
        orders = self._attempts.orders([attempt.token for attempt in held])
        for attempt in held:
            order: Orders | None = orders.get(attempt.token)
            if order is None:
                attempt.stop(Reason.LOST)
            elif order.cancel:
                attempt.stop(Reason.CANCEL)

    def _tell(self, held: list[Attempt], *, alive: bool) -> None:
        with self._telling:
            told = [attempt.report(alive=alive) for attempt in held]
            reports = [report for report in told if report is not None]
            if reports:
                self._attempts.write(reports)

    def _run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self.look()
            except (Unavailable, DiskFull) as error:
                log.warning("the watch over jobs waits for the database: %s", error)
            except Exception:  # the watch must not end before the worker does
                log.exception("a look at the jobs that are held failed")

    def _snapshot(self) -> list[Attempt]:
        with self._lock:
            return list(self._held.values())
