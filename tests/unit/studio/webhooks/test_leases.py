import concurrent.futures

import pytest
from webhook_stage import (
    ADMIN,
    BY,
    COMMON,
    KEY_SECRET,
    OLD_KEY_SECRET,
    START,
    SetClock,
    WebhookStage,
    job_of,
)

from talkies.studio.webhooks.deliveries import DeliveryQuery
from talkies.studio.webhooks.lanes import Lane
from talkies.studio.webhooks.leases import PATIENCE_SECONDS, Leases
from talkies.studio.webhooks.records import DeliveryStatus, Outcome, Outgoing
from talkies.studio.webhooks.schedule import TRIES, WAITS

OK = Outcome(at=START, milliseconds=1, http_status=200)
BAD = Outcome(at=START, milliseconds=1, http_status=500, error="The receiver answered 500.")
GONE = Outcome(at=START, milliseconds=1, http_status=410, error="The receiver answered 410.")


def take(leases: Leases, *avoid: str) -> Outgoing:
    found = leases.claim(Lane(avoid=avoid))
    assert found is not None
    return found


def fill(stage: WebhookStage, *urls: str) -> None:
    for number, url in enumerate(urls):
        stage.happens(job_of(id=f"job_{number}", webhook_url=url))


def test_a_delivery_is_leased_by_one_alone(stage: WebhookStage) -> None:
    fill(stage, "https://a.test/")
    leases = stage.leases()
    assert leases.claim() is not None
    assert leases.claim() is None
    assert stage.leases().claim() is None


def test_many_at_once_lease_each_delivery_once(stage: WebhookStage) -> None:
    fill(stage, *["https://a.test/"] * 20)

    def work(_: int) -> list[str]:
        leases, ids = stage.leases(), []
        while found := leases.claim():
            ids.append(found.id)
        return ids

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        ids = [id_ for found in pool.map(work, range(4)) for id_ in found]
    # On Postgres one may leave early: it looked while another held the next row.
    ids += work(0)
    assert len(ids) == len(set(ids)) == 20


def test_what_is_due_longest_goes_first_and_what_is_not_due_waits(
    stage: WebhookStage, clock: SetClock
) -> None:
    clock.go_on(10)
    fill(stage, "https://late.test/")
    clock.at = START
    stage.happens(job_of(id="job_early", webhook_url="https://early.test/"))
    leases = stage.leases()
    assert take(leases).url == "https://early.test/"
    assert leases.claim() is None
    clock.go_on(10)
    assert take(leases).url == "https://late.test/"


def test_crowded_origins_are_passed_over(stage: WebhookStage) -> None:
    fill(stage, "https://a.test/x", "https://a.test:8443/", "https://a_test/", "https://b.test/")
    leases = stage.leases()
    urls = [take(leases, "https://a.test").url for _ in range(3)]
    assert set(urls) == {"https://a.test:8443/", "https://a_test/", "https://b.test/"}
    assert leases.claim(Lane(avoid=("https://a.test",))) is None
    assert take(leases).url == "https://a.test/x"


def test_a_lane_can_lead_to_some_origins_only(stage: WebhookStage) -> None:
    fill(stage, "https://a.test/", "https://b.test/")
    leases = stage.leases()
    assert leases.claim(Lane(only=())) is None
    assert leases.claim(Lane(only=("https://c.test", "https://b.tes"))) is None
    found = leases.claim(Lane(only=("https://c.test", "https://b.test")))
    assert found is not None
    assert found.url == "https://b.test/"


def test_the_lease_of_a_dead_sender_runs_out(stage: WebhookStage, clock: SetClock) -> None:
    fill(stage, "https://a.test/")
    first = take(stage.leases(lease_seconds=60))
    clock.go_on(59)
    assert stage.leases().claim() is None
    clock.go_on(1)
    second = take(stage.leases())
    assert (second.id, second.payload, second.attempts) == (first.id, first.payload, 0)


def test_what_is_settled_after_the_lease_is_not_written(
    stage: WebhookStage, clock: SetClock
) -> None:
    fill(stage, "https://a.test/")
    leases = stage.leases()
    late = take(leases)
    clock.go_on(60)
    present = take(leases)
    leases.settle(late, GONE)
    assert stage.log()[0].attempts == ()
    leases.settle(present, OK)
    leases.settle(late, BAD)
    leases.release(late)
    (entry,) = stage.log()
    assert entry.delivery.status is DeliveryStatus.DELIVERED
    assert len(entry.attempts) == 1


def test_what_is_given_back_is_due_at_once_and_no_try_is_counted(stage: WebhookStage) -> None:
    fill(stage, "https://a.test/")
    leases = stage.leases()
    leases.release(take(leases))
    assert take(leases).attempts == 0


def test_a_failed_delivery_is_tried_eight_times_and_then_never(
    stage: WebhookStage, clock: SetClock
) -> None:
    fill(stage, "https://a.test/")
    leases = stage.leases()
    for attempt, wait in enumerate(WAITS):
        assert take(leases).attempts == attempt
        clock.go_on(30)  # the lease of 60 s is not yet over
        leases.settle(
            Outgoing(
                id=stage.log()[0].delivery.id,
                endpoint_id=None,
                url="",
                receiver="",
                payload={},
                attempts=attempt,
                leased_until=clock.at + 30_000,
                secrets=(),
            ),
            BAD,
        )
        clock.go_on(wait - 0.001)
        assert leases.claim() is None
        clock.go_on(0.001)
    leases.settle(take(leases), BAD)
    (entry,) = stage.log()
    assert entry.delivery.status is DeliveryStatus.FAILED
    assert entry.delivery.next_at is None
    assert entry.delivery.attempts == len(entry.attempts) == TRIES
    clock.go_on(10**7)
    assert leases.claim() is None


