import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from job_room import MemoryQueue, Script, TestClock, new_job

from talkies.errors import ChildCrashed, StorageUnavailable, Unavailable, UnsupportedMedia
from talkies.jobs.attempt import Reason
from talkies.jobs.attempts import Attempts
from talkies.jobs.execution import Execution
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import Finished, StepContext
from talkies.jobs.queue import Abandoned, Ticket
from talkies.jobs.records import Job, Status
from talkies.jobs.watch import Watch
from talkies.kit.scratch import Scratch


class Checkpoints:
    """What a durable queue keeps of one ticket; `die_after` loses the process at a step."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.die_before_keeping: str | None = None

    def __call__(self, name: str, step: Callable[[], Any]) -> Any:
        if name not in self.kept:
            kept = step()
            if name == self.die_before_keeping:
                raise Abandoned("killed between an effect and its checkpoint")
            self.kept[name] = kept
        return self.kept[name]


class Bench:
    """An execution with all its parts, and the tickets it is given."""

    def __init__(self, jobs: Jobs, queue: MemoryQueue, root: Path, clock: TestClock) -> None:
        self.jobs = jobs
        self.queue = queue
        self.root = root
        self.attempts = Attempts(jobs.ledger)
        self.watch = Watch(self.attempts, clock)
        self.execution = Execution(jobs, self.attempts, Scratch(root), self.watch)
        self.checkpoints: dict[str, Checkpoints] = {}

    def ticket(self, name: str) -> Ticket:
        return self.queue.tickets[name]

    def work(self, name: str) -> Job:
        kept = self.checkpoints.setdefault(name, Checkpoints())
        self.execution.work_off(self.ticket(name), kept)
        return self.jobs.get(name.split(".", maxsplit=1)[0])

    def work_all(self, job_id: str = "vid_1") -> Job:
        self.work(f"{job_id}.1.0")
        return self.work(f"{job_id}.1.1")


@pytest.fixture
def engine(sqlite_engine: sa.Engine) -> sa.Engine:
    return sqlite_engine


@pytest.fixture
def bench(jobs: Jobs, queue: MemoryQueue, tmp_path: Path, clock: TestClock) -> Bench:
    return Bench(jobs, queue, tmp_path / "scratch", clock)


def code(job: Job) -> object:
    assert job.error is not None
    return job.error["code"]


def test_a_job_goes_through_its_phases_to_its_end(bench: Bench, script: Script) -> None:
    seen: list[Any] = []

    def fetch(context: StepContext) -> object:
        context.warn("blurred")
        context.measure(sharpness=0.5)
        return (1, 2)

    def render(context: StepContext) -> object:
        seen.append((context.results["fetch"], context.job.id, context.folder.is_dir()))
        context.warn("slow")
        context.measure(render_seconds=2.0)
        return {"frames": 9}

    script.fetch, script.render = fetch, render
    bench.jobs.accept(new_job("vid_1"))
    between = bench.work("vid_1.1.0")
    assert (between.status, between.waiting, between.phase) == (Status.RUNNING, True, 1)
    assert bench.ticket("vid_1.1.1").queue == "render.portrait"
    job = bench.work("vid_1.1.1")
    # As JSON has it, in this process and in one that reads the checkpoint.
    assert seen == [([1, 2], "vid_1", True)]
    assert job.result == {"fetch": [1, 2], "rarely": 1, "render": {"frames": 9}}
    assert (job.status, job.warnings) == (Status.SUCCEEDED, ("blurred", "slow"))
    assert set(job.metrics["seconds"]) == {"fetch", "rarely", "render"}
    assert (job.metrics["render_seconds"], job.metrics["media_seconds"]) == (2.0, 2.5)
    assert job.metrics["work_seconds"] >= 0
    assert [made.name for made in bench.jobs.outputs("vid_1")] == ["video"]
    assert script.purged == ["vid_1"]
    assert list(bench.root.iterdir()) == []


def test_a_step_that_does_not_apply_is_left_out(bench: Bench, script: Script) -> None:
    script.applies = lambda _: False
    bench.jobs.accept(new_job("vid_1"))
    assert set(bench.work_all().result or {}) == {"fetch", "render"}


def test_a_failure_that_is_final_ends_the_job_at_once(bench: Bench, script: Script) -> None:
    tried: list[int] = []

    def fetch(context: StepContext) -> None:
        tried.append(1)
        raise UnsupportedMedia(
            "No picture.", details={"type": "exe", "path": "/scratch/x"}, hint="Use PNG."
        )

    script.fetch, script.tries = fetch, 3
    bench.jobs.accept(new_job("vid_1"))
    job = bench.work("vid_1.1.0")
    assert job.error == {
        "code": "UNSUPPORTED_MEDIA",
        "message": "No picture.",
        "details": {"type": "exe"},
        "retryable": False,
        "hint": "Use PNG.",
    }
    assert (job.status, job.dead_letter, tried) == (Status.FAILED, False, [1])
    assert "vid_1.1.1" not in bench.queue.tickets
    assert script.purged == ["vid_1"]


def test_a_failure_that_may_pass_is_tried_again(bench: Bench, script: Script) -> None:
    tried: list[int] = []

    def render(context: StepContext) -> str:
        tried.append(1)
        if len(tried) < 3:
            raise ChildCrashed
        return "at last"

    script.render, script.tries = render, 3
    bench.jobs = Jobs(bench.jobs.engine, kinds={"quick": script.kind()}, queue=bench.queue)
    bench.execution = Execution(bench.jobs, bench.attempts, Scratch(bench.root), bench.watch)
    bench.jobs.accept(new_job("vid_1"))
    assert bench.work_all().status is Status.SUCCEEDED
    assert len(tried) == 3


def test_a_failure_that_does_not_pass_goes_to_the_dead_letters(
    bench: Bench, script: Script
) -> None:
    def render(context: StepContext) -> None:
        raise ChildCrashed

    script.render = render
    bench.jobs.accept(new_job("vid_1"))
    job = bench.work_all()
    assert (job.status, job.dead_letter, code(job)) == (Status.FAILED, True, "CHILD_CRASHED")


@pytest.mark.parametrize("result", [object(), float("nan")])
def test_a_failure_that_nobody_foresaw_shows_nothing_of_the_inside(
    bench: Bench, script: Script, caplog: pytest.LogCaptureFixture, result: object
) -> None:
    script.fetch = lambda _: result
    bench.jobs.accept(new_job("vid_1"))
    with caplog.at_level(logging.ERROR):
        job = bench.work("vid_1.1.0")
    assert (job.status, code(job), job.dead_letter) == (Status.FAILED, "INTERNAL", False)
    assert "JSON" not in str(job.error)
    assert "Traceback" in caplog.text


def test_a_kind_that_cannot_finish_fails_the_job(bench: Bench, script: Script) -> None:
    def finish(job: Job, results: object) -> Finished:
        raise KeyError("secret")

    script.finish = finish
    jobs = Jobs(bench.jobs.engine, kinds={"quick": script.kind()}, queue=bench.queue)
    bench.execution = Execution(jobs, bench.attempts, Scratch(bench.root), bench.watch)
    jobs.accept(new_job("vid_1"))
    assert code(bench.work_all()) == "INTERNAL"


def test_finished_steps_do_not_run_again_after_a_death(bench: Bench, script: Script) -> None:
    ran: list[str] = []
    script.fetch = lambda _: ran.append("fetch")
    script.render = lambda _: ran.append("render")
    bench.jobs.accept(new_job("vid_1"))
    bench.checkpoints["vid_1.1.0"] = Checkpoints()
    bench.checkpoints["vid_1.1.0"].die_before_keeping = "rarely"
    with pytest.raises(Abandoned):
        bench.work("vid_1.1.0")
    bench.checkpoints["vid_1.1.0"].die_before_keeping = None
    bench.work_all()
    job = bench.jobs.get("vid_1")
    assert (ran, job.status, job.attempts) == (["fetch", "render"], Status.SUCCEEDED, 2)


def test_what_was_handed_over_is_lined_up_though_the_worker_died(bench: Bench) -> None:
    bench.jobs.accept(new_job("vid_1"))
    bench.work("vid_1.1.0")
    del bench.queue.tickets["vid_1.1.1"]
    # The queue gives the first phase to another worker, as its end was not written.
    bench.work("vid_1.1.0")
    assert bench.ticket("vid_1.1.1").state["results"] == {"fetch": {"bytes": 3}, "rarely": 1}
    assert bench.work("vid_1.1.1").status is Status.SUCCEEDED


def test_without_its_checkpoints_nothing_is_lined_up(bench: Bench) -> None:
    bench.jobs.accept(new_job("vid_1"))
    bench.work("vid_1.1.0")
    bench.checkpoints["vid_1.1.0"] = Checkpoints()
    with pytest.raises(Abandoned):
        bench.work("vid_1.1.0")


def test_a_ticket_of_an_ended_job_only_clears_up(bench: Bench, script: Script) -> None:
    bench.jobs.accept(new_job("vid_1"))
    bench.work_all()
    (bench.root / "vid_1").mkdir(parents=True)
    assert bench.work("vid_1.1.1").status is Status.SUCCEEDED
    assert script.purged == ["vid_1", "vid_1"]
    assert not (bench.root / "vid_1").exists()


def test_a_ticket_of_an_earlier_run_does_nothing(bench: Bench, script: Script) -> None:
    bench.jobs.accept(new_job("vid_1"))
    bench.jobs.cancel("vid_1")
    bench.jobs.retry("vid_1")
    assert bench.work("vid_1.1.0").status is Status.QUEUED
    assert script.purged == []


def test_a_ticket_of_a_forgotten_job_removes_its_scratch(bench: Bench) -> None:
    bench.jobs.accept(new_job("vid_1"))
    ticket = bench.ticket("vid_1.1.0")
    bench.jobs.cancel("vid_1")
    bench.jobs.forget("vid_1")
    (bench.root / "vid_1").mkdir(parents=True)
    bench.execution.work_off(ticket, Checkpoints())
    assert not (bench.root / "vid_1").exists()


def stopping(bench: Bench, reason: Reason) -> Callable[[StepContext], str]:
    """A step that is told to stop by the watch, and says so when it is."""

    def render(context: StepContext) -> str:
        stopped = threading.Event()
        context.on_stop(stopped.set)
        bench.watch.stop_all(reason)
        assert stopped.wait(60)
        context.progress("render", 0.5)
        return "went on"

    return render


def test_a_canceled_step_ends_its_job(bench: Bench, script: Script) -> None:
    script.render = stopping(bench, Reason.CANCEL)
    bench.jobs.accept(new_job("vid_1"))
    job = bench.work_all()
    assert (job.status, job.error, script.purged) == (Status.CANCELED, None, ["vid_1"])


def test_a_step_out_of_time_fails_its_job(bench: Bench, script: Script) -> None:
    script.render = stopping(bench, Reason.DEADLINE)
    bench.jobs.accept(new_job("vid_1"))
    job = bench.work_all()
    assert (job.status, code(job), job.dead_letter) == (
        *(Status.FAILED, "DEADLINE_EXCEEDED"),
        False,
    )


def test_a_step_of_a_draining_worker_goes_back_to_the_queue(bench: Bench, script: Script) -> None:
    script.render = stopping(bench, Reason.DRAIN)
    bench.jobs.accept(new_job("vid_1"))
    with pytest.raises(Abandoned):
        bench.work_all()
    job = bench.jobs.get("vid_1")
    assert (job.status, job.waiting, script.purged) == (Status.RUNNING, True, [])
    assert list(bench.root.iterdir()) == []
    script.render = lambda _: "done"
    assert bench.work("vid_1.1.1").attempts == 1


def test_a_step_whose_job_is_anothers_leaves_it_alone(bench: Bench, script: Script) -> None:
    def render(context: StepContext) -> str:
        bench.attempts.begin(bench.ticket("vid_1.1.1"), "another")
        bench.watch.look()
        context.progress("render", 0.5)
        return "went on"

    script.render = render
    bench.jobs.accept(new_job("vid_1"))
    with pytest.raises(Abandoned):
        bench.work_all()
    assert bench.jobs.get("vid_1").status is Status.RUNNING
    assert script.purged == []


@pytest.mark.parametrize("phase", [0, 1])
def test_an_end_that_comes_too_late_is_not_written(
    bench: Bench, script: Script, phase: int
) -> None:
    def step(context: StepContext) -> str:
        bench.attempts.begin(bench.ticket(f"vid_1.1.{phase}"), "another")
        return "finished"

    if phase == 0:
        script.fetch = step
    else:
        script.render = step
    bench.jobs.accept(new_job("vid_1"))
    with pytest.raises(Abandoned, match="another worker"):
        bench.work_all()
    assert bench.jobs.get("vid_1").status is Status.RUNNING


def test_a_step_told_to_stop_does_not_wait_for_its_next_try(bench: Bench, script: Script) -> None:
    def render(context: StepContext) -> None:
        threading.Timer(0.05, bench.watch.stop_all, [Reason.CANCEL]).start()
        raise ChildCrashed

    script.render, script.tries = render, 2
    kind = script.kind()
    slow = kind.phases[1].steps[0]
    object.__setattr__(slow, "backoff_seconds", 60.0)
    jobs = Jobs(bench.jobs.engine, kinds={"quick": kind}, queue=bench.queue)
    bench.execution = Execution(jobs, bench.attempts, Scratch(bench.root), bench.watch)
    jobs.accept(new_job("vid_1"))
    assert bench.work_all().status is Status.CANCELED


def test_what_cannot_be_purged_does_not_spoil_the_job(
    bench: Bench, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.purge_fails = StorageUnavailable()
    bench.jobs.accept(new_job("vid_1"))
    with caplog.at_level(logging.ERROR):
        assert bench.work_all().status is Status.SUCCEEDED
    assert "could not be removed" in caplog.text


class Outages:
    """Attempts on a database that is out for the first calls of one method."""

    def __init__(self, attempts: Attempts, method: str, times: int) -> None:
        self._attempts = attempts
        self._method = method
        self._left = times

    def __getattr__(self, name: str) -> Any:
        if name == self._method and self._left:
            self._left -= 1
            raise Unavailable
        return getattr(self._attempts, name)


@pytest.mark.parametrize("method", ["begin", "keep", "advance", "finish"])
def test_an_outage_of_the_database_only_delays(bench: Bench, method: str) -> None:
    outages: Any = Outages(bench.attempts, method, 1)
    bench.execution = Execution(bench.jobs, Insistent(outages), Scratch(bench.root), bench.watch)
    bench.jobs.accept(new_job("vid_1"))
    job = bench.work_all()
    assert (job.status, job.attempts) == (Status.SUCCEEDED, 1)


class Insistent:
    """Looks its methods up at each call, as a bound method would not."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            return getattr(self._inner, name)(*arguments)

        return call


