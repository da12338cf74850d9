"""What keeps rows and queue in step: whatever was lost between the two is found and mended."""

import logging
from typing import Final

import sqlalchemy as sa

from talkies.db.engine import reading, writing
from talkies.db.tables import jobs
from talkies.errors import DeadlineExceeded
from talkies.jobs.attempts import failed
from talkies.jobs.jobs import Jobs, first_ticket
from talkies.jobs.ledger import locked
from talkies.jobs.queue import TicketState, ticket_id
from talkies.jobs.records import Job, Status
from talkies.jobs.rows import JOB_COLUMNS, job_of
from talkies.kit.clock import HOUR

#: Milliseconds after which a job that is not known to stand in the queue is looked for there: its
#: own process has put it there by then, if it lives.
LOST_AFTER: Final = 3_000

#: Milliseconds without a sign of life after which a held job is looked for.
SILENT_AFTER: Final = 60_000

#: Milliseconds for which the queue's own records of an ended ticket are kept, to be looked at.
TICKETS_KEPT: Final = HOUR

#: Rows that one sweep takes at once.
PAGE: Final = 500

log = logging.getLogger(__name__)


class Upkeep:
    """Sweeps that are harmless to repeat, in one process or in several at once."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def sweep(self) -> None:
        """Put lost jobs into the queue, and end those whose time is over while they wait."""
        self._enqueue_lost()
        self._end_late()

    def reconcile(self) -> None:
        """Find jobs that the queue has lost, as by a restored backup, and begin them again."""
        overdue = self._overdue()
        states = self._jobs.queue.states([_ticket_id(job) for job in overdue]) if overdue else {}
        for job in overdue:
            if states.get(_ticket_id(job), TicketState.ENDED) is TicketState.ENDED:
                log.error("the queue has lost job %s: it begins again", job.id)
                self._jobs.restart(job)

    def tidy(self) -> None:
        """Remove the queue's records of what nobody will ask for any more."""
        now = self._jobs.ledger.clock()
        while self._jobs.queue.forget_ended(now - TICKETS_KEPT, PAGE) == PAGE:
            pass

    def _enqueue_lost(self) -> None:
        before = self._jobs.ledger.clock() - LOST_AFTER
        lost = self._waiting(jobs.c.enqueued_at.is_(None), jobs.c.created_at < before)
        states = self._jobs.queue.states([_ticket_id(job) for job in lost]) if lost else {}
        for job in lost:
            if _ticket_id(job) not in states and job.phase == 0:
                log.warning("job %s had not come into the queue: it has now", job.id)
                self._jobs.queue.add(first_ticket(job))
        there = [job.id for job in lost if job.phase == 0 or _ticket_id(job) in states]
        if there:
            values = {"enqueued_at": self._jobs.ledger.clock()}
            with writing(self._jobs.engine) as connection:
                connection.execute(sa.update(jobs).where(jobs.c.id.in_(there)).values(values))

    def _end_late(self) -> None:
        for late in self._waiting(jobs.c.deadline_at <= self._jobs.ledger.clock()):
            with self._jobs.ledger.changing() as connection:
                job = locked(connection, late.id)
                if not job.waiting:
                    continue
                ended = self._jobs.ledger.end(connection, job, failed(DeadlineExceeded()))
            self._jobs.clear(ended)

    def _overdue(self) -> list[Job]:
        """Jobs that should have moved by now: held ones in silence, and those that are next."""
        before = self._jobs.ledger.clock() - SILENT_AFTER
        silent = sa.select(*JOB_COLUMNS).where(
            jobs.c.status == Status.RUNNING.value,
            jobs.c.waiting.is_(False),
            jobs.c.heartbeat_at < before,
        )
        with reading(self._jobs.engine) as connection:
            held = [job_of(row) for row in connection.execute(silent.limit(PAGE)).mappings()]
        # Between two phases a job lives whose next ticket is just being added, however old it is.
        moved = sa.func.coalesce(jobs.c.heartbeat_at, jobs.c.created_at)
        return held + self._waiting(moved < before)

    def _waiting(self, *which: sa.ColumnElement[bool]) -> list[Job]:
        order = (jobs.c.queue, jobs.c.priority, jobs.c.fair_tag)
        query = sa.select(*JOB_COLUMNS).where(jobs.c.waiting.is_(True), *which)
        with reading(self._jobs.engine) as connection:
            rows = connection.execute(query.order_by(*order).limit(PAGE)).mappings()
            return [job_of(row) for row in rows]


def _ticket_id(job: Job) -> str:
    return ticket_id(job.id, job.run, job.phase)
