"""Our jobs in the avatar API's four statuses."""

import pytest
from job_book import finished, job

from talkies.api.seeds.avatar_answers import STATUSES, meta, status_answer
from talkies.jobs.records import Job, Status

NOW = 1_700_000_000_000


def told(job: Job) -> dict[str, object]:
    return dict(status_answer(job, NOW).model_dump(mode="json")["data"])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Status.QUEUED, "pending"),
        (Status.RUNNING, "processing"),
        (Status.SUCCEEDED, "completed"),
        (Status.FAILED, "failed"),
        (Status.CANCELED, "failed"),
    ],
)
def test_each_status_of_ours_is_one_of_theirs(ours: Status, theirs: str) -> None:
    assert told(job(status=ours))["status"] == theirs


def test_no_status_is_without_a_word() -> None:
    assert set(STATUSES) == set(Status)


def test_a_job_that_waits() -> None:
    assert told(job()) == {
        "job_id": "vid_1",
        "status": "pending",
        "progress": 0,
        "estimated_completion": None,
        "result_url": None,
        "error": None,
    }


def test_a_job_at_work_says_when_it_will_be_done() -> None:
    at_work = told(job(status=Status.RUNNING, progress=0.426, eta_seconds=61.5))
    assert at_work["progress"] == 42
    assert at_work["estimated_completion"] == "2023-11-14T22:14:21.500Z"


def test_a_hundred_percent_is_a_video_that_is_there() -> None:
    assert told(job(status=Status.RUNNING, progress=1.0))["progress"] == 99
    assert told(finished())["progress"] == 100


def test_a_finished_job_says_where_to_ask_and_expects_nothing() -> None:
    done = told(finished(eta_seconds=3.0))
    assert done["result_url"] == "/result/vid_1"
    assert done["estimated_completion"] is None


def test_a_swept_job_offers_no_result() -> None:
    assert told(finished(swept_at=NOW))["result_url"] is None


def test_a_failed_job_says_why() -> None:
    error = {"code": "FACE_NOT_FOUND", "message": "No face.", "details": {"faces": 0}, "hint": "x"}
    failed = told(job(status=Status.FAILED, error=error))
    assert failed["error"] == {
        "code": "FACE_NOT_FOUND",
        "message": "No face.",
        "details": {"faces": 0},
    }


def test_a_canceled_job_says_that_it_was() -> None:
    error = told(job(status=Status.CANCELED))["error"]
    assert isinstance(error, dict)
    assert error["code"] == "CANCELED"


def test_an_error_of_an_attempt_that_goes_on_is_not_shown() -> None:
    assert told(job(status=Status.RUNNING, error={"code": "X", "message": "y"}))["error"] is None


def test_warnings_of_the_check_come_before_those_of_the_work_and_once() -> None:
    warned = job(request={"seed_options": {"warnings": ["short", "clipped"]}})
    warned = job(request=warned.request, warnings=("clipped", "two faces"))
    assert status_answer(warned, NOW).meta.warnings == ["short", "clipped", "two faces"]


def test_meta_is_empty_where_nothing_is_to_be_said() -> None:
    assert meta().model_dump() == {}
