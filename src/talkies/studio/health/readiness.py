"""Whether this process can do its work: the parts it needs, each tried and remembered a while."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, text

from talkies.db.engine import reading
from talkies.db.migrate import current, revisions
from talkies.errors import Misconfigured, TalkiesError, Unavailable

log = logging.getLogger(__name__)

#: Seconds for which an answer is believed: probes come every few seconds, from everywhere.
FRESH_SECONDS: Final = 5.0

#: Seconds a part may take to answer before it counts as gone; less than a probe's own patience.
PATIENCE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How one part is."""

    name: str
    #: What is wrong; empty where nothing is.
    problem: str = ""
    #: What mends it.
    hint: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


class Probe:
    """Tries one part, at most every few seconds, and never waits long for it.

    The trial runs in a thread of its own: one that hangs holds up nobody, and no second one is
    begun beside it.
    """

    def __init__(
        self,
        name: str,
        trial: Callable[[], None],
        *,
        fresh_seconds: float = FRESH_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`trial` returns where all is well and raises `TalkiesError` where it is not."""
        self._name = name
        self._trial = trial
        self._fresh = fresh_seconds
        self._patience = patience_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._known: tuple[float, Part] | None = None

    def look(self) -> Part:
        """How the part is."""
        with self._lock:
            known = self._known
            if known is not None and self._clock() - known[0] < self._fresh:
                return known[1]
            if self._running is None or not self._running.is_alive():
                self._running = threading.Thread(target=self._try, daemon=True)
                self._running.start()
            running = self._running
        running.join(self._patience)
        if running.is_alive() or self._known is None:
            return Part(
                name=self._name,
                problem=f"The {self._name} does not answer.",
                hint="Check that it runs and can be reached from this machine.",
            )
        return self._known[1]

    def _try(self) -> None:
        part = Part(name=self._name)
        try:
            self._trial()
        except TalkiesError as error:
            part = Part(name=self._name, problem=error.message, hint=error.hint)
        except Exception:  # else the last good answer would be believed for ever
            log.exception("the %s could not be tried", self._name)
            problem = f"The {self._name} could not be tried."
            part = Part(name=self._name, problem=problem, hint="Read the log of this process.")
        self._known = (self._clock(), part)


class Readiness:
    """The parts without which this process cannot do its work."""

    def __init__(self, probes: Sequence[Probe]) -> None:
        self._probes = tuple(probes)

    def parts(self) -> tuple[Part, ...]:
        """How every part is."""
        return tuple(probe.look() for probe in self._probes)

    def require(self) -> None:
        """Raise `Unavailable`, with the names of the parts, where one is not well."""
        bad = [part for part in self.parts() if not part.ok]
        if bad:
            raise Unavailable(
                " ".join(part.problem for part in bad),
                hint=" ".join(dict.fromkeys(part.hint for part in bad if part.hint)),
                details={"parts": [part.name for part in bad]},
            )


def try_database(engine: Engine) -> None:
    """Raise `Unavailable` where it cannot be reached."""
    with reading(engine) as connection:
        connection.execute(text("SELECT 1"))


def try_migrations(engine: Engine) -> None:
    """Raise `Misconfigured` where the tables are not those of this version."""
    newest = revisions()[-1]
    found = current(engine)
    if found != newest:
        raise Misconfigured(
            f"The database is at revision {found or 'none'}, and this version needs {newest}.",
            hint="Start `talkies serve`, `api` or `worker` of this version once: it migrates.",
        )


def try_worker(alive: Callable[[], bool]) -> None:
    """Raise `Unavailable` where the worker of this process does not run."""
    if not alive():
        raise Unavailable(
            "The worker of this process does not run.", hint="Read its log, and start it again."
        )
