import logging
import threading
import time

import pytest
from job_room import Script, new_job

from talkies.errors import Canceled, DeadlineExceeded
from talkies.jobs.attempt import Attempt, Reason, Stopped
from talkies.jobs.attempts import Report
from talkies.jobs.records import Job
from talkies.jobs.rows import job_of, new_row

HOLDER = "att_1"


@pytest.fixture
def attempt() -> Attempt:
    return Attempt(job(), HOLDER, {})


def job() -> Job:
    assert Script().kind().name == "quick"
    return job_of(new_row(new_job("vid_1"), 1, 1))


@pytest.mark.parametrize("reason", Reason)
def test_a_step_knows_whether_another_worker_goes_on(attempt: Attempt, reason: Reason) -> None:
    assert not attempt.goes_on
    attempt.stop(reason)
    assert attempt.goes_on is (reason in {Reason.DRAIN, Reason.LOST})


def test_what_was_said_is_reported_once(attempt: Attempt) -> None:
    assert attempt.report(alive=False) is None
    attempt.progress("fetch", 0.1, 5.0)
    attempt.progress("render", 0.2, 4.0)
    attempt.progress("render", 0.3, 3.0)
    assert attempt.report(alive=False) == Report(
        attempt=HOLDER, stages=("fetch", "render"), progress=0.3, eta_seconds=3.0
    )
    assert attempt.report(alive=False) is None
    assert attempt.report(alive=True) == Report(attempt=HOLDER, alive=True, eta_seconds=3.0)


def test_progress_stays_between_where_it_was_and_one(attempt: Attempt) -> None:
    for fraction, reported in ((0.5, 0.5), (0.2, 0.5), (7, 1.0)):
        attempt.progress("render", fraction)
        report = attempt.report(alive=False)
        assert report is not None
        assert report.progress == reported


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (Reason.CANCEL, Canceled),
        (Reason.DEADLINE, DeadlineExceeded),
        (Reason.DRAIN, Canceled),
        (Reason.LOST, Canceled),
    ],
)
def test_a_step_is_told_to_stop_where_it_reports(
    attempt: Attempt, reason: Reason, error: type[Exception]
) -> None:
    attempt.stop(reason)
    with pytest.raises(error):
        attempt.progress("render", 0.1)
    with pytest.raises(Stopped) as caught:
        attempt.next_step()
    assert caught.value.reason is reason
    assert not isinstance(caught.value, Exception)


def test_who_registers_late_is_stopped_at_once(attempt: Attempt) -> None:
    attempt.stop(Reason.CANCEL)
    stopped = threading.Event()
    attempt.on_stop(stopped.set)
    assert stopped.is_set()


def test_everyone_is_stopped_once_though_one_fails(
    attempt: Attempt, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[int] = []

    def fail() -> None:
        raise OSError

    attempt.on_stop(fail)
    attempt.on_stop(lambda: called.append(1))
    with caplog.at_level(logging.ERROR):
        attempt.stop(Reason.DRAIN)
    attempt.stop(Reason.CANCEL)
    assert called == [1]
    assert "could not be stopped" in caplog.text


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        (Reason.DRAIN, Reason.CANCEL, Reason.CANCEL),
        (Reason.CANCEL, Reason.DRAIN, Reason.CANCEL),
        (Reason.DEADLINE, Reason.LOST, Reason.LOST),
        (Reason.LOST, Reason.CANCEL, Reason.LOST),
    ],
)
def test_the_weightier_reason_stands(
    attempt: Attempt, first: Reason, second: Reason, stands: Reason
) -> None:
    attempt.stop(first)
    attempt.stop(second)
    assert attempt.reason is stands


def test_a_warning_is_kept_once(attempt: Attempt) -> None:
    attempt.warn("slow", "small", "slow")
    attempt.warn("small", "late")
    assert attempt.record(None, 1.0).warnings == ("slow", "small", "late")


def test_what_an_earlier_step_registered_is_not_called_for_a_later_one(attempt: Attempt) -> None:
    called: list[int] = []
    attempt.on_stop(lambda: called.append(1))
    attempt.warn("old")
    attempt.next_step()
    attempt.stop(Reason.CANCEL)
    assert called == []
    assert attempt.record(None, 1.0).warnings == ()


def test_a_pause_ends_when_it_has_to_stop(attempt: Attempt) -> None:
    attempt.pause(0.0)
    threading.Timer(0.05, attempt.stop, [Reason.DRAIN]).start()
    began = time.monotonic()
    with pytest.raises(Stopped):
        attempt.pause(30.0)
    assert time.monotonic() - began < 15
