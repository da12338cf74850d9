"""Leases of workers: who beats is alive, and who stopped is buried by the others."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from talkies.db.clock import database_now
from talkies.db.engine import reading, writing
from talkies.db.tables import workers
from talkies.jobs.processes import Identity, is_gone

#: A worker beats so many times in a lease.
BEATS: Final = 6

#: It counts as dead after this part of a lease without a beat: the rest is for its peers to see
#: that and to take its jobs up, so that a takeover takes one lease at most.
PATIENCE: Final = 2 / 3

#: Only who has itself beaten for this part of a lease judges others: after an outage of the
#: database everybody's last beat is old.
STANDING: Final = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What a worker says of itself."""

    executor_id: str
    identity: Identity
    engines: tuple[str, ...]
    concurrency: int
    version: str
    seconds: float


class Leases:
    """The table of workers, seen from one of them."""

    def __init__(self, engine: sa.Engine, lease: Lease) -> None:
        self._engine = engine
        self._lease = lease
        self._beaten_since: float | None = None
        self._last_beat = 0.0

    @property
    def interval(self) -> float:
        """Seconds between two beats."""
        return self._lease.seconds / BEATS

    @property
    def fresh(self) -> bool:
        """Whether the last beat is young enough for the others to believe in it."""
        return time.monotonic() - self._last_beat < self._lease.seconds * PATIENCE

    def beat(self, *, draining: bool = False) -> None:
        """Show that this worker lives; the first time, or when it was buried, it comes anew."""
        began = time.monotonic()
        own = workers.c.executor_id == self._lease.executor_id
        values = {"seen_at": database_now(), "draining": draining}
        with writing(self._engine) as connection:
            if not connection.execute(sa.update(workers).where(own).values(values)).rowcount:
                connection.execute(sa.insert(workers).values(self._row() | values))
        if self._beaten_since is None or not self.fresh:
            self._beaten_since = began
        self._last_beat = began

    def dead(self) -> tuple[str, ...]:
        """The workers that have ended without leaving."""
        age = (database_now() - workers.c.seen_at).label("age")
        query = sa.select(workers, age).where(workers.c.executor_id != self._lease.executor_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        patience = self._lease.seconds * PATIENCE * 1000 if self._has_standing() else None
        return tuple(row["executor_id"] for row in rows if self._is_dead(row, patience))

    def bury(self, executor_ids: Sequence[str]) -> None:
        """Remove dead workers whose jobs were given back."""
        with writing(self._engine) as connection:
            dead = workers.c.executor_id.in_(list(executor_ids))
            connection.execute(sa.delete(workers).where(dead))

    def leave(self) -> None:
        """End this worker's own lease."""
        self.bury([self._lease.executor_id])

    def known(self) -> frozenset[str]:
        """Every worker that has a lease."""
        with reading(self._engine) as connection:
            return frozenset(connection.execute(sa.select(workers.c.executor_id)).scalars())

    def _is_dead(self, row: sa.RowMapping, patience: float | None) -> bool:
        identity = Identity(
            host=row["host"],
            namespace=row["namespace"],
            pid=row["pid"],
            started=row["pid_started"],
        )
        if is_gone(identity, self._lease.identity):
            return True
        return patience is not None and row["age"] > patience

    def _has_standing(self) -> bool:
        if self._beaten_since is None:
            return False
        return time.monotonic() - self._beaten_since >= self._lease.seconds * STANDING

    def _row(self) -> dict[str, Any]:
        identity = self._lease.identity
        return {
            "executor_id": self._lease.executor_id,
            "host": identity.host,
            "namespace": identity.namespace,
            "pid": identity.pid,
            "pid_started": identity.started,
            "engines": list(self._lease.engines),
            "concurrency": self._lease.concurrency,
            "version": self._lease.version,
            "started_at": database_now(),
        }
