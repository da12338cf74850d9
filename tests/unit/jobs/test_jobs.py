import contextlib
import logging
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from job_room import MemoryQueue, Script, TestClock, keep_blob, new_job, output

from talkies.errors import BlobMissing, Conflict, NotFound, QueueFull
from talkies.jobs.attempts import Attempts
from talkies.jobs.jobs import STALLED_AFTER, Jobs, stalled_since
from talkies.jobs.ledger import Ending
from talkies.jobs.queue import PREPARE, Ticket
from talkies.jobs.records import Job, JobQuery, Priority, QueueDepth, Status

HOLDER = "att_1"


def begun(jobs: Jobs, job: Job, token: str = HOLDER) -> Attempts:
    attempts = Attempts(jobs.ledger)
    ticket = Ticket(job_id=job.id, run=job.run, phase=job.phase, queue=job.queue, rank=1)
    assert attempts.begin(ticket, token).go
    return attempts


def finished(jobs: Jobs, job: Job, status: Status = Status.SUCCEEDED) -> Job:
    attempts = begun(jobs, job)
    ending = Ending(status=status, outputs=(output(job),) if status is Status.SUCCEEDED else ())
    assert attempts.finish(job.id, HOLDER, ending) is not None
    return jobs.get(job.id)


def test_an_accepted_job_waits_in_its_first_queue(jobs: Jobs, queue: MemoryQueue) -> None:
    given = new_job(
        "vid_1",
        key_id="key",
        user_id="user",
        external_id="mine",
        metadata={"a": [1, None]},
        webhook_events=("job.succeeded",),
        priority=Priority.HIGH,
    )
    job = jobs.accept(given)
    assert job == jobs.get("vid_1")
    assert (job.status, job.waiting, job.queue, job.run) == (Status.QUEUED, True, PREPARE, 1)
    assert (job.metadata, job.webhook_events) == ({"a": [1, None]}, ("job.succeeded",))
    assert queue.tickets["vid_1.1.0"].rank == 2


def test_a_job_of_an_id_that_is_there_comes_back_as_it_is(jobs: Jobs, script: Script) -> None:
    first = jobs.accept(new_job("vid_1"))
    assert jobs.accept(new_job("vid_1", request={"other": 1})) == first
    assert script.told == [("vid_1", "job.queued")]


def test_an_external_id_is_free_once_for_each_key(jobs: Jobs) -> None:
    jobs.accept(new_job("vid_1", key_id="a", external_id="x"))
    jobs.accept(new_job("vid_2", key_id="b", external_id="x"))
    with pytest.raises(Conflict) as caught:
        jobs.accept(new_job("vid_3", key_id="a", external_id="x"))
    assert caught.value.details == {"external_id": "x"}
    assert jobs.find("x", "a").id == "vid_1"
    with pytest.raises(NotFound):
        jobs.get("vid_3")


def test_of_fifty_at_once_with_one_external_id_one_is_accepted(jobs: Jobs) -> None:
    taken: list[str] = []

    def accept(number: int) -> None:
        with contextlib.suppress(Conflict):
            taken.append(jobs.accept(new_job(f"vid_{number}", key_id="a", external_id="x")).id)

    at_once(accept, 50)
    assert len(taken) == 1
    assert jobs.unfinished() == 1


def test_jobs_without_a_key_share_no_external_ids(jobs: Jobs, clock: TestClock) -> None:
    jobs.accept(new_job("vid_1", external_id="x"))
    clock.at += 1
    jobs.accept(new_job("vid_2", external_id="x"))
    assert jobs.find("x", None).id == "vid_2"
    with pytest.raises(NotFound):
        jobs.find("x", "a")


def test_inputs_are_kept_by_role(jobs: Jobs, engine: sa.Engine) -> None:
    keep_blob(engine, "aa")
    jobs.accept(new_job("vid_1", inputs={"portrait": "aa", "audio": "aa"}))
    assert jobs.inputs("vid_1") == {"portrait": "aa", "audio": "aa"}


def test_an_input_that_went_meanwhile_is_named(jobs: Jobs, script: Script) -> None:
    with pytest.raises(BlobMissing) as caught:
        jobs.accept(new_job("vid_1", inputs={"audio": "bb"}))
    assert caught.value.details == {"role": "audio"}
    assert jobs.list(JobQuery()) == ()
    assert script.told == []


def test_an_observer_can_refuse_and_leaves_nothing(engine: sa.Engine, queue: MemoryQueue) -> None:
    def refuse(connection: sa.Connection, job: Job, event: str) -> None:
        raise QueueFull

    jobs = Jobs(engine, kinds={"quick": Script().kind()}, queue=queue, observers=[refuse])
    with pytest.raises(QueueFull):
        jobs.accept(new_job("vid_1"))
    assert (jobs.list(JobQuery()), jobs.last_event(), queue.tickets) == ((), 0, {})


