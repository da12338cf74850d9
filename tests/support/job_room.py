"""What tests of jobs share: scripted kinds, a queue in memory, and a room around a database."""

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from talkies.db.engine import writing
from talkies.db.tables import blobs
from talkies.errors import Unavailable
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import Finished, JobKind, Phase, Step, StepContext
from talkies.jobs.queue import PREPARE, Ticket, TicketState, render_queue
from talkies.jobs.records import Job, NewJob, Output


class TestClock:
    """A clock that stands still until it is set."""

    __test__ = False

    def __init__(self, at: int = 1_800_000_000_000) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


class MemoryQueue:
    """A `Queue` that forgets all with its process; `out` makes it fail as in an outage."""

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.ended: set[str] = set()
        self.held: set[str] = set()
        self.out = False

    def add(self, ticket: Ticket) -> None:
        self._require()
        self.tickets.setdefault(ticket.id, ticket)

    def withdraw(self, ids: Sequence[str]) -> None:
        self._require()
        self.ended |= set(ids) & set(self.tickets)

    def states(self, ids: Sequence[str]) -> Mapping[str, TicketState]:
        self._require()
        return {one: self._state(one) for one in ids if one in self.tickets}

    def forget(self, ids: Sequence[str]) -> None:
        for one in ids:
            self.tickets.pop(one, None)

    def forget_ended(self, before: int, limit: int) -> int:
        gone = sorted(self.ended & set(self.tickets))[:limit]
        self.forget(gone)
        return len(gone)

    def close(self) -> None:
        pass

    def _state(self, one: str) -> TicketState:
        if one in self.ended:
            return TicketState.ENDED
        return TicketState.HELD if one in self.held else TicketState.WAITING

    def _require(self) -> None:
        if self.out:
            raise Unavailable


@dataclass(kw_only=True)
class Script:
    """What the steps of the kind `quick` do, and what became of them."""

    fetch: Callable[[StepContext], Any] = lambda _: {"bytes": 3}
    render: Callable[[StepContext], Any] = lambda _: "rendered"
    tries: int = 1
    applies: Callable[[Job], bool] = lambda _: True
    finish: Callable[[Job, Mapping[str, Any]], Finished] | None = None
    purged: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    purge_fails: Exception | None = None

    def kind(self) -> JobKind:
        return JobKind(
            name="quick",
            phases=(
                Phase(
                    queue=lambda _: PREPARE,
                    steps=(
                        Step(name="fetch", run=self._fetch),
                        Step(name="rarely", run=lambda _: 1, applies=self._applies),
                    ),
                ),
                Phase(
                    queue=lambda job: render_queue(job.engine or "none"),
                    steps=(
                        Step(
                            name="render",
                            run=self._render,
                            tries=self.tries,
                            backoff_seconds=0.01,
                        ),
                    ),
                ),
            ),
            finish=self.finish or finish,
            purge=self._purge,
        )

    def observe(self, _: sa.Connection, job: Job, event: str) -> None:
        self.told.append((job.id, event))

    def _fetch(self, context: StepContext) -> Any:
        return self.fetch(context)

    def _render(self, context: StepContext) -> Any:
        return self.render(context)

    def _applies(self, job: Job) -> bool:
        return self.applies(job)

    def _purge(self, job: Job) -> None:
        self.purged.append(job.id)
        if self.purge_fails is not None:
            raise self.purge_fails


def finish(job: Job, results: Mapping[str, Any]) -> Finished:
    return Finished(result=dict(results), outputs=(output(job),), media_seconds=2.5)


def output(job: Job) -> Output:
    return Output(
        name="video",
        storage_key=f"videos/{job.id}.mp4",
        sha256="ab" * 32,
        bytes=10,
        content_type="video/mp4",
    )


def new_job(name: str, **given: Any) -> NewJob:
    return NewJob(**{"id": name, "kind": "quick", "engine": "portrait", "request": {}} | given)


def keep_blob(engine: sa.Engine, sha256: str) -> None:
    row = {"sha256": sha256, "storage_key": sha256, "bytes": 1, "content_type": "audio/wav"}
    with writing(engine) as connection:
        connection.execute(sa.insert(blobs).values(row | {"created_at": 1, "kept_at": 1}))


def until(true: Callable[[], Any], seconds: float = 60.0) -> float:
    """Wait until something is so; how long that took. Fails where it never is."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it never came to pass"
        time.sleep(0.01)
    return time.monotonic() - began


def stop_between_writes(pid: int, url: sa.URL) -> None:
    """Stop a process; who is stopped in the middle of a write to SQLite stops all other writers."""
    os.kill(pid, signal.SIGSTOP)
    while url.get_backend_name() == "sqlite" and not _writable(str(url.database)):
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.02)
        os.kill(pid, signal.SIGSTOP)


def _writable(path: str) -> bool:
    for one in (path, f"{path}.queue"):
        with contextlib.closing(sqlite3.connect(one, timeout=0.1)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
    return True


def ended(jobs: Jobs, job_id: str, seconds: float = 60.0) -> Job:
    """The job when it has ended."""
    until(lambda: jobs.get(job_id).done, seconds)
    return jobs.get(job_id)
