"""Jobs as the rest of the product sees them: accepted, read, canceled, retried and forgotten."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from talkies.db.engine import reading
from talkies.db.tables import job_events, job_inputs, job_outputs, jobs, workers
from talkies.errors import Conflict, NotFound, TalkiesError, Unavailable
from talkies.jobs.fairness import rank
from talkies.jobs.kinds import JobKind
from talkies.jobs.ledger import Ending, Ledger, Observer, locked, one
from talkies.jobs.queue import Queue, Ticket, ticket_id
from talkies.jobs.records import (
    UNFINISHED,
    Job,
    JobEvent,
    JobQuery,
    NewJob,
    Output,
    QueueDepth,
    Status,
    WorkerRecord,
)
from talkies.jobs.rows import JOB_COLUMNS, event_of, job_of, output_of, worker_of
from talkies.kit.clock import Clock, now

#: Milliseconds without a sign of life after which a running job counts as stalled: the longest
#: lease a worker has by default.
STALLED_AFTER: Final = 30_000

log = logging.getLogger(__name__)


class Jobs:
    """All jobs of an installation; any process may have one. Methods block.

    Every method raises `Unavailable` where the database cannot be reached.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        kinds: Mapping[str, JobKind],
        queue: Queue,
        observers: Sequence[Observer] = (),
        clock: Clock = now,
    ) -> None:
        self.engine = engine
        self.kinds = dict(kinds)
        self.queue = queue
        self.ledger = Ledger(engine, observers, clock)

    def accept(self, new: NewJob) -> Job:
        """Take a job in: once this returns, it will be finished or reported as failed.

        One of that id that is there already comes back as it is, so that a caller who did not
        hear the answer may ask again. Raises `Conflict` where the key's external id is taken,
        `BlobMissing` where an input is not kept any more, and what an observer raises.
        """
        return self._enqueued(self.ledger.insert(new, self.kinds[new.kind]))

    def retry(self, job_id: str) -> Job:
        """Run a failed or canceled job again, with the same inputs and as much time.

        Raises `NotFound`, and `Conflict` where it is in another state.
        """
        return self._enqueued(self.ledger.again(job_id, self.kind_of))

    def cancel(self, job_id: str) -> Job:
        """Cancel a job: at once where it waits, else as soon as its worker stopped it.

        A job that has ended comes back as it is. Raises `NotFound`.
        """
        with self.ledger.changing() as connection:
            job = locked(connection, job_id)
            if job.done:
                return job
            if not job.waiting:
                return self._request_cancel(connection, job)
            canceled = self.ledger.end(connection, job, Ending(status=Status.CANCELED))
        self.clear(canceled)
        return canceled

    def forget(self, job_id: str) -> None:
        """Remove every row of a job that has ended. Raises `NotFound` and `Conflict`."""
        with self.ledger.changing() as connection:
            job = locked(connection, job_id)
            if not job.done:
                raise Conflict("The job has not ended: cancel it first.")
            connection.execute(sa.delete(jobs).where(jobs.c.id == job_id))
        phases = range(len(self.kind_of(job).phases))
        runs = range(1, job.run + 1)
        self.queue.forget([ticket_id(job_id, run, phase) for run in runs for phase in phases])

    def get(self, job_id: str) -> Job:
        """The job as it is now. Raises `NotFound`."""
        return self.ledger.get(job_id)

    def find(self, external_id: str, key_id: str | None) -> Job:
        """The newest job that a key's owner named so. Raises `NotFound`."""
        query = (
            sa.select(*JOB_COLUMNS)
            .where(jobs.c.external_id == external_id)
            .where(jobs.c.key_id.is_(None) if key_id is None else jobs.c.key_id == key_id)
            .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        )
        with reading(self.engine) as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"There is no job of the external id {external_id}.")
        return job_of(row)

    def list(self, query: JobQuery) -> tuple[Job, ...]:
        """Jobs, newest first. Raises `NotFound` where `after` is no job (any more)."""
        with reading(self.engine) as connection:
            found = sa.select(*JOB_COLUMNS).where(*_filters(query))
            if query.after is not None:
                last = one(connection, query.after)
                place = sa.tuple_(jobs.c.created_at, jobs.c.id)
                found = found.where(place < (last.created_at, last.id))
            newest_first = found.order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
            return tuple(
                map(job_of, connection.execute(newest_first.limit(query.limit)).mappings())
            )

    def inputs(self, job_id: str) -> Mapping[str, str]:
        """The sha256 of every input, by role."""
        query = sa.select(job_inputs.c.role, job_inputs.c.sha256)
        with reading(self.engine) as connection:
            rows = connection.execute(query.where(job_inputs.c.job_id == job_id))
            return {row.role: row.sha256 for row in rows}

    def outputs(self, job_id: str) -> tuple[Output, ...]:
        """What the job made, by name."""
        query = sa.select(job_outputs).where(job_outputs.c.job_id == job_id)
        with reading(self.engine) as connection:
            return tuple(
                map(output_of, connection.execute(query.order_by(job_outputs.c.name)).mappings())
            )

    def queue_position(self, job: Job) -> int | None:
        """How many jobs of its queue start before it, and one; None where it does not wait."""
        order = (jobs.c.priority, jobs.c.fair_tag, jobs.c.created_at, jobs.c.id)
        own = sa.select(*order).where(jobs.c.id == job.id, jobs.c.waiting.is_(True))
        with reading(self.engine) as connection:
            row = connection.execute(own).first()
            if row is None:
                return None
            ahead = sa.select(sa.func.count()).where(
                jobs.c.waiting.is_(True), jobs.c.queue == job.queue, sa.tuple_(*order) < tuple(row)
            )
            return int(connection.execute(ahead).scalar_one()) + 1

    def depths(self) -> tuple[QueueDepth, ...]:
        """How full every queue is that has unfinished jobs."""
        waits = jobs.c.waiting.is_(True)
        query = (
            sa.select(
                jobs.c.queue,
                sa.func.count().filter(waits),
                sa.func.min(jobs.c.created_at).filter(waits),
                sa.func.count().filter(~waits),
            )
            .where(jobs.c.status.in_(UNFINISHED))
            .group_by(jobs.c.queue)
            .order_by(jobs.c.queue)
        )
        with reading(self.engine) as connection:
            return tuple(
                QueueDepth(queue=queue, waiting=waiting, oldest_at=oldest, running=running)
                for queue, waiting, oldest, running in connection.execute(query)
            )

    def unfinished(self, key_id: str | None = None, user_id: str | None = None) -> int:
        """How many jobs of a key, of a user, of both or of all have not ended."""
        query = sa.select(sa.func.count()).where(
            *_filters(JobQuery(key_id=key_id, user_id=user_id)), jobs.c.status.in_(UNFINISHED)
        )
        with reading(self.engine) as connection:
            return int(connection.execute(query).scalar_one())

    def events(
        self,
        *,
        after: int = 0,
        job_id: str | None = None,
        key_id: str | None = None,
        limit: int = 500,
    ) -> tuple[JobEvent, ...]:
        """Events after one that was seen, oldest first; none is ever added before one seen."""
        query = sa.select(job_events).where(job_events.c.seq > after)
        if job_id is not None:
            query = query.where(job_events.c.job_id == job_id)
        if key_id is not None:
            query = query.where(job_events.c.key_id == key_id)
        with reading(self.engine) as connection:
            rows = connection.execute(query.order_by(job_events.c.seq).limit(limit))
            return tuple(map(event_of, rows.mappings()))

    def last_event(self) -> int:
        """The number of the newest event; 0 where there is none."""
        with reading(self.engine) as connection:
            return connection.execute(sa.select(sa.func.max(job_events.c.seq))).scalar() or 0

    def workers(self) -> tuple[WorkerRecord, ...]:
        """The workers whose leases nobody took, oldest first."""
        with reading(self.engine) as connection:
            rows = connection.execute(sa.select(workers).order_by(workers.c.started_at))
            return tuple(map(worker_of, rows.mappings()))

    def restart(self, job: Job) -> None:
        """Begin a job anew that the queue has lost; it counts as if its worker had died."""
        restarted = self.ledger.restart(job, self.kind_of(job))
        if restarted is not None:
            self._enqueued(restarted)

    def clear(self, job: Job) -> None:
        """Remove what a job that waited leaves; where that fails, sweeps do it later."""
        try:
            self.queue.withdraw([ticket_id(job.id, job.run, job.phase)])
            if job.phase:
                self.kind_of(job).purge(job)
        except TalkiesError as error:
            log.warning("what job %s left stays for now: %s", job.id, error)

    def kind_of(self, job: Job) -> JobKind:
        return self.kinds[job.kind]

    def _enqueued(self, job: Job) -> Job:
        """Put an accepted job in line; where that fails, a sweep does it later."""
        try:
            self.queue.add(first_ticket(job))
        except Unavailable as error:
            log.warning("job %s waits for a sweep to enqueue it: %s", job.id, error)
        return job

    def _request_cancel(self, connection: sa.Connection, job: Job) -> Job:
        requested = sa.func.coalesce(jobs.c.cancel_requested_at, self.ledger.clock())
        values = {"cancel_requested_at": requested}
        connection.execute(sa.update(jobs).where(jobs.c.id == job.id).values(**values))
        return locked(connection, job.id)


