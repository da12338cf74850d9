from dataclasses import replace

import pytest
import sqlalchemy as sa
from job_room import Script, TestClock, new_job, output

from talkies.db.engine import reading
from talkies.db.tables import jobs as rows
from talkies.jobs.attempts import MOST_STRIKES, Attempts, Begun, Report
from talkies.jobs.jobs import Jobs
from talkies.jobs.ledger import Ending
from talkies.jobs.queue import Ticket
from talkies.jobs.records import Status


@pytest.fixture
def attempts(jobs: Jobs) -> Attempts:
    return Attempts(jobs.ledger)


@pytest.fixture
def ticket(jobs: Jobs) -> Ticket:
    jobs.accept(new_job("vid_1"))
    return Ticket(job_id="vid_1", run=1, phase=0, queue="prepare", rank=1)


def test_a_begun_job_runs_and_is_held(
    jobs: Jobs, attempts: Attempts, ticket: Ticket, script: Script, clock: TestClock
) -> None:
    begun = attempts.begin(ticket, "a")
    assert begun == Begun(job=jobs.get("vid_1"), go=True)
    job = jobs.get("vid_1")
    assert (job.status, job.waiting, job.attempts) == (Status.RUNNING, False, 1)
    assert job.started_at == job.heartbeat_at == clock.at
    assert script.told[-1] == ("vid_1", "job.started")


def test_a_job_that_is_forgotten_or_gone_on_is_not_begun(
    jobs: Jobs, attempts: Attempts, ticket: Ticket
) -> None:
    assert attempts.begin(replace(ticket, job_id="vid_0"), "a") == Begun(job=None, go=False)
    assert not attempts.begin(replace(ticket, phase=1), "a").go
    assert not attempts.begin(replace(ticket, run=2), "a").go
    jobs.cancel("vid_1")
    assert attempts.begin(ticket, "a") == Begun(job=jobs.get("vid_1"), go=False)


def test_the_second_phase_is_no_new_attempt(
    jobs: Jobs, attempts: Attempts, ticket: Ticket, script: Script
) -> None:
    attempts.begin(ticket, "a")
    assert attempts.advance("vid_1", "a", "render.portrait")
    between = jobs.get("vid_1")
    assert (between.waiting, between.phase, between.queue) == (True, 1, "render.portrait")
    assert between.status is Status.RUNNING
    attempts.begin(replace(ticket, phase=1), "b")
    assert jobs.get("vid_1").attempts == 1
    assert [event for _, event in script.told] == ["job.queued", "job.started"]


def test_a_worker_that_leaves_in_good_order_costs_no_attempt(
    jobs: Jobs, attempts: Attempts, ticket: Ticket
) -> None:
    for token in "abcde":
        attempts.begin(ticket, token)
        assert attempts.release([token])
        assert jobs.get("vid_1").waiting
    attempts.begin(ticket, "f")
    assert jobs.get("vid_1").attempts == 1


def test_a_beginning_that_was_not_heard_to_be_written_is_harmless_to_repeat(
    jobs: Jobs, attempts: Attempts, ticket: Ticket
) -> None:
    for _ in range(MOST_STRIKES + 1):
        assert attempts.begin(ticket, "same").go
    assert jobs.get("vid_1").attempts == 1


def test_a_job_that_kills_its_workers_goes_to_the_dead_letters(
    jobs: Jobs, attempts: Attempts, ticket: Ticket, script: Script
) -> None:
    for number in range(MOST_STRIKES):
        assert attempts.begin(ticket, f"token {number}").go
    assert not attempts.begin(ticket, "last").go
    job = jobs.get("vid_1")
    assert (job.status, job.dead_letter, job.attempts) == (Status.FAILED, True, MOST_STRIKES)
    assert job.error is not None
    assert job.error["code"] == "WORKER_LOST"
    assert job.error["details"] == {"workers": MOST_STRIKES}
    assert script.told[-1] == ("vid_1", "job.failed")


def test_a_job_that_goes_on_between_deaths_is_not_blamed_for_them(
    jobs: Jobs, attempts: Attempts, ticket: Ticket
) -> None:
    for number in range(MOST_STRIKES * 2):
        token = f"token {number}"
        assert attempts.begin(ticket, token).go
        attempts.keep(token, [], {})
    assert jobs.get("vid_1").attempts == MOST_STRIKES * 2


