"""Chores: what has to be done now and then, by one process of all that run."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from talkies.db.clock import database_now
from talkies.db.engine import reading, writing
from talkies.db.tables import chores
from talkies.errors import DiskFull, Unavailable

#: Seconds between two looks at what is due.
LOOK_SECONDS: Final = 0.5

#: A chore under way is its process's for so long after the claim was renewed: as long as the chores
#: of a process that was killed wait at most.
CLAIM_SECONDS: Final = 6.0

#: Seconds between two renewals.
RENEW_SECONDS: Final = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """A function to be run again and again; what it raises is logged, and it runs again."""

    name: str
    #: From the end of one run to the beginning of the next.
    every_seconds: float
    run: Callable[[], object]


class Chores:
    """Runs chores on threads of its own, each one only where no other process does."""

    def __init__(self, engine: sa.Engine, known: Sequence[Chore]) -> None:
        self._engine = engine
        self._known = {chore.name: chore for chore in known}
        self._running: dict[str, Future[None]] = {}
        self._pool = ThreadPoolExecutor(max(1, len(known)), thread_name_prefix="chore")
        self._renewed_at = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="chores", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Begin nothing new, and wait for what runs."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown()

    def look(self) -> None:
        """Renew what runs here, and begin what is due and free."""
        self._running = {name: one for name, one in self._running.items() if not one.done()}
        idle = set(self._known) - set(self._running)
        with reading(self._engine) as connection:
            due = self._due(connection, idle)
        if time.monotonic() - self._renewed_at >= RENEW_SECONDS:
            self.renew()
        for name in due:
            if self._claim(name, anew=True):
                self._running[name] = self._pool.submit(self._run, self._known[name])

    def renew(self) -> None:
        """Keep what runs here from being begun elsewhere."""
        self._renewed_at = time.monotonic()
        for name in self._running:
            self._claim(name, anew=False)

    def _due(self, connection: sa.Connection, names: set[str]) -> list[str]:
        later = sa.select(chores.c.name).where(
            chores.c.name.in_(names), chores.c.due_at > database_now()
        )
        return sorted(names - set(connection.execute(later).scalars()))

    def _claim(self, name: str, *, anew: bool) -> bool:
        """Make a chore this process's for a while; False where another one was faster."""
        claimed = {"due_at": database_now() + int(CLAIM_SECONDS * 1000)}
        update = sa.update(chores).where(chores.c.name == name).values(claimed)
        if anew:
            update = update.where(chores.c.due_at <= database_now())
        with writing(self._engine) as connection:
            if connection.execute(update).rowcount:
                return True
            known = sa.select(chores.c.name).where(chores.c.name == name)
            if connection.execute(known).first() is not None:
                return False
        return self._introduce(name)

    def _introduce(self, name: str) -> bool:
        claimed = {"name": name, "due_at": database_now() + int(CLAIM_SECONDS * 1000)}
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(chores).values(claimed))
        except IntegrityError:
            return False
        return True

    def _run(self, chore: Chore) -> None:
        try:
            chore.run()
        except Exception:  # it runs again; the others go on
            log.exception("the chore %s failed", chore.name)
        done = {
            "due_at": database_now() + int(chore.every_seconds * 1000),
            "finished_at": database_now(),
        }
        with writing(self._engine) as connection:
            connection.execute(sa.update(chores).where(chores.c.name == chore.name).values(done))

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self.look()
            except (Unavailable, DiskFull) as error:
                log.warning("chores wait for the database: %s", error)
            except Exception:  # else no chore would be done here any more
                log.exception("a look at the chores failed")