def first_ticket(job: Job) -> Ticket:
    """What stands in the queue for a job's first phase."""
    place = rank(job.priority, job.fair_tag)
    return Ticket(job_id=job.id, run=job.run, phase=0, queue=job.queue, rank=place)


def stalled_since(job: Job, now: int) -> int | None:
    """When a running job last gave a sign of life, where that is too long ago.

    Its worker is dead or cut off; another one takes the job over when the lease ends.
    """
    if job.status is not Status.RUNNING or job.waiting or job.heartbeat_at is None:
        return None
    return job.heartbeat_at if now - job.heartbeat_at > STALLED_AFTER else None


def _filters(query: JobQuery) -> Sequence[sa.ColumnElement[bool]]:
    chosen: dict[sa.Column[Any], Any] = {
        jobs.c.key_id: query.key_id,
        jobs.c.user_id: query.user_id,
        jobs.c.dead_letter: query.dead_letter,
    }
    several: dict[sa.Column[Any], tuple[str, ...]] = {
        jobs.c.kind: query.kinds,
        jobs.c.status: tuple(status.value for status in query.statuses),
        jobs.c.origin: query.origins,
    }
    return [
        *(column == value for column, value in chosen.items() if value is not None),
        *(column.in_(values) for column, values in several.items() if values),
    ]