def test_a_draining_worker_begins_nothing_and_does_not_wait_for_the_database(
    bench: Bench, script: Script
) -> None:
    bench.jobs.accept(new_job("vid_1"))
    outages: Any = Insistent(Outages(bench.attempts, "begin", 99))
    execution = Execution(bench.jobs, outages, Scratch(bench.root), bench.watch)
    threading.Timer(0.1, bench.watch.drain).start()
    with pytest.raises(Abandoned, match="the database is out"):
        execution.work_off(bench.ticket("vid_1.1.0"), Checkpoints())
    with pytest.raises(Abandoned, match="draining"):
        execution.work_off(bench.ticket("vid_1.1.0"), Checkpoints())
    assert bench.jobs.get("vid_1").status is Status.QUEUED


def test_each_attempt_has_a_private_folder_of_its_own(bench: Bench, script: Script) -> None:
    folders: list[Path] = []

    def fetch(context: StepContext) -> None:
        folders.append(context.folder)
        assert context.folder.stat().st_mode & 0o777 == 0o700
        if len(folders) == 1:
            raise Abandoned("killed")

    script.fetch = fetch
    bench.jobs.accept(new_job("vid_1"))
    with pytest.raises(Abandoned):
        bench.work("vid_1.1.0")
    bench.work("vid_1.1.0")
    assert len(set(folders)) == 2