def test_a_receiver_may_ask_to_wait(stage: WebhookStage, clock: SetClock) -> None:
    fill(stage, "https://a.test/")
    leases = stage.leases()
    asked = Outcome(at=START, milliseconds=1, http_status=503, error="busy", retry_after=300)
    leases.settle(take(leases), asked)
    clock.go_on(299)
    assert leases.claim() is None
    clock.go_on(1)
    assert leases.claim() is not None


def test_410_disables_the_endpoint_and_ends_all_that_is_on_its_way(stage: WebhookStage) -> None:
    endpoint = stage.add_endpoint(ADMIN).endpoint
    fill(stage, "https://job.test/")
    stage.happens(job_of(id="job_2"))
    leases = stage.leases()
    leases.settle(take(leases, "https://job.test"), GONE)
    disabled = stage.endpoints.get(ADMIN, endpoint.id)
    assert disabled.disabled_at == START
    assert "410" in (disabled.disabled_reason or "")
    states = {
        (delivery.endpoint_id, delivery.status)
        for delivery in stage.deliveries.list(ADMIN, DeliveryQuery())
    }
    assert states == {(endpoint.id, DeliveryStatus.FAILED), (None, DeliveryStatus.PENDING)}
    entry = stage.audit.list(subject=endpoint.id)[0]
    assert (entry.action, entry.actor) == ("webhook.disable", "webhooks")


def test_410_of_a_jobs_own_address_ends_its_delivery(stage: WebhookStage) -> None:
    fill(stage, "https://job.test/")
    leases = stage.leases()
    leases.settle(take(leases), GONE)
    assert stage.log()[0].delivery.status is DeliveryStatus.FAILED
    assert stage.audit.list() == ()


def fail_for_good(stage: WebhookStage, clock: SetClock, job_id: str) -> None:
    """All tries of one delivery, as fast as they may come: about 23 hours."""
    stage.happens(job_of(id=job_id))
    leases = stage.leases()
    for wait in (*WAITS, 0):
        leases.settle(
            take(leases), Outcome(at=clock.at, milliseconds=1, http_status=500, error="x")
        )
        clock.go_on(wait)


def test_an_endpoint_that_fails_for_three_days_is_disabled(
    stage: WebhookStage, clock: SetClock
) -> None:
    endpoint = stage.add_endpoint(ADMIN).endpoint
    began = clock.at
    for day in range(3):
        fail_for_good(stage, clock, f"job_{day}")
    assert clock.at - began < PATIENCE_SECONDS * 1000
    assert stage.endpoints.get(ADMIN, endpoint.id).disabled_at is None
    fail_for_good(stage, clock, "job_last")
    disabled = stage.endpoints.get(ADMIN, endpoint.id)
    assert disabled.disabled_at is not None
    assert "3 days" in (disabled.disabled_reason or "")


def test_one_success_gives_an_endpoint_another_three_days(
    stage: WebhookStage, clock: SetClock
) -> None:
    endpoint = stage.add_endpoint(ADMIN).endpoint
    for day in range(3):
        fail_for_good(stage, clock, f"job_{day}")
    stage.happens(job_of(id="job_good"))
    leases = stage.leases()
    leases.settle(take(leases), OK)
    clock.go_on(1)
    fail_for_good(stage, clock, "job_last")
    assert stage.endpoints.get(ADMIN, endpoint.id).disabled_at is None


def test_a_rare_failure_among_no_tries_is_no_reason(stage: WebhookStage, clock: SetClock) -> None:
    endpoint = stage.add_endpoint(ADMIN).endpoint
    fail_for_good(stage, clock, "job_1")
    assert stage.endpoints.get(ADMIN, endpoint.id).disabled_at is None


@pytest.mark.parametrize(
    ("key_id", "until", "secrets"),
    [
        ("key_1", None, (KEY_SECRET,)),
        ("key_1", START + 1, (KEY_SECRET, OLD_KEY_SECRET)),
        ("key_1", START, (KEY_SECRET,)),
        (None, None, (COMMON,)),
        ("key_gone", None, (COMMON,)),
    ],
)
def test_a_jobs_own_address_gets_the_signature_of_its_key(
    stage: WebhookStage, key_id: str | None, until: int | None, secrets: tuple[str, ...]
) -> None:
    stage.add_key(
        "key_1",
        previous_webhook_secret=OLD_KEY_SECRET,
        previous_webhook_secret_expires_at=until,
    )
    stage.happens(job_of(key_id=key_id, webhook_url="https://a.test/"))
    assert take(stage.leases()).secrets == secrets


def test_a_delivery_that_was_deleted_meanwhile_stays_so(stage: WebhookStage) -> None:
    endpoint = stage.add_endpoint(ADMIN).endpoint
    stage.happens(job_of())
    leases = stage.leases()
    sending = take(leases)
    stage.endpoints.delete(ADMIN, endpoint.id, by=BY)
    leases.settle(sending, OK)
    leases.release(sending)
    assert stage.log() == []
