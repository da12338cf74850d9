import logging
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa
from job_room import MemoryQueue, TestClock, new_job, until

from talkies.errors import Unavailable
from talkies.jobs.attempt import Attempt, Reason
from talkies.jobs.attempts import Attempts
from talkies.jobs.jobs import Jobs
from talkies.jobs.queue import Ticket
from talkies.jobs.watch import Watch


@pytest.fixture
def engine(sqlite_engine: sa.Engine) -> sa.Engine:
    return sqlite_engine


@pytest.fixture
def attempts(jobs: Jobs) -> Attempts:
    return Attempts(jobs.ledger)


@pytest.fixture
def watch(attempts: Attempts, clock: TestClock) -> Watch:
    return Watch(attempts, clock)


def held(jobs: Jobs, attempts: Attempts, watch: Watch, name: str, **given: object) -> Attempt:
    jobs.accept(new_job(name, **given))
    ticket = Ticket(job_id=name, run=1, phase=0, queue="prepare", rank=1)
    begun = attempts.begin(ticket, name)
    assert begun.job is not None
    attempt = Attempt(begun.job, name, {})
    watch.add(attempt)
    return attempt


def test_orders_reach_those_they_are_for(
    jobs: Jobs, attempts: Attempts, watch: Watch, clock: TestClock
) -> None:
    canceled = held(jobs, attempts, watch, "vid_1")
    late = held(jobs, attempts, watch, "vid_2", deadline_at=clock.at + 5)
    lost = held(jobs, attempts, watch, "vid_3")
    free = held(jobs, attempts, watch, "vid_4", deadline_at=clock.at + 500)
    gone = held(jobs, attempts, watch, "vid_5")
    watch.look()
    assert {one.reason for one in (canceled, late, lost, free)} == {None}
    jobs.cancel("vid_1")
    clock.at += 5
    ticket = Ticket(job_id="vid_3", run=1, phase=0, queue="prepare", rank=1)
    attempts.begin(ticket, "another")
    watch.remove(gone)
    watch.remove(gone)
    jobs.cancel("vid_5")
    watch.look()
    assert (canceled.reason, late.reason, lost.reason) == (
        *(Reason.CANCEL, Reason.DEADLINE),
        Reason.LOST,
    )
    assert (free.reason, gone.reason) == (None, None)


def test_progress_and_signs_of_life_are_written(
    jobs: Jobs, attempts: Attempts, watch: Watch, clock: TestClock
) -> None:
    attempt = held(jobs, attempts, watch, "vid_1")
    clock.at += 1_000
    watch.look()
    assert jobs.get("vid_1").heartbeat_at == clock.at
    clock.at += 1_000
    watch.look()
    # Too early for the next sign of life.
    assert jobs.get("vid_1").heartbeat_at == clock.at - 1_000
    attempt.progress("render", 0.5)
    watch.look()
    job = jobs.get("vid_1")
    assert (job.stage, job.progress, job.heartbeat_at) == ("render", 0.5, clock.at)


def test_the_last_that_an_attempt_told_is_written_when_it_is_let_go(
    jobs: Jobs, attempts: Attempts, watch: Watch
) -> None:
    attempt = held(jobs, attempts, watch, "vid_1")
    attempt.progress("check", 0.6)
    watch.look()
    attempt.progress("deliver", 0.9)
    watch.remove(attempt)
    job = jobs.get("vid_1")
    assert (job.stage, job.progress) == ("deliver", 0.9)
    told = [event.data["stage"] for event in jobs.events() if event.type == "stage"]
    assert told == ["check", "deliver"]


def test_an_attempt_is_let_go_though_the_database_is_out(clock: TestClock) -> None:
    nowhere = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    jobs = Jobs(nowhere, kinds={}, queue=MemoryQueue(), clock=clock)
    watch = Watch(Attempts(jobs.ledger), clock)
    from talkies.jobs.rows import job_of, new_row

    attempt = Attempt(job_of(new_row(new_job("vid_1"), 1, 1)), "token", {})
    watch.add(attempt)
    attempt.progress("deliver", 0.9)
    watch.remove(attempt)
    watch.look()


def test_a_deadline_counts_though_the_database_is_out(tmp_path: Path, clock: TestClock) -> None:
    nowhere = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    jobs = Jobs(nowhere, kinds={}, queue=MemoryQueue(), clock=clock)
    watch = Watch(Attempts(jobs.ledger), clock)
    from talkies.jobs.rows import job_of, new_row

    late = Attempt(job_of(new_row(new_job("vid_1", deadline_at=clock.at), 1, 1)), "token", {})
    watch.add(late)
    with pytest.raises(Unavailable):
        watch.look()
    assert late.reason is Reason.DEADLINE


def test_the_watch_goes_on_after_a_failure(
    jobs: Jobs, attempts: Attempts, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(Attempts):
        failures: ClassVar = [Unavailable(), RuntimeError("unforeseen")]

        def orders(self, tokens: object) -> dict[str, object]:  # type: ignore[override]
            if self.failures:
                raise self.failures.pop()
            return {}

    watch = Watch(Failing(jobs.ledger), clock)
    attempt = held(jobs, attempts, watch, "vid_1")
    with caplog.at_level(logging.WARNING):
        watch.start()
        until(lambda: attempt.reason is Reason.LOST)
        watch.end()
    assert "waits for the database" in caplog.text
    assert "unforeseen" in caplog.text


def test_all_are_stopped_when_the_worker_drains(
    jobs: Jobs, attempts: Attempts, watch: Watch
) -> None:
    attempt = held(jobs, attempts, watch, "vid_1")
    assert not watch.draining
    watch.drain()
    assert watch.draining
    assert attempt.reason is None
    watch.stop_all(Reason.DRAIN)
    assert attempt.reason is Reason.DRAIN
