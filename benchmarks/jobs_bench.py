"""How fast the queue is when it is full, how soon a job is stopped or taken over, and how fair.

On SQLite, in a folder that goes. Ratios are of two measurements of one run.
"""

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from rows import Row, at_most, reported

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))

from job_room import Script, new_job, stop_between_writes, until
from stand_in import Steps
from stand_in import kind as stand_in_kind
from storm import StandIn

from talkies.db import migrate
from talkies.db.engine import connect
from talkies.jobs.dbos_queue import DbosQueue, DbosRunner, prepare
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import JobKind, StepContext
from talkies.jobs.queue import Checkpoint, Ticket
from talkies.jobs.records import JobQuery
from talkies.jobs.worker import Worker, WorkerOptions

#: The full queue, and the one it is compared with.
FULL, FEW = 10_000, 100

#: What the stand-in's log says when a child of the slow step has begun.
CHILD = '"what": "child"'


def rows(*, quick: bool = False) -> Iterator[Row]:
    full = 1_000 if quick else FULL
    yield from _depth(full)
    yield from _stop()
    yield from _takeover()
    yield from _fairness()


def _depth(full: int) -> Iterator[Row]:
    with _jobs(Script().kind()) as (jobs, _):
        _fill(jobs, FEW)
        few = _claim_milliseconds(jobs)
        _fill(jobs, full)
        many = _claim_milliseconds(jobs)
        yield reported("jobs.claim.p50 at 100 queued", few, "ms")
        yield reported(f"jobs.claim.p50 at {full} queued", many, "ms")
        yield at_most(f"jobs.claim.{full} queued to 100", many / few, 5)
        pages = sorted(_milliseconds(lambda: jobs.list(JobQuery())) for _ in range(100))
        yield at_most(f"jobs.list.p95 at {full}", pages[94], 50, "ms")
        accepted = [
            _milliseconds(lambda number=number: jobs.accept(new_job(f"late_{number}", key_id="z")))
            for number in range(100)
        ]
        yield reported(f"jobs.accept.p50 at {full}", statistics.median(accepted), "ms")
        yield reported(f"jobs.depths at {full}", _milliseconds(jobs.depths), "ms")


def _fill(jobs: Jobs, count: int) -> None:
    """Accept jobs without waiting for the disk, which is not what is measured here."""
    engine, queue = connect(jobs.engine.url.render_as_string()), DbosQueue(jobs.engine.url)
    for one in (engine, queue._client._sys_db.engine):  # noqa: SLF001
        sa.event.listen(one, "connect", _hurry)
    hasty = Jobs(engine, kinds=jobs.kinds, queue=queue)
    for number in range(jobs.unfinished(), count):
        hasty.accept(new_job(f"vid_{number:06}", key_id=f"key_{number % 50}"))
    queue.close()
    engine.dispose()


def _hurry(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _claim_milliseconds(jobs: Jobs, count: int = 30) -> float:
    """From a free slot to the next ticket at work, without the wait between two looks."""
    began: list[float] = []
    claimed: list[float] = []
    done = threading.Event()

    def work(_ticket: Ticket, _checkpoint: Checkpoint) -> None:
        claimed.append(time.perf_counter())
        began.append(time.perf_counter())
        if len(claimed) > count:
            runner.stop_claiming()
            done.set()

    runner = DbosRunner(jobs.engine.url, poll_seconds=0.001)
    runner.start("bench", {"prepare": 1}, work)
    done.wait(120)
    runner.stop()
    between = [after - before for before, after in zip(began, claimed[1:], strict=False)]
    return statistics.median(between) * 1000


def _stop() -> Iterator[Row]:
    """A cancel that comes by the database, to a worker that holds the job."""
    children: list[subprocess.Popen[bytes]] = []

    def render(context: StepContext) -> None:
        child = subprocess.Popen(["/bin/sleep", "60"])
        context.on_stop(child.kill)
        children.append(child)
        child.wait()
        context.progress("render", 0.5)

    with _jobs(Script(render=render).kind()) as (jobs, data):
        worker = Worker(jobs, _options(data))
        worker.start()
        seconds = []
        for number in range(5):
            jobs.accept(new_job(f"vid_{number}"))
            until(lambda number=number: len(children) > number, 30)
            began = time.perf_counter()
            jobs.cancel(f"vid_{number}")
            children[number].wait()
            seconds.append(time.perf_counter() - began)
        worker.drain()
    yield at_most("jobs.cancel to child gone, slowest of 5", max(seconds), 2, "s")


def _takeover() -> Iterator[Row]:
    """By lease, as on another machine: the owner is stopped, so that its process still exists."""
    for lease, limit in ((6.0, 10.0), (30.0, 30.0)):
        seconds = _takeover_seconds(lease)
        yield at_most(f"jobs.takeover at a lease of {lease:g} s", seconds, limit, "s")


def _takeover_seconds(lease: float) -> float:
    with tempfile.TemporaryDirectory(prefix="talkies-bench-") as name:
        data = Path(name)
        engine = connect(f"sqlite:///{data}/talkies.db")
        migrate.upgrade(engine)
        prepare(engine.url)
        steps = Steps(data, 0.0)
        jobs = Jobs(engine, kinds={"quick": stand_in_kind(steps)}, queue=DbosQueue(engine.url))
        app = replace(StandIn(), suicide=0.0, lease=lease)
        command = app.command("worker", f"sqlite:///{data}/talkies.db", data, 0)
        workers = [subprocess.Popen(command) for _ in range(2)]
        try:
            until(lambda: len(jobs.workers()) == 2, 60)
            time.sleep(lease / 2)
            jobs.accept(replace(new_job("vid_1"), engine="quick", request={"seconds": 90}))
            log = data / "steps.log"
            until(lambda: CHILD in log.read_text(), 60)
            owner = next(one for one in workers if f'"pid": {one.pid}' in _last(log))
            stop_between_writes(owner.pid, engine.url)
            began = time.perf_counter()
            until(lambda: log.read_text().count(CHILD) == 2, lease * 4)
            return time.perf_counter() - began
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
            jobs.queue.close()
            engine.dispose()


def _last(log: Path) -> str:
    return log.read_text().splitlines()[-1]


def _fairness() -> Iterator[Row]:
    order: list[str] = []
    script = Script(fetch=lambda context: order.append(str(context.job.key_id)))
    with _jobs(script.kind()) as (jobs, data):
        for key, count in (("a", 30), ("b", 3), ("c", 3)):
            for number in range(count):
                jobs.accept(new_job(f"vid_{key}{number}", key_id=key))
        worker = Worker(jobs, replace(_options(data), prepare_concurrency=1))
        worker.start()
        until(lambda: len(order) == 36, 120)
        worker.drain()
    last = max(place for place, key in enumerate(order, 1) if key != "a")
    yield at_most("jobs.fairness last of the minority, 30+3+3", last, 12, "place")


def _options(data: Path) -> WorkerOptions:
    return WorkerOptions(
        engines=("portrait",), drain_seconds=5, scratch=data / "scratch", version="bench"
    )


@contextmanager
def _jobs(kind: JobKind) -> Iterator[tuple[Jobs, Path]]:
    with tempfile.TemporaryDirectory(prefix="talkies-bench-") as name:
        engine = connect(f"sqlite:///{name}/talkies.db")
        migrate.upgrade(engine)
        prepare(engine.url)
        queue = DbosQueue(engine.url)
        try:
            yield Jobs(engine, kinds={"quick": kind}, queue=queue), Path(name)
        finally:
            queue.close()
            engine.dispose()


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    for row in rows(quick="--quick" in sys.argv):
        print(row, flush=True)
