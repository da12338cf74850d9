import pytest
import sqlalchemy as sa
from webhook_stage import ADMIN, BY, START, WebhookStage, job_of

from talkies.db.engine import writing
from talkies.db.tables import webhook_deliveries
from talkies.jobs.records import Document, Job
from talkies.studio.webhooks.outbox import delivery_id
from talkies.studio.webhooks.records import DeliveryStatus

URL = "https://hooks.test/job"


def test_one_delivery_is_written_for_every_receiver(stage: WebhookStage) -> None:
    one, other = stage.add_key("key_1"), stage.add_key("key_2")
    mine = stage.add_endpoint(one, "https://hooks.test/mine").endpoint
    stage.add_endpoint(other, "https://hooks.test/theirs")
    everyones = stage.add_endpoint(ADMIN, "https://hooks.test/all").endpoint
    stage.happens(job_of(key_id="key_1", webhook_url=URL))
    log = {entry.delivery.url: entry for entry in stage.log()}
    assert set(log) == {mine.url, everyones.url, URL}
    assert log[mine.url].delivery.endpoint_id == mine.id
    assert log[mine.url].delivery.key_id == log[URL].delivery.key_id == "key_1"
    assert log[everyones.url].delivery.key_id is None
    assert log[URL].delivery.endpoint_id is None
    for entry in log.values():
        assert entry.delivery.status is DeliveryStatus.PENDING
        assert (entry.delivery.next_at, entry.delivery.attempts) == (START, 0)
        assert entry.payload["data"]["job"]["id"] == "job_1"


def test_the_same_change_seen_twice_is_one_delivery(stage: WebhookStage) -> None:
    stage.add_endpoint(ADMIN)
    job = job_of(webhook_url=URL)
    for _ in range(3):
        stage.happens(job)
    assert len(stage.log()) == 2
    stage.happens(job, "job.started")
    assert len(stage.log()) == 4
    stage.happens(job_of(webhook_url=URL, run=2))
    assert len(stage.log()) == 6
    assert len({delivery_id(job, "job.failed", receiver) for receiver in ("job", "whe_1")}) == 2


def test_the_delivery_comes_and_goes_with_the_change(stage: WebhookStage) -> None:
    stage.add_endpoint(ADMIN)
    with writing(stage.engine) as connection:
        stage.outbox.observer(connection, job_of(), "job.succeeded")
        connection.rollback()  # as when the change itself fails
    assert stage.log() == []
    stage.happens(job_of())
    assert len(stage.log()) == 1


def test_filters_hold_back_what_nobody_wants(stage: WebhookStage) -> None:
    stage.add_endpoint(ADMIN, "https://hooks.test/a", "job.failed")
    job = job_of(webhook_url=URL, webhook_events=("job.started",))
    for event in ("job.queued", "job.started", "job.succeeded", "job.failed", "job.canceled"):
        stage.happens(job, event)
    heard = {(entry.delivery.url, entry.delivery.event) for entry in stage.log()}
    assert heard == {("https://hooks.test/a", "job.failed"), (URL, "job.started")}


def test_nobody_hears_through_a_disabled_endpoint_or_a_revoked_key(stage: WebhookStage) -> None:
    revoked = stage.add_key("key_1", revoked_at=START)
    stage.add_endpoint(revoked)
    disabled = stage.add_endpoint(ADMIN).endpoint
    stage.endpoints.update(ADMIN, disabled.id, enabled=False, by=BY)
    stage.happens(job_of(key_id="key_1"))
    assert stage.log() == []


def test_jobs_of_no_key_are_heard_by_the_endpoints_of_no_key(stage: WebhookStage) -> None:
    stage.add_endpoint(stage.add_key("key_1"), "https://hooks.test/key")
    stage.add_endpoint(ADMIN, "https://hooks.test/all")
    stage.happens(job_of())
    assert [entry.delivery.url for entry in stage.log()] == ["https://hooks.test/all"]


def test_each_origin_writes_its_own_body(stage: WebhookStage) -> None:
    stage.payloads = {"seed": lambda job, event: {"job_id": job.id, "status": event}}
    stage.happens(job_of(origin="seed", webhook_url=URL))
    (entry,) = stage.log()
    assert entry.payload == {"job_id": "job_1", "status": "job.succeeded"}


def test_endpoints_hear_of_all_origins_in_one_way(stage: WebhookStage) -> None:
    stage.payloads = {"seed": lambda job, event: {"job_id": job.id}}
    endpoint = stage.add_endpoint(ADMIN).endpoint
    stage.happens(job_of(origin="seed", webhook_url=URL))
    bodies = {entry.delivery.endpoint_id: entry.payload for entry in stage.log()}
    assert bodies[None] == {"job_id": "job_1"}
    assert bodies[endpoint.id]["data"]["job"]["id"] == "job_1"


def test_a_bug_in_a_body_does_not_keep_a_job_from_ending(
    stage: WebhookStage, caplog: pytest.LogCaptureFixture
) -> None:
    def build(job: Job, event: str) -> Document:
        raise KeyError("a bug")

    stage.payloads = {"v1": build}
    stage.happens(job_of(webhook_url=URL))
    (entry,) = stage.log()
    assert entry.payload["data"]["job"]["status"] == "succeeded"
    assert "job_1" in caplog.text


def test_addresses_are_kept_in_one_spelling_and_odd_ones_as_they_are(stage: WebhookStage) -> None:
    stage.happens(job_of(id="job_1", webhook_url="HTTPS://Hooks.Test:443#x"))
    stage.happens(job_of(id="job_2", webhook_url="http://127.1/"))
    assert {entry.delivery.url for entry in stage.log()} == {
        "https://hooks.test/",
        "http://127.1/",
    }


def test_nothing_is_written_where_nobody_listens(stage: WebhookStage) -> None:
    stage.happens(job_of(webhook_url=""))
    with stage.engine.connect() as connection:
        count = sa.select(sa.func.count()).select_from(webhook_deliveries)
        assert connection.execute(count).scalar_one() == 0
