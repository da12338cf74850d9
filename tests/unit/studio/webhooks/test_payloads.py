import json

import pytest
from webhook_stage import START, job_of

from talkies.api.v1.job_records import JobRecord
from talkies.jobs.records import Status
from talkies.studio.webhooks.payloads import minimal_payload


def test_the_body_says_which_job_and_how_it_ended_and_not_what_was_asked() -> None:
    facts = {"video": {"seconds": 2.0}, "quality": {"verdict": "good"}}
    job = job_of(user_id="u1", external_id="order-7", result=facts, warnings=("short",))
    payload = minimal_payload(job, "job.succeeded")
    assert payload["type"] == "job.succeeded"
    shown = payload["data"]["job"]
    assert (shown["id"], shown["kind"], shown["status"]) == ("job_1", "video", "succeeded")
    assert (shown["user_id"], shown["external_id"]) == ("u1", "order-7")
    assert shown["metadata"] == {"order": 7}
    assert shown["output"] == {"video": {"seconds": 2.0}}
    assert shown["quality"] == {"verdict": "good"}
    assert shown["warnings"] == ["short"]
    assert "urls" not in shown
    assert "what was said" not in json.dumps(payload)
    assert job.result == facts


def test_where_to_go_from_here_can_be_added() -> None:
    payload = minimal_payload(job_of(), "job.succeeded", urls={"self": "https://a.test/v1/x"})
    assert payload["data"]["job"]["urls"] == {"self": "https://a.test/v1/x"}


def test_a_job_that_failed_has_no_output() -> None:
    job = job_of(status=Status.FAILED, error={"code": "X"}, result={"half": 1})
    shown = minimal_payload(job, "job.failed")["data"]["job"]
    assert shown["output"] is None
    assert shown["error"] == {"code": "X"}


def test_the_names_are_those_of_the_api() -> None:
    shown = minimal_payload(job_of(), "job.succeeded", urls={})["data"]["job"]
    assert shown.keys() <= JobRecord.model_fields.keys()


@pytest.mark.parametrize(
    ("event", "finished", "stamp"),
    [
        ("job.started", None, "2027-01-15T08:00:01.000Z"),
        ("job.failed", START + 2000, "2027-01-15T08:00:02.000Z"),
        ("job.canceled", None, "2027-01-15T08:00:00.000Z"),
    ],
)
def test_the_time_is_that_of_the_event(event: str, finished: int | None, stamp: str) -> None:
    job = job_of(status=Status.FAILED, finished_at=finished, error={"code": "X"})
    payload = minimal_payload(job, event)
    assert payload["timestamp"] == stamp
    assert payload["data"]["job"]["error"] == {"code": "X"}
