import logging
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa
from job_room import Script, ended, new_job, until

from talkies.db.engine import writing
from talkies.db.tables import workers
from talkies.errors import Unavailable
from talkies.jobs.chores import Chore
from talkies.jobs.dbos_queue import DbosQueue, DbosRunner
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import StepContext
from talkies.jobs.records import Priority, Status
from talkies.jobs.worker import Worker, WorkerOptions
from talkies.kit.clock import now

Start = Callable[..., Worker]


@pytest.fixture
def jobs(engine: sa.Engine, script: Script) -> Iterator[Jobs]:
    queue = DbosQueue(engine.url)
    yield Jobs(engine, kinds={"quick": script.kind()}, queue=queue, observers=[script.observe])
    queue.close()


@pytest.fixture
def start(jobs: Jobs, tmp_path: Path) -> Iterator[Start]:
    """Starts workers, one after another; the last one is drained at the end."""
    running: list[Worker] = []

    def start(*chores: Chore, **given: object) -> Worker:
        options = {
            "engines": ("portrait",),
            "lease_seconds": 6.0,
            "drain_seconds": 5.0,
            "scratch": tmp_path / "scratch",
            "version": "1",
        }
        runner = DbosRunner(jobs.engine.url, poll_seconds=0.02)
        worker = Worker(jobs, WorkerOptions(**options | given), chores, runner)  # type: ignore[arg-type]
        worker.start()
        running[:] = [worker]
        return worker

    yield start
    for worker in running:
        if worker.alive:
            worker.drain()


def child_of(context: StepContext) -> subprocess.Popen[bytes]:
    """A child that would live for a minute, and is killed when the step has to stop."""
    child = subprocess.Popen(["sleep", "60"])
    context.on_stop(child.kill)
    return child


def test_a_worker_takes_jobs_to_their_end(jobs: Jobs, start: Start, script: Script) -> None:
    jobs.accept(new_job("vid_1"))
    worker = start()
    assert (worker.alive, worker.ready) == (True, True)
    assert [known.executor_id for known in jobs.workers()] == [worker.executor_id]
    job = ended(jobs, "vid_1")
    assert (job.status, job.attempts) == (Status.SUCCEEDED, 1)
    assert [event for _, event in script.told] == ["job.queued", "job.started", "job.succeeded"]
    assert worker.drain()
    assert (worker.alive, worker.ready, jobs.workers()) == (False, False, ())


@pytest.mark.parametrize("by", ["cancel", "deadline"])
def test_a_child_is_gone_within_two_seconds(
    jobs: Jobs, start: Start, script: Script, by: str
) -> None:
    children: list[subprocess.Popen[bytes]] = []

    def render(context: StepContext) -> None:
        children.append(child_of(context))
        children[0].wait()
        context.progress("render", 0.5)

    start()
    began = now()
    jobs.accept(new_job("vid_0"))
    ended(jobs, "vid_0", 60)
    # Enough for the child to begin, however much this machine does beside.
    soon = now() + 1_000 + 3 * (now() - began) if by == "deadline" else None
    script.render = render
    jobs.accept(new_job("vid_1", deadline_at=soon))
    until(lambda: children)
    if by == "cancel":
        jobs.cancel("vid_1")
    else:
        time.sleep(max(0.0, (soon or 0) / 1000 - time.time()))
    assert until(lambda: children[0].poll() is not None) <= 2.0
    expected = Status.CANCELED if by == "cancel" else Status.FAILED
    assert ended(jobs, "vid_1").status is expected


def test_the_minority_is_done_within_the_first_twelve(jobs: Jobs, start: Start) -> None:
    order: list[str] = []
    for key, count in (("a", 15), ("b", 3), ("c", 3)):
        for number in range(count):
            jobs.accept(new_job(f"vid_{key}{number}", key_id=key, priority=Priority.NORMAL))
    jobs.accept(new_job("vid_low", key_id="d", priority=Priority.LOW))
    jobs.accept(new_job("vid_high", key_id="a", priority=Priority.HIGH))
    fetch = Order(order)
    jobs.kinds["quick"] = fetch.kind()
    start(prepare_concurrency=1)
    until(lambda: len(order) == 23, 60)
    assert (order[0], order[-1]) == ("vid_high", "vid_low")
    minority = [place for place, name in enumerate(order[1:]) if name[4] in "bc"]
    assert max(minority) < 12, order


class Order(Script):
    """Writes down which job was begun when."""

    def __init__(self, order: list[str]) -> None:
        super().__init__(fetch=lambda context: order.append(context.job.id))


