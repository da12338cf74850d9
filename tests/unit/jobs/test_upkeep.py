import logging
from dataclasses import replace

import pytest
import sqlalchemy as sa
from job_room import MemoryQueue, Script, TestClock, new_job

from talkies.db.engine import reading
from talkies.db.tables import jobs as rows
from talkies.jobs.attempts import Attempts, Report
from talkies.jobs.jobs import Jobs
from talkies.jobs.ledger import Ending
from talkies.jobs.queue import Ticket
from talkies.jobs.records import Job, Status
from talkies.jobs.upkeep import LOST_AFTER, PAGE, SILENT_AFTER, TICKETS_KEPT, Upkeep


@pytest.fixture
def upkeep(jobs: Jobs) -> Upkeep:
    return Upkeep(jobs)


@pytest.fixture
def attempts(jobs: Jobs) -> Attempts:
    return Attempts(jobs.ledger)


TICKET = Ticket(job_id="vid_1", run=1, phase=0, queue="prepare", rank=1)


def enqueued_at(jobs: Jobs) -> int | None:
    with reading(jobs.engine) as connection:
        found = connection.execute(sa.select(rows.c.enqueued_at)).scalar()
        return None if found is None else int(found)


def test_a_job_that_never_came_into_the_queue_does(
    jobs: Jobs,
    upkeep: Upkeep,
    queue: MemoryQueue,
    clock: TestClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue.out = True
    jobs.accept(new_job("vid_1"))
    queue.out = False
    upkeep.sweep()
    # Its own process may still do it.
    assert queue.tickets == {}
    clock.at += LOST_AFTER + 1
    with caplog.at_level(logging.WARNING):
        upkeep.sweep()
    assert "vid_1.1.0" in queue.tickets
    assert "vid_1 had not come" in caplog.text
    assert enqueued_at(jobs) == clock.at


def test_a_job_that_is_in_the_queue_is_looked_for_once(
    jobs: Jobs, upkeep: Upkeep, queue: MemoryQueue, clock: TestClock
) -> None:
    jobs.accept(new_job("vid_1"))
    clock.at += LOST_AFTER + 1
    upkeep.sweep()
    assert enqueued_at(jobs) == clock.at
    queue.out = True
    upkeep.sweep()


def test_a_job_between_two_phases_is_left_to_who_hands_it_over(
    jobs: Jobs, upkeep: Upkeep, attempts: Attempts, queue: MemoryQueue, clock: TestClock
) -> None:
    jobs.accept(new_job("vid_1"))
    attempts.begin(TICKET, "a")
    attempts.advance("vid_1", "a", "render.portrait")
    clock.at += LOST_AFTER + 1
    upkeep.sweep()
    assert (set(queue.tickets), enqueued_at(jobs)) == ({"vid_1.1.0"}, None)
    queue.add(replace(TICKET, phase=1))
    upkeep.sweep()
    assert enqueued_at(jobs) == clock.at


def test_a_job_whose_time_is_over_while_it_waits_fails(
    jobs: Jobs, upkeep: Upkeep, queue: MemoryQueue, script: Script, clock: TestClock
) -> None:
    jobs.accept(new_job("vid_1", deadline_at=clock.at + 10))
    jobs.accept(new_job("vid_2", deadline_at=clock.at + 11))
    clock.at += 10
    upkeep.sweep()
    late = jobs.get("vid_1")
    assert late.error is not None
    assert (late.status, late.error["code"]) == (Status.FAILED, "DEADLINE_EXCEEDED")
    assert queue.ended == {"vid_1.1.0"}
    assert script.told[-1] == ("vid_1", "job.failed")
    assert jobs.get("vid_2").status is Status.QUEUED


def test_a_job_that_began_meanwhile_is_its_workers(
    jobs: Jobs, attempts: Attempts, clock: TestClock
) -> None:
    class Overtaken(Upkeep):
        """Between its look at the rows and its change of them, a worker takes the job."""

        def _waiting(self, *which: sa.ColumnElement[bool]) -> list[Job]:
            found = super()._waiting(*which)
            if clock.at >= deadline and "deadline_at" in str(which[0]):
                clock.at -= 10
                attempts.begin(TICKET, "a")
                clock.at += 10
            return found

    deadline = clock.at + 10
    jobs.accept(new_job("vid_1", deadline_at=deadline))
    clock.at += 10
    Overtaken(jobs).sweep()
    assert jobs.get("vid_1").status is Status.RUNNING


def test_a_job_that_the_queue_has_lost_begins_again(
    jobs: Jobs,
    upkeep: Upkeep,
    attempts: Attempts,
    queue: MemoryQueue,
    clock: TestClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    jobs.accept(new_job("vid_1"))
    attempts.begin(TICKET, "a")
    attempts.write([Report(attempt="a", stages=("render",), progress=0.4)])
    queue.held.add("vid_1.1.0")
    clock.at += SILENT_AFTER + 1
    upkeep.reconcile()
    assert jobs.get("vid_1").run == 1
    queue.tickets.clear()
    with caplog.at_level(logging.ERROR):
        upkeep.reconcile()
    lost = jobs.get("vid_1")
    assert (lost.run, lost.waiting, lost.phase, lost.progress) == (2, True, 0, 0.4)
    assert "the queue has lost job vid_1" in caplog.text
    assert attempts.begin(replace(TICKET, run=2), "b").go
    # As if its worker had died: a job that breaks the queue is given up like any other.
    assert jobs.get("vid_1").attempts == 2


def test_a_waiting_job_that_the_queue_has_lost_begins_again(
    jobs: Jobs, upkeep: Upkeep, queue: MemoryQueue, clock: TestClock
) -> None:
    jobs.accept(new_job("vid_1"))
    queue.withdraw(["vid_1.1.0"])
    upkeep.reconcile()
    assert set(queue.tickets) == {"vid_1.1.0"}
    clock.at += SILENT_AFTER + 1
    upkeep.reconcile()
    assert "vid_1.2.0" in queue.tickets
    upkeep.reconcile()
    assert jobs.get("vid_1").run == 2


def test_a_job_that_was_just_handed_over_is_not_taken_for_lost(
    jobs: Jobs, upkeep: Upkeep, attempts: Attempts, clock: TestClock
) -> None:
    jobs.accept(new_job("vid_1"))
    clock.at += SILENT_AFTER + 1
    attempts.begin(TICKET, "a")
    attempts.advance("vid_1", "a", "render.portrait")
    # Whoever did the phase adds the ticket of the next one a moment later.
    upkeep.reconcile()
    assert (jobs.get("vid_1").run, jobs.get("vid_1").phase) == (1, 1)
    clock.at += SILENT_AFTER + 1
    upkeep.reconcile()
    assert (jobs.get("vid_1").run, jobs.get("vid_1").phase) == (2, 0)


def test_a_job_that_moved_is_not_restarted(
    jobs: Jobs, attempts: Attempts, queue: MemoryQueue
) -> None:
    before = jobs.accept(new_job("vid_1"))
    attempts.begin(TICKET, "a")
    attempts.finish("vid_1", "a", Ending(status=Status.SUCCEEDED))
    jobs.restart(before)
    assert jobs.get("vid_1").status is Status.SUCCEEDED
    assert set(queue.tickets) == {"vid_1.1.0"}


def test_old_tickets_go(
    jobs: Jobs, upkeep: Upkeep, attempts: Attempts, queue: MemoryQueue, clock: TestClock
) -> None:
    for name in ("vid_1", "vid_2"):
        jobs.accept(new_job(name))
        attempts.begin(replace(TICKET, job_id=name), name)
    attempts.finish("vid_1", "vid_1", Ending(status=Status.SUCCEEDED))
    extra = [replace(TICKET, job_id=f"old_{number}") for number in range(PAGE)]
    for ticket in extra:
        queue.add(ticket)
    queue.withdraw([ticket.id for ticket in extra])
    queue.withdraw(["vid_1.1.0"])
    clock.at += TICKETS_KEPT + 1
    upkeep.tidy()
    assert set(queue.tickets) == {"vid_2.1.0"}
