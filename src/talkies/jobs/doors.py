"""Doors before DBOS's queues: open while tickets wait behind them, and closed else.

DBOS looks into each queue by itself, with statements that take milliseconds of CPU: five queues
that were empty took a tenth of a core. One look of ours for all of them takes a tenth of that, and
a queue without slots is passed over without a look (a contract test watches over it).
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Final

import sqlalchemy as sa

from talkies.db.engine import reading
from talkies.errors import DiskFull, Unavailable

#: DBOS's table of tickets, which its manual describes.
TICKETS: Final = "workflow_status"

#: The states that are in its index of tickets that have not ended: SQLite takes the index only
#: where a statement names them just so.
_NOT_ENDED: Final = ("'ENQUEUED'", "'PENDING'")

#: The one of tickets in line.
_WAITING: Final = _NOT_ENDED[0]

log = logging.getLogger(__name__)


class Doors:
    """Sets how many tickets of each queue this process takes, by whether any wait there."""

    def __init__(
        self,
        engine: sa.Engine,
        schema: str | None,
        slots: Mapping[str, int],
        set_slots: Callable[[str, int], None],
        *,
        look_seconds: float,
    ) -> None:
        """`engine` is of DBOS's database, and is these doors' own from now on."""
        self._engine = engine
        # Made into text once: that is half of what a look takes.
        made = _statement(schema, slots).compile(engine, compile_kwargs={"literal_binds": True})
        self._waiting = str(made)
        self._slots = slots
        self._set_slots = set_slots
        self._look_seconds = look_seconds
        self._lock = threading.Lock()
        self._shut = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs-doors", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def shut(self) -> None:
        """Close all of them for good."""
        with self._lock:
            self._shut = True
            for name in self._slots:
                self._set_slots(name, 0)

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._engine.dispose()

    def look(self) -> None:
        """Open and close what has to be. Raises `Unavailable`."""
        with reading(self._engine) as connection:
            found = connection.exec_driver_sql(self._waiting).one()
        self._open([name for name, waits in zip(self._slots, found, strict=True) if waits])

    def _open(self, names: Collection[str]) -> None:
        """Open these, and close the others."""
        with self._lock:
            if self._shut:
                return
            for name, slots in self._slots.items():
                self._set_slots(name, slots if name in names else 0)

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except (Unavailable, DiskFull):
                # The watch over jobs, the chores and the lease all say so already.
                log.debug("the queues cannot be looked into")
            except Exception:  # whatever it is, jobs have to begin
                log.exception("nobody looks for tickets that wait: DBOS looks into each queue")
                self._open(self._slots)
                return
            if self._ended.wait(self._look_seconds):
                return


def _statement(schema: str | None, names: Collection[str]) -> sa.ClauseElement:
    """Whether tickets wait, for each of these queues: a step down an index each."""
    tickets = sa.table(TICKETS, sa.column("queue_name"), sa.column("status"), schema=schema)
    status = tickets.c.status
    found = (
        sa.select(sa.literal_column("1"))
        .where(
            tickets.c.queue_name == name,
            status == sa.literal_column(_WAITING),
            status.in_([sa.literal_column(one) for one in _NOT_ENDED]),
        )
        .exists()
        for name in names
    )
    return sa.select(*[one.label(f"q{number}") for number, one in enumerate(found)])