def test_a_queue_that_is_out_does_not_lose_the_job(
    jobs: Jobs, queue: MemoryQueue, caplog: pytest.LogCaptureFixture
) -> None:
    queue.out = True
    with caplog.at_level(logging.WARNING):
        assert jobs.accept(new_job("vid_1")).status is Status.QUEUED
    assert "vid_1 waits for a sweep" in caplog.text


def test_pages_follow_each_other_newest_first(jobs: Jobs, clock: TestClock) -> None:
    for number in range(5):
        # Two of one moment: the id decides.
        clock.at += number % 2
        jobs.accept(new_job(f"vid_{number}"))
    first = jobs.list(JobQuery(limit=2))
    second = jobs.list(JobQuery(limit=2, after=first[-1].id))
    third = jobs.list(JobQuery(limit=2, after=second[-1].id))
    assert [job.id for job in first + second + third] == [f"vid_{n}" for n in (4, 3, 2, 1, 0)]
    with pytest.raises(NotFound):
        jobs.list(JobQuery(after="vid_9"))


def test_lists_are_narrowed_by_every_field(jobs: Jobs) -> None:
    jobs.accept(new_job("vid_1", key_id="a", user_id="u"))
    jobs.accept(new_job("vid_2", key_id="b", origin="avatar_api"))
    finished(jobs, jobs.get("vid_2"), Status.FAILED)
    for query, ids in {
        JobQuery(key_id="a"): ["vid_1"],
        JobQuery(user_id="u"): ["vid_1"],
        JobQuery(kinds=("quick",), origins=("avatar_api",)): ["vid_2"],
        JobQuery(kinds=("other",)): [],
        JobQuery(statuses=(Status.FAILED, Status.SUCCEEDED)): ["vid_2"],
        JobQuery(dead_letter=False, statuses=(Status.QUEUED,)): ["vid_1"],
        JobQuery(dead_letter=True): [],
    }.items():
        assert [job.id for job in jobs.list(query)] == ids, query


def test_a_waiting_job_is_canceled_at_once(jobs: Jobs, queue: MemoryQueue, script: Script) -> None:
    jobs.accept(new_job("vid_1"))
    canceled = jobs.cancel("vid_1")
    assert (canceled.status, canceled.waiting, canceled.error) == (Status.CANCELED, False, None)
    assert canceled.finished_at is not None
    assert queue.ended == {"vid_1.1.0"}
    assert script.told[-1] == ("vid_1", "job.canceled")
    assert jobs.cancel("vid_1") == canceled
    assert script.purged == []


def test_a_job_that_waits_between_phases_is_canceled_and_purged(
    jobs: Jobs, queue: MemoryQueue, script: Script
) -> None:
    job = jobs.accept(new_job("vid_1"))
    assert begun(jobs, job).advance("vid_1", HOLDER, "render.portrait")
    assert jobs.cancel("vid_1").status is Status.CANCELED
    assert script.purged == ["vid_1"]


def test_a_cancel_stands_though_the_queue_is_out(
    jobs: Jobs, queue: MemoryQueue, caplog: pytest.LogCaptureFixture
) -> None:
    jobs.accept(new_job("vid_1"))
    queue.out = True
    with caplog.at_level(logging.WARNING):
        assert jobs.cancel("vid_1").status is Status.CANCELED
    assert "stays for now" in caplog.text


def test_a_held_job_is_asked_to_stop(jobs: Jobs, clock: TestClock) -> None:
    begun(jobs, jobs.accept(new_job("vid_1")))
    first = jobs.cancel("vid_1")
    assert (first.status, first.cancel_requested_at) == (Status.RUNNING, clock.at)
    clock.at += 5
    assert jobs.cancel("vid_1").cancel_requested_at == first.cancel_requested_at


def test_what_is_not_there_cannot_be_changed(jobs: Jobs) -> None:
    for change in (jobs.cancel, jobs.retry, jobs.forget, jobs.get):
        with pytest.raises(NotFound):
            change("vid_0")


def test_a_failed_job_runs_again_from_the_beginning(
    jobs: Jobs, queue: MemoryQueue, clock: TestClock
) -> None:
    job = jobs.accept(new_job("vid_1", deadline_at=clock.at + 1_000))
    finished(jobs, job, Status.FAILED)
    clock.at += 60_000
    again = jobs.retry("vid_1")
    assert (again.run, again.status, again.attempts) == (2, Status.QUEUED, 0)
    assert (again.error, again.finished_at, again.started_at) == (None, None, None)
    # As much time as it had at first.
    assert again.deadline_at == clock.at + 1_000
    assert "vid_1.2.0" in queue.tickets
    with pytest.raises(Conflict):
        jobs.retry("vid_1")


