"""What a worker writes of the jobs it holds; a token keeps out who holds them no longer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from talkies.db.engine import reading, writing
from talkies.db.tables import jobs
from talkies.errors import DeadlineExceeded, TalkiesError, WorkerLost
from talkies.jobs.ledger import Ending, Ledger, described, locked
from talkies.jobs.queue import Ticket
from talkies.jobs.records import Document, Job, Status

#: How many workers may die at one step of a job before it is given up: product contract, dead
#: letters after 3. A job that goes on between deaths is not what kills them.
MOST_STRIKES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What came of taking up a ticket."""

    #: None where the job is no more.
    job: Job | None
    #: Whether the work shall be done; else the job has ended, or gone on elsewhere.
    go: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far a held job is, to be written down."""

    #: The token of its attempt.
    attempt: str
    #: Stages that were entered since the last report, in order.
    stages: tuple[str, ...] = ()
    progress: float | None = None
    eta_seconds: float | None = None
    alive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What its row says of a held job."""

    cancel: bool
    deadline_at: int | None


class Attempts:
    """The rows of held jobs."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def begin(self, ticket: Ticket, token: str) -> Begun:
        """Take the job of a ticket from its queue, or from a worker that died holding it."""
        with self._ledger.changing() as connection:
            query = sa.select(jobs.c.attempt_token, jobs.c.strikes)
            query = query.where(jobs.c.id == ticket.job_id)
            row = connection.execute(query.with_for_update()).first()
            if row is None:
                return Begun(job=None, go=False)
            job = locked(connection, ticket.job_id)
            if job.done or (job.run, job.phase) != (ticket.run, ticket.phase):
                return Begun(job=job, go=False)
            # Whoever ends or leaves in good order clears the token. One's own is there where the
            # database committed this before and broke off.
            died = int(row.attempt_token not in {None, token})
            strikes = row.strikes + died
            ending = self._reason_to_end(job, strikes)
            if ending is not None:
                return Begun(job=self._ledger.end(connection, job, ending), go=False)
            counts = {"strikes": strikes, "attempts": max(1, job.attempts + died)}
            return Begun(job=self._take(connection, job, token, counts), go=True)

    def advance(self, job_id: str, token: str, queue: str) -> bool:
        """Hand the job over to its next phase; False where it is another's."""
        return self._give(
            jobs.c.id == job_id,
            [token],
            {"phase": jobs.c.phase + 1, "queue": queue, "enqueued_at": None, "strikes": 0},
        )

    def release(self, tokens: Collection[str]) -> bool:
        """Give jobs back to their queues, as they are."""
        return self._give(sa.true(), tokens, {})

    def finish(self, job_id: str, token: str, ending: Ending) -> Job | None:
        """End a held job; None where it has ended, or is another's."""
        with self._ledger.changing() as connection:
            held = sa.select(jobs.c.id).where(*_held(jobs.c.id == job_id, [token]))
            if connection.execute(held.with_for_update()).first() is None:
                return None
            return self._ledger.end(connection, locked(connection, job_id), ending)

    def keep(self, token: str, warnings: Sequence[str], metrics: Document) -> None:
        """Write down what the finished steps said and measured."""
        values = {"warnings": list(warnings), "metrics": dict(metrics), "strikes": 0}
        with writing(self._ledger.engine) as connection:
            connection.execute(sa.update(jobs).where(*_held(sa.true(), [token])).values(values))

    def orders(self, tokens: Collection[str]) -> Mapping[str, Orders]:
        """What the rows of held jobs say, by token; those that are another's are left out."""
        query = sa.select(jobs.c.attempt_token, jobs.c.cancel_requested_at, jobs.c.deadline_at)
        with reading(self._ledger.engine) as connection:
            rows = connection.execute(query.where(*_held(sa.true(), tokens)))
            return {
                row.attempt_token: Orders(
                    cancel=row.cancel_requested_at is not None, deadline_at=row.deadline_at
                )
                for row in rows
            }

    def write(self, reports: Sequence[Report]) -> None:
        """Write down how far held jobs are, all in one transaction."""
        with self._ledger.changing() as connection:
            for report in reports:
                self._write(connection, report)

    def _write(self, connection: sa.Connection, report: Report) -> None:
        held = _held(sa.true(), [report.attempt])
        found = connection.execute(sa.select(jobs.c.id).where(*held).with_for_update()).first()
        if found is None:
            return
        job = locked(connection, found.id)
        now = self._ledger.clock()
        values: dict[str, Any] = {"heartbeat_at": now}
        for stage in report.stages:
            values["stage"] = stage
            self._ledger.note(connection, job, "stage", {"stage": stage})
        if report.progress is not None and report.progress >= job.progress:
            told = {"progress": report.progress, "eta_seconds": report.eta_seconds}
            values |= told | {"progressed_at": now}
            now_in = {"stage": values.get("stage", job.stage)}
            self._ledger.note(connection, job, "progress", told | now_in)
        connection.execute(sa.update(jobs).where(jobs.c.id == job.id).values(values))

    def _reason_to_end(self, job: Job, strikes: int) -> Ending | None:
        if job.cancel_requested_at is not None:
            return Ending(status=Status.CANCELED)
        if job.deadline_at is not None and job.deadline_at <= self._ledger.clock():
            return failed(DeadlineExceeded())
        if strikes >= MOST_STRIKES:
            return failed(WorkerLost(details={"workers": strikes}), dead_letter=True)
        return None

    def _take(
        self, connection: sa.Connection, job: Job, token: str, counts: Mapping[str, int]
    ) -> Job:
        now = self._ledger.clock()
        values = {
            "status": Status.RUNNING.value,
            "waiting": False,
            "attempt_token": token,
            "started_at": job.started_at or now,
            "enqueued_at": sa.func.coalesce(jobs.c.enqueued_at, now),
            "heartbeat_at": now,
            "eta_seconds": None,
            **counts,
        }
        connection.execute(sa.update(jobs).where(jobs.c.id == job.id).values(values))
        if job.status is Status.QUEUED:
            return self._ledger.announce(connection, job.id)
        return locked(connection, job.id)

    def _give(
        self, which: sa.ColumnElement[bool], tokens: Collection[str], values: Mapping[str, Any]
    ) -> bool:
        given = {"waiting": True, "attempt_token": None, **values}
        with writing(self._ledger.engine) as connection:
            update = sa.update(jobs).where(*_held(which, tokens)).values(given)
            return connection.execute(update).rowcount > 0


def failed(error: TalkiesError, *, dead_letter: bool = False) -> Ending:
    """The ending of a job that an error stopped."""
    return Ending(status=Status.FAILED, error=described(error), dead_letter=dead_letter)


def _held(
    which: sa.ColumnElement[bool], tokens: Collection[str]
) -> tuple[sa.ColumnElement[bool], ...]:
    running = jobs.c.status == Status.RUNNING.value
    return (which, running, jobs.c.attempt_token.in_(list(tokens)))
