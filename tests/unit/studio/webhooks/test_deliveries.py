import pytest
from webhook_stage import ADMIN, BY, SetClock, WebhookStage, job_of, owner

from talkies.errors import Conflict, NotFound
from talkies.studio.webhooks.deliveries import DeliveryQuery
from talkies.studio.webhooks.records import DeliveryStatus, Outcome, Outgoing
from talkies.studio.webhooks.schedule import TRIES


def claimed(stage: WebhookStage) -> Outgoing:
    found = stage.leases().claim()
    assert found
    return found


def fail(stage: WebhookStage, clock: SetClock, status: int = 500) -> None:
    outcome = Outcome(at=clock.at, milliseconds=12, http_status=status, error=f"{status}")
    stage.leases().settle(claimed(stage), outcome)


def test_a_list_is_read_page_by_page_newest_first(stage: WebhookStage, clock: SetClock) -> None:
    for number in range(6):
        clock.go_on(number // 2)  # two at a time at one moment
        stage.happens(job_of(id=f"job_{number}", webhook_url="https://a.test/"))
    whole = stage.deliveries.list(ADMIN, DeliveryQuery())
    assert [d.created_at for d in whole] == sorted((d.created_at for d in whole), reverse=True)
    seen: list[str] = []
    while page := stage.deliveries.list(
        ADMIN, DeliveryQuery(limit=2, after=seen[-1] if seen else None)
    ):
        seen += [delivery.id for delivery in page]
    assert seen == [delivery.id for delivery in whole]
    assert len(set(seen)) == 6
    assert stage.deliveries.list(ADMIN, DeliveryQuery(after="msg_never")) == ()


def test_a_list_can_be_narrowed(stage: WebhookStage) -> None:
    endpoint = stage.add_endpoint(ADMIN).endpoint
    stage.happens(job_of(id="job_1", webhook_url="https://a.test/"))
    stage.happens(job_of(id="job_2"))
    stage.leases().settle(claimed(stage), Outcome(at=0, milliseconds=1, http_status=200))

    def count(**query: object) -> int:
        return len(stage.deliveries.list(ADMIN, DeliveryQuery(**query)))

    assert count() == 3
    assert count(job_id="job_1") == 2
    assert count(endpoint_id=endpoint.id) == 2
    assert count(endpoint_id=endpoint.id, job_id="job_1") == 1
    assert count(status=DeliveryStatus.DELIVERED) == 1
    assert count(status=DeliveryStatus.FAILED) == 0


def test_only_the_owner_sees_a_delivery(stage: WebhookStage) -> None:
    mine = stage.add_key("key_1")
    stage.add_endpoint(ADMIN)
    stage.happens(job_of(key_id="key_1", webhook_url="https://a.test/"))
    (seen,) = stage.deliveries.list(mine, DeliveryQuery())
    assert seen.url == "https://a.test/"
    assert stage.deliveries.get(mine, seen.id).payload["type"] == "job.succeeded"
    assert stage.deliveries.list(owner("key_2"), DeliveryQuery()) == ()
    for attempt in (stage.deliveries.get, stage.deliveries.redeliver):
        for id_ in (seen.id, "msg_nothing"):
            with pytest.raises(NotFound):
                attempt(owner("key_2"), id_)


def test_every_try_is_in_the_log(stage: WebhookStage, clock: SetClock) -> None:
    stage.happens(job_of(webhook_url="https://a.test/"))
    fail(stage, clock)
    clock.go_on(10)
    outcome = Outcome(at=clock.at, milliseconds=15_000, error="not in time " * 100)
    stage.leases().settle(claimed(stage), outcome)
    (entry,) = stage.log()
    first, second = entry.attempts
    assert (first.http_status, first.error, first.milliseconds) == (500, "500", 12)
    assert (second.http_status, second.at) == (None, clock.at)
    assert len(second.error or "") == 300


def test_redelivery_sends_the_same_again_with_all_tries(
    stage: WebhookStage, clock: SetClock
) -> None:
    stage.happens(job_of(webhook_url="https://a.test/"))
    before = stage.log()[0]
    for _ in range(TRIES):
        clock.go_on(100_000)
        fail(stage, clock)
    assert stage.log()[0].delivery.status is DeliveryStatus.FAILED
    again = stage.deliveries.redeliver(ADMIN, before.delivery.id)
    assert (again.status, again.attempts, again.next_at) == (
        DeliveryStatus.PENDING,
        0,
        clock.at,
    )
    sent = claimed(stage)
    assert (sent.id, sent.payload) == (before.delivery.id, before.payload)
    stage.leases().settle(sent, Outcome(at=clock.at, milliseconds=1, http_status=204))
    assert stage.log()[0].delivery.delivered_at == clock.at
    assert len(stage.log()[0].attempts) == TRIES + 1
    delivered_again = stage.deliveries.redeliver(ADMIN, before.delivery.id)
    assert delivered_again.delivered_at is None


def test_what_is_being_sent_is_not_sent_twice_at_once(stage: WebhookStage) -> None:
    stage.happens(job_of(webhook_url="https://a.test/"))
    sending = claimed(stage)
    stage.deliveries.redeliver(ADMIN, sending.id)
    assert stage.leases().claim() is None
    stage.leases().settle(sending, Outcome(at=0, milliseconds=1, http_status=200))
    assert stage.log()[0].delivery.status is DeliveryStatus.DELIVERED


def test_redelivery_goes_to_where_the_endpoint_is_now(stage: WebhookStage) -> None:
    endpoint = stage.add_endpoint(ADMIN, "https://a.test/").endpoint
    stage.happens(job_of())
    stage.leases().settle(claimed(stage), Outcome(at=0, milliseconds=1, http_status=200))
    stage.endpoints.update(ADMIN, endpoint.id, url="https://b.test/", by=BY)
    assert stage.log()[0].delivery.url == "https://a.test/"
    (delivery,) = stage.deliveries.list(ADMIN, DeliveryQuery())
    assert stage.deliveries.redeliver(ADMIN, delivery.id).url == "https://b.test/"


def test_a_ping_is_due_at_once_whatever_the_filter(stage: WebhookStage) -> None:
    endpoint = stage.add_endpoint(ADMIN, "https://a.test/", "job.failed").endpoint
    pings = [stage.deliveries.ping(ADMIN, endpoint.id) for _ in range(2)]
    assert len({ping.id for ping in pings}) == 2
    sent = claimed(stage)
    assert sent.payload["type"] == "webhook.ping"
    assert sent.payload["data"] == {"endpoint": {"id": endpoint.id}}


def test_nothing_is_sent_to_a_disabled_endpoint(stage: WebhookStage) -> None:
    endpoint = stage.add_endpoint(ADMIN).endpoint
    ping = stage.deliveries.ping(ADMIN, endpoint.id)
    stage.endpoints.update(ADMIN, endpoint.id, enabled=False, by=BY)
    with pytest.raises(Conflict):
        stage.deliveries.ping(ADMIN, endpoint.id)
    with pytest.raises(Conflict):
        stage.deliveries.redeliver(ADMIN, ping.id)