def test_a_job_that_succeeded_cannot_be_retried(jobs: Jobs) -> None:
    finished(jobs, jobs.accept(new_job("vid_1")))
    with pytest.raises(Conflict, match="succeeded"):
        jobs.retry("vid_1")


def test_a_job_that_ended_can_be_forgotten(jobs: Jobs, queue: MemoryQueue) -> None:
    job = jobs.accept(new_job("vid_1"))
    with pytest.raises(Conflict):
        jobs.forget("vid_1")
    finished(jobs, job)
    assert [made.name for made in jobs.outputs("vid_1")] == ["video"]
    jobs.forget("vid_1")
    assert (jobs.outputs("vid_1"), jobs.events(), queue.tickets) == ((), (), {})


def test_the_position_in_the_queue_counts_those_before(jobs: Jobs, clock: TestClock) -> None:
    for name, priority in (("a", Priority.LOW), ("b", Priority.NORMAL), ("c", Priority.HIGH)):
        clock.at += 1
        jobs.accept(new_job(f"vid_{name}", priority=priority))
    positions = {job.id: jobs.queue_position(job) for job in jobs.list(JobQuery())}
    assert positions == {"vid_c": 1, "vid_b": 2, "vid_a": 3}
    held = jobs.get("vid_c")
    begun(jobs, held)
    assert jobs.queue_position(held) is None
    assert jobs.queue_position(jobs.get("vid_b")) == 1


def test_depths_count_each_queue(jobs: Jobs, clock: TestClock) -> None:
    assert jobs.depths() == ()
    oldest = clock.at
    first = jobs.accept(new_job("vid_1"))
    clock.at += 10
    jobs.accept(new_job("vid_2"))
    jobs.accept(new_job("vid_3"))
    begun(jobs, jobs.get("vid_3"))
    finished(jobs, jobs.accept(new_job("vid_4")))
    begun(jobs, first, "other").advance("vid_1", "other", "render.portrait")
    assert jobs.depths() == (
        QueueDepth(queue=PREPARE, waiting=1, oldest_at=oldest + 10, running=1),
        QueueDepth(queue="render.portrait", waiting=1, oldest_at=oldest, running=0),
    )


def test_unfinished_jobs_are_counted_by_owner(jobs: Jobs) -> None:
    jobs.accept(new_job("vid_1", key_id="a", user_id="u"))
    jobs.accept(new_job("vid_2", key_id="a"))
    finished(jobs, jobs.accept(new_job("vid_3", key_id="a")))
    assert jobs.unfinished() == 2
    assert (jobs.unfinished(key_id="a"), jobs.unfinished(user_id="u")) == (2, 1)
    assert jobs.unfinished(key_id="a", user_id="u") == 1
    assert jobs.unfinished(key_id="b") == 0


def test_events_tell_what_happened_in_order(jobs: Jobs) -> None:
    assert jobs.last_event() == 0
    finished(jobs, jobs.accept(new_job("vid_1", key_id="a")))
    jobs.accept(new_job("vid_2", key_id="b"))
    events = jobs.events()
    assert [event.data["status"] for event in events] == [
        *("queued", "running", "succeeded", "queued")
    ]
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert jobs.last_event() == events[-1].seq
    assert [event.job_id for event in jobs.events(after=events[2].seq)] == ["vid_2"]
    assert {event.job_id for event in jobs.events(job_id="vid_1")} == {"vid_1"}
    assert {event.key_id for event in jobs.events(key_id="b")} == {"b"}
    assert len(jobs.events(limit=2)) == 2


def test_a_reader_of_events_never_misses_one(jobs: Jobs) -> None:
    seen: list[int] = []
    written = threading.Event()

    def read() -> None:
        over = False
        while not over:
            over = written.is_set()
            seen.extend(event.seq for event in jobs.events(after=max(seen, default=0)))

    def write(number: int) -> None:
        for one in range(6):
            jobs.accept(new_job(f"vid_{number}_{one}"))

    reader = threading.Thread(target=read)
    reader.start()
    at_once(write, 6)
    written.set()
    reader.join()
    assert seen == [event.seq for event in jobs.events(limit=1_000)]
    assert len(seen) == 36


def at_once(call: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=call, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_running_job_without_a_sign_of_life_is_stalled(jobs: Jobs, clock: TestClock) -> None:
    job = jobs.accept(new_job("vid_1"))
    assert stalled_since(job, clock.at + STALLED_AFTER * 2) is None
    attempts = begun(jobs, job)
    running = jobs.get("vid_1")
    assert stalled_since(running, clock.at + STALLED_AFTER) is None
    assert stalled_since(running, clock.at + STALLED_AFTER + 1) == clock.at
    attempts.release([HOLDER])
    assert stalled_since(jobs.get("vid_1"), clock.at + STALLED_AFTER * 2) is None


def test_nobody_works_where_no_worker_is(jobs: Jobs) -> None:
    assert jobs.workers() == ()