def test_orders_given_meanwhile_are_obeyed_at_the_beginning(
    jobs: Jobs, attempts: Attempts, ticket: Ticket, clock: TestClock
) -> None:
    attempts.begin(ticket, "a")
    jobs.cancel("vid_1")
    # Its worker dies; the next one finds the order.
    begun = attempts.begin(ticket, "b")
    assert (begun.go, jobs.get("vid_1").status) == (False, Status.CANCELED)
    jobs.accept(new_job("vid_2", deadline_at=clock.at + 10))
    clock.at += 10
    assert not attempts.begin(replace(ticket, job_id="vid_2"), "c").go
    late = jobs.get("vid_2")
    assert late.error is not None
    assert (late.status, late.error["code"]) == (Status.FAILED, "DEADLINE_EXCEEDED")


def test_who_lost_a_job_can_change_nothing_of_it(
    jobs: Jobs, attempts: Attempts, ticket: Ticket
) -> None:
    attempts.begin(ticket, "old")
    attempts.begin(ticket, "new")
    before = jobs.get("vid_1")
    attempts.write([Report(attempt="old", stages=("render",), progress=0.9)])
    attempts.keep("old", ["late"], {"seconds": {"fetch": 9}})
    assert not attempts.release(["old"])
    assert not attempts.advance("vid_1", "old", "render.portrait")
    assert attempts.finish("vid_1", "old", Ending(status=Status.SUCCEEDED)) is None
    assert jobs.get("vid_1") == before
    assert set(attempts.orders(["old", "new"])) == {"new"}


def test_a_late_report_does_not_reopen_an_ended_job(
    jobs: Jobs, attempts: Attempts, ticket: Ticket, script: Script
) -> None:
    attempts.begin(ticket, "a")
    ending = Ending(status=Status.SUCCEEDED, result={"a": 1}, outputs=(output(jobs.get("vid_1")),))
    ended = attempts.finish("vid_1", "a", ending)
    assert ended == jobs.get("vid_1")
    told = list(script.told)
    attempts.write([Report(attempt="a", progress=0.5)])
    assert attempts.finish("vid_1", "a", Ending(status=Status.FAILED)) is None
    assert not attempts.begin(ticket, "b").go
    assert jobs.get("vid_1") == ended
    assert (ended.progress, ended.result, ended.eta_seconds) == (1.0, {"a": 1}, None)
    assert script.told == told


def test_progress_never_goes_back(
    jobs: Jobs, attempts: Attempts, ticket: Ticket, clock: TestClock
) -> None:
    attempts.begin(ticket, "a")
    attempts.write([Report(attempt="a", stages=("fetch", "speak"), progress=0.5, eta_seconds=9.0)])
    clock.at += 1_000
    attempts.write([Report(attempt="a", progress=0.4, alive=True)])
    job = jobs.get("vid_1")
    assert (job.progress, job.stage, job.eta_seconds) == (0.5, "speak", 9.0)
    assert (job.heartbeat_at, job.progressed_at) == (clock.at, clock.at - 1_000)
    told = [(event.type, dict(event.data)) for event in jobs.events() if event.type != "status"]
    assert told == [
        ("stage", {"stage": "fetch"}),
        ("stage", {"stage": "speak"}),
        ("progress", {"progress": 0.5, "eta_seconds": 9.0, "stage": "speak"}),
    ]


def test_what_steps_said_is_on_the_record_before_the_end(
    jobs: Jobs, attempts: Attempts, ticket: Ticket
) -> None:
    attempts.begin(ticket, "a")
    attempts.keep("a", ["careful"], {"seconds": {"fetch": 0.1}})
    assert jobs.get("vid_1").warnings == ("careful",)
    attempts.finish("vid_1", "a", Ending(status=Status.FAILED, metrics={"media_seconds": 1.0}))
    ended = jobs.get("vid_1")
    assert ended.warnings == ("careful",)
    assert ended.metrics == {"seconds": {"fetch": 0.1}, "media_seconds": 1.0}


def test_orders_are_read_for_all_at_once(
    jobs: Jobs, attempts: Attempts, ticket: Ticket, clock: TestClock
) -> None:
    attempts.begin(ticket, "a")
    jobs.accept(new_job("vid_2", deadline_at=clock.at + 50))
    attempts.begin(replace(ticket, job_id="vid_2"), "b")
    jobs.cancel("vid_1")
    orders = attempts.orders(["a", "b", "c"])
    assert orders["a"].cancel
    assert (orders["b"].cancel, orders["b"].deadline_at) == (False, clock.at + 50)
    assert set(orders) == {"a", "b"}


def test_no_token_outlives_its_attempt(jobs: Jobs, attempts: Attempts, ticket: Ticket) -> None:
    attempts.begin(ticket, "a")
    attempts.finish("vid_1", "a", Ending(status=Status.CANCELED))
    with reading(jobs.engine) as connection:
        assert connection.execute(sa.select(rows.c.attempt_token)).scalar() is None
