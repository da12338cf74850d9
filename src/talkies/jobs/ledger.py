"""Every change of a job's rows, each in one transaction that also tells those who listen."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from talkies.db.engine import reading, writing
from talkies.db.tables import blobs, job_events, job_inputs, job_outputs, jobs
from talkies.errors import BlobMissing, Conflict, NotFound, TalkiesError
from talkies.jobs import fairness
from talkies.jobs.kinds import JobKind
from talkies.jobs.records import UNFINISHED, Document, Job, NewJob, Output, Priority, Status
from talkies.jobs.rows import JOB_COLUMNS, fresh_run, job_of, new_row
from talkies.kit.clock import Clock

#: Called inside the transaction of every change of status, with `job.queued`, `job.started`,
#: `job.succeeded`, `job.failed` or `job.canceled`.
Observer: TypeAlias = Callable[[sa.Connection, Job, str], None]

#: Names the lock on Postgres that makes the order of events the order of their commits: who has
#: read up to one event will never find an earlier one later. Any number of our own will do.
EVENTS_LOCK: Final = 7_451_200_302

#: What observers are told of a status; `job.started` where it is `running`.
OCCASIONS: Final = {status: f"job.{status.value}" for status in Status} | {
    Status.RUNNING: "job.started"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a job ends."""

    status: Status
    result: Document | None = None
    error: Document | None = None
    dead_letter: bool = False
    outputs: tuple[Output, ...] = ()
    metrics: Document = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Ledger:
    """The rows of jobs: how one fares is changed here alone."""

    def __init__(self, engine: sa.Engine, observers: Sequence[Observer], clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self._observers = tuple(observers)

    @contextlib.contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """A transaction that may write events; there is one at a time, on either database."""
        with writing(self.engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(EVENTS_LOCK)))
            yield connection

    def insert(self, new: NewJob, kind: JobKind) -> Job:
        """Accept a job; one of that id that is there already comes back as it is.

        Raises `Conflict` where its key's external id is taken, and `BlobMissing` where an input
        is not kept (any more).
        """
        with self.changing() as connection:
            known = connection.execute(sa.select(jobs.c.id).where(jobs.c.id == new.id)).first()
            if known is not None:
                return locked(connection, new.id)
            _require_free(connection, new)
            row = new_row(new, fairness.place(connection, new), self.clock())
            first = kind.phases[0].queue(job_of(row))
            connection.execute(sa.insert(jobs).values(row | {"queue": first}))
            self._insert_inputs(connection, new)
            return self.announce(connection, new.id)

    def again(self, job_id: str, kind_of: Callable[[Job], JobKind]) -> Job:
        """Run a failed or canceled job anew. Raises `Conflict` for others, and `NotFound`."""
        with self.changing() as connection:
            job = locked(connection, job_id)
            if job.status not in {Status.FAILED, Status.CANCELED}:
                raise Conflict(
                    f"The job is {job.status.value}: only failed and canceled jobs run again.",
                    hint="Cancel it first where it is not done, or make a new one.",
                )
            now = self.clock()
            new = as_new(job, now)
            values = fresh_run() | {
                "run": job.run + 1,
                "queue": kind_of(job).phases[0].queue(job),
                "fair_tag": fairness.place(connection, new),
                "deadline_at": new.deadline_at,
            }
            connection.execute(sa.delete(job_outputs).where(job_outputs.c.job_id == job_id))
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(values))
            return self.announce(connection, job_id)

    def restart(self, job: Job, kind: JobKind) -> Job | None:
        """Send a job back to its first phase; None where it has moved since it was read."""
        values = {
            "run": job.run + 1,
            "phase": 0,
            "queue": kind.phases[0].queue(job),
            "waiting": True,
            # Whoever takes it next counts one worker more that it has cost.
            "attempt_token": "lost",
            "enqueued_at": None,
        }
        same = (jobs.c.id == job.id, jobs.c.run == job.run, jobs.c.phase == job.phase)
        unfinished = jobs.c.status.in_(UNFINISHED)
        with writing(self.engine) as connection:
            update = sa.update(jobs).where(*same, unfinished).values(values)
            if not connection.execute(update).rowcount:
                return None
            return locked(connection, job.id)

    def end(self, connection: sa.Connection, job: Job, ending: Ending) -> Job:
        """End a job that has not ended; its row is locked by the caller."""
        now = self.clock()
        values: dict[str, Any] = {
            "status": ending.status.value,
            "waiting": False,
            "attempt_token": None,
            "result": ending.result,
            "error": ending.error,
            "dead_letter": ending.dead_letter,
            "metrics": dict(job.metrics) | dict(ending.metrics),
            "warnings": list(ending.warnings or job.warnings),
            "eta_seconds": None,
            "finished_at": now,
        }
        if ending.status is Status.SUCCEEDED:
            values["progress"] = 1.0
        connection.execute(sa.update(jobs).where(jobs.c.id == job.id).values(values))
        for output in ending.outputs:
            connection.execute(sa.insert(job_outputs).values(**_output_row(job.id, output, now)))
        return self.announce(connection, job.id)

    def announce(self, connection: sa.Connection, job_id: str) -> Job:
        """Write the event of a job's new status, and tell the observers."""
        job = locked(connection, job_id)
        data: dict[str, Any] = {
            "status": job.status.value,
            "progress": job.progress,
            "run": job.run,
        }
        if job.error is not None:
            data["error"] = dict(job.error)
        self.note(connection, job, "status", data)
        for observer in self._observers:
            observer(connection, job, OCCASIONS[job.status])
        return job

    def note(self, connection: sa.Connection, job: Job, kind: str, data: Mapping[str, Any]) -> None:
        """Write one event."""
        connection.execute(
            sa.insert(job_events).values(
                job_id=job.id, key_id=job.key_id, type=kind, data=dict(data), at=self.clock()
            )
        )

    def get(self, job_id: str) -> Job:
        with reading(self.engine) as connection:
            return one(connection, job_id)

    def _insert_inputs(self, connection: sa.Connection, new: NewJob) -> None:
        for role, sha256 in new.inputs.items():
            # The shared lock keeps a sweep from removing the blob before we commit.
            found = sa.select(blobs.c.sha256).where(blobs.c.sha256 == sha256)
            if connection.execute(found.with_for_update(read=True)).first() is None:
                raise BlobMissing(f"The {role} is not kept any more.", details={"role": role})
            connection.execute(
                sa.insert(job_inputs).values(job_id=new.id, role=role, sha256=sha256)
            )