def test_a_drained_worker_lets_running_jobs_end_and_begins_none(
    jobs: Jobs, start: Start, script: Script
) -> None:
    rendering = threading.Event()

    def render(context: StepContext) -> None:
        rendering.set()
        time.sleep(0.5)

    script.render = render
    jobs.accept(new_job("vid_1"))
    worker = start()
    assert rendering.wait(60)
    jobs.accept(new_job("vid_2"))
    draining = threading.Thread(target=worker.drain)
    draining.start()
    until(lambda: not worker.ready)
    draining.join()
    assert jobs.get("vid_1").status is Status.SUCCEEDED
    assert jobs.get("vid_2").stage is None


def test_a_worker_in_a_hurry_leaves_what_runs_to_the_next(
    jobs: Jobs, start: Start, script: Script
) -> None:
    children: list[subprocess.Popen[bytes]] = []

    def render(context: StepContext) -> None:
        children.append(child_of(context))
        children[0].wait()
        context.progress("render", 0.5)

    script.render = render
    jobs.accept(new_job("vid_1"))
    worker = start(drain_seconds=60)
    until(lambda: children)
    began = time.monotonic()
    threading.Timer(0.2, worker.hurry).start()
    assert not worker.drain()
    assert time.monotonic() - began < 10
    assert jobs.get("vid_1").waiting


def test_what_does_not_end_in_time_is_left_to_the_next_worker(
    jobs: Jobs, start: Start, script: Script
) -> None:
    children: list[subprocess.Popen[bytes]] = []

    def render(context: StepContext) -> str:
        if not children:
            children.append(child_of(context))
            children[0].wait()
            context.progress("render", 0.5)
        return "done"

    script.render = render
    jobs.accept(new_job("vid_1"))
    worker = start(drain_seconds=0.2)
    until(lambda: children)
    assert not worker.drain()
    assert children[0].poll() is not None
    assert jobs.get("vid_1").waiting
    start()
    # At once, and not as an attempt that killed its worker.
    job = ended(jobs, "vid_1", 60)
    assert (job.status, job.attempts) == (Status.SUCCEEDED, 1)


def test_jobs_of_nobody_known_are_taken_over(jobs: Jobs, start: Start, engine: sa.Engine) -> None:
    jobs.accept(new_job("vid_1"))
    claimed = threading.Event()
    runner = DbosRunner(engine.url)

    def die(_ticket: object, _checkpoint: object) -> None:
        claimed.set()
        raise SystemExit

    runner.start("unknown", {"prepare": 1}, die)
    assert claimed.wait(60)
    runner.stop()
    start()
    assert ended(jobs, "vid_1", 60).status is Status.SUCCEEDED


def test_a_worker_takes_over_from_a_dead_one_of_its_machine_at_its_start(
    jobs: Jobs, start: Start, engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    first = start()
    first.drain()
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    row = {"executor_id": "gone", "host": "here", "pid": gone.pid, "pid_started": 5}
    from talkies.jobs.processes import own_identity

    more = {"namespace": own_identity().namespace, "engines": [], "concurrency": 1}
    times = {"version": "1", "started_at": 1, "seen_at": now() + 600_000}
    with writing(engine) as connection:
        connection.execute(sa.insert(workers).values(row | more | times))
    with caplog.at_level(logging.WARNING):
        start()
    assert "taking over from gone" in caplog.text
    assert len(jobs.workers()) == 1


def test_chores_run_beside_the_jobs(start: Start) -> None:
    ran = threading.Event()
    start(Chore(name="ours", every_seconds=60, run=ran.set))
    assert ran.wait(60)


def test_a_lease_that_cannot_be_renewed_is_tried_again(
    jobs: Jobs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(DbosRunner):
        failures: ClassVar[list[Exception]] = []

        def holders(self) -> frozenset[str]:
            if self.failures:
                raise self.failures.pop()
            return super().holders()

        def recover(self, executor_ids: object) -> None:
            raise Unavailable

    runner = Failing(jobs.engine.url)
    options = WorkerOptions(
        engines=(), lease_seconds=0.6, drain_seconds=1, scratch=tmp_path, version="1"
    )
    worker = Worker(jobs, options, runner=runner)
    worker.start()
    with caplog.at_level(logging.WARNING):
        runner.failures += [Unavailable(), RuntimeError("unforeseen")]
        until(lambda: not runner.failures)
        time.sleep(0.2)
        assert worker.drain()
    assert "could not be renewed" in caplog.text
    assert "unforeseen" in caplog.text
    assert "the lease ends by itself" in caplog.text
    assert len(jobs.workers()) == 1


def test_each_engine_has_slots_of_its_own() -> None:
    options = WorkerOptions(engines=("a", "b"), concurrency=3, scratch=Path(), version="1")
    assert options.slots == {
        "prepare": 2,
        "audio": 2,
        "characters": 1,
        "render.a": 3,
        "render.b": 3,
    }
