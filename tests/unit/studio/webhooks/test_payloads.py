import json

import pytest
from webhook_stage import START, job_of

from talkies.jobs.records import Status
from talkies.studio.webhooks.payloads import minimal_payload


def test_the_body_says_which_job_and_how_it_ended_and_not_what_was_asked() -> None:
    job = job_of(user_id="u1", external_id="order-7", result={"video": "https://signed"})
    payload = minimal_payload(job, "job.succeeded")
    text = json.dumps(payload)
    assert payload["type"] == "job.succeeded"
    assert payload["data"]["job"]["id"] == "job_1"
    assert payload["data"]["job"]["metadata"] == {"order": 7}
    assert "what was said" not in text
    assert "https://" not in text


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