def one(connection: sa.Connection, job_id: str) -> Job:
    """The job as this transaction sees it. Raises `NotFound`."""
    return _found(connection.execute(sa.select(*JOB_COLUMNS).where(jobs.c.id == job_id)), job_id)


def locked(connection: sa.Connection, job_id: str) -> Job:
    """The job, which nobody else changes until the transaction ends. Raises `NotFound`."""
    query = sa.select(*JOB_COLUMNS).where(jobs.c.id == job_id).with_for_update()
    return _found(connection.execute(query), job_id)


def as_new(job: Job, now: int) -> NewJob:
    """The job as it was handed in, with as much time as it had then."""
    deadline = job.deadline_at
    return NewJob(
        id=job.id,
        kind=job.kind,
        request=job.request,
        key_id=job.key_id,
        user_id=job.user_id,
        engine=job.engine,
        priority=Priority(job.priority),
        deadline_at=None if deadline is None else now + deadline - job.created_at,
    )


def described(error: TalkiesError) -> Document:
    """An error as a job's record keeps it: without where the worker's files lay."""
    return {
        "code": error.code,
        "message": error.message,
        "details": {name: fact for name, fact in error.details.items() if name != "path"},
        "retryable": error.retryable,
        "hint": error.hint,
    }


def _found(rows: sa.CursorResult[Any], job_id: str) -> Job:
    row = rows.mappings().first()
    if row is None:
        raise NotFound(f"There is no job {job_id}.", details={"job_id": job_id})
    return job_of(row)


def _require_free(connection: sa.Connection, new: NewJob) -> None:
    if new.external_id is None or new.key_id is None:
        return
    taken = sa.select(jobs.c.id).where(
        jobs.c.key_id == new.key_id, jobs.c.external_id == new.external_id
    )
    if connection.execute(taken).first() is not None:
        raise Conflict(
            f"There is a job of the external id {new.external_id} already.",
            details={"external_id": new.external_id},
        )


def _output_row(job_id: str, output: Output, now: int) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "name": output.name,
        "storage_key": output.storage_key,
        "sha256": output.sha256,
        "bytes": output.bytes,
        "content_type": output.content_type,
        "created_at": now,
        "removed_at": output.removed_at,
    }
