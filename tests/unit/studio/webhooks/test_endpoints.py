import concurrent.futures

import pytest
from webhook_stage import ADMIN, BY, START, SetClock, WebhookStage, job_of, owner

from talkies.errors import Conflict, Forbidden, InvalidRequest, NotFound, UnsafeAddress
from talkies.net.guard import AddressPolicy
from talkies.studio.access.principal import Principal
from talkies.studio.webhooks.records import DeliveryStatus


def actions(stage: WebhookStage) -> list[tuple[str, str]]:
    return [(entry.action, entry.actor) for entry in reversed(stage.audit.list())]


def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(stage: WebhookStage) -> None:
    key = stage.add_key("key_1")
    issued = stage.endpoints.create(
        key, url="HTTPS://Hooks.test/a#b", events=("job.failed", "job.started"), by=BY
    )
    assert issued.secret.startswith("whsec_")
    endpoint = stage.endpoints.get(key, issued.endpoint.id)
    assert endpoint == issued.endpoint
    assert endpoint.url == "https://hooks.test/a"
    assert endpoint.events == ("job.started", "job.failed")
    assert (endpoint.key_id, endpoint.created_at) == ("key_1", START)
    assert issued.secret not in repr(endpoint)
    assert actions(stage) == [("webhook.create", "tester")]


@pytest.mark.parametrize("key_id", [None, "key_1"])
def test_a_retried_request_gets_the_id_it_had(stage: WebhookStage, key_id: str | None) -> None:
    who = stage.add_key(key_id) if key_id else ADMIN
    stage.most_endpoints = 1
    first, second = (
        stage.endpoints.create(who, url="https://a.test/", events=None, by=BY, endpoint_id="whe_1")
        for _ in range(2)
    )
    assert first.endpoint == second.endpoint
    assert first.endpoint.id == "whe_1"
    assert first.secret != second.secret
    assert stage.endpoints.list(who) == (second.endpoint,)


@pytest.mark.parametrize(
    "url", ["http://a.test/", "https://127.0.0.1/", "https://me@a.test/", "ftp://a.test/", ""]
)
def test_an_address_that_would_not_be_contacted_is_refused_at_once(
    stage: WebhookStage, url: str
) -> None:
    stage.policy = AddressPolicy()
    with pytest.raises(UnsafeAddress):
        stage.add_endpoint(ADMIN, url)
    kept = stage.add_endpoint(ADMIN, "https://a.test/").endpoint
    with pytest.raises(UnsafeAddress):
        stage.endpoints.update(ADMIN, kept.id, url=url, by=BY)
    assert stage.endpoints.get(ADMIN, kept.id) == kept


def test_unknown_events_are_refused(stage: WebhookStage) -> None:
    with pytest.raises(InvalidRequest):
        stage.add_endpoint(ADMIN, "https://a.test/", "job.queued")
    assert stage.endpoints.list(ADMIN) == ()


def test_whoever_is_nobody_makes_none(stage: WebhookStage) -> None:
    nobody = Principal(key_id=None, name="loopback", scopes=frozenset())
    with pytest.raises(Forbidden):
        stage.add_endpoint(nobody)
    stage.add_endpoint(ADMIN)
    assert stage.endpoints.list(nobody) == ()


def test_what_belongs_to_another_key_is_not_there(stage: WebhookStage) -> None:
    mine, other = stage.add_key("key_1"), stage.add_key("key_2")
    endpoint = stage.add_endpoint(mine).endpoint
    endpoints = stage.endpoints
    for attempt in (
        lambda: endpoints.get(other, endpoint.id),
        lambda: endpoints.update(other, endpoint.id, enabled=False, by=BY),
        lambda: endpoints.delete(other, endpoint.id, by=BY),
        lambda: endpoints.rotate_secret(other, endpoint.id, by=BY),
        lambda: stage.deliveries.ping(other, endpoint.id),
        lambda: endpoints.get(mine, "whe_nothing"),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert endpoints.list(other) == ()
    assert endpoints.list(ADMIN) == (endpoint,) == endpoints.list(mine)
    assert actions(stage) == [("webhook.create", "tester")]


def test_a_list_is_read_page_by_page_newest_first(stage: WebhookStage, clock: SetClock) -> None:
    made = []
    for number in range(5):
        clock.go_on(1)
        made.append(stage.add_endpoint(ADMIN, f"https://a.test/{number}").endpoint)
    first = stage.endpoints.list(ADMIN, limit=2)
    rest = stage.endpoints.list(ADMIN, after=first[-1].id)
    assert (*first, *rest) == tuple(reversed(made))


def test_a_key_may_have_so_many_and_no_more(stage: WebhookStage) -> None:
    stage.most_endpoints = 3
    one, other = stage.add_key("key_1"), stage.add_key("key_2")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        tries = [pool.submit(stage.add_endpoint, one, f"https://a.test/{n}") for n in range(6)]
        refused = [done for done in tries if isinstance(done.exception(), Conflict)]
    assert len(refused) == 3
    assert len(stage.endpoints.list(one)) == 3
    assert stage.add_endpoint(other)
    stage.endpoints.delete(one, stage.endpoints.list(one)[0].id, by=BY)
    assert stage.add_endpoint(one)


def test_only_what_is_given_changes(stage: WebhookStage) -> None:
    made = stage.add_endpoint(ADMIN, "https://a.test/", "job.failed").endpoint
    change = stage.endpoints.update
    assert change(ADMIN, made.id, by=BY) == made
    assert change(ADMIN, made.id, url="https://b.test/", by=BY).events == ("job.failed",)
    assert change(ADMIN, made.id, events=("job.started",), by=BY).events == ("job.started",)
    changed = change(ADMIN, made.id, events=None, by=BY)
    assert (changed.url, changed.events) == ("https://b.test/", None)


def test_what_is_on_its_way_follows_a_new_address(stage: WebhookStage) -> None:
    made = stage.add_endpoint(ADMIN, "https://a.test/").endpoint
    stage.happens(job_of())
    stage.endpoints.update(ADMIN, made.id, url="https://b.test/", by=BY)
    assert [entry.delivery.url for entry in stage.log()] == ["https://b.test/"]


def test_disabling_ends_what_is_on_its_way_and_enabling_begins_anew(stage: WebhookStage) -> None:
    made = stage.add_endpoint(ADMIN).endpoint
    stage.happens(job_of())
    disabled = stage.endpoints.update(ADMIN, made.id, enabled=False, by=BY)
    assert (disabled.disabled_at, disabled.disabled_reason) == (START, "Disabled by hand.")
    (entry,) = stage.log()
    assert entry.delivery.status is DeliveryStatus.FAILED
    assert stage.leases().claim() is None
    assert stage.endpoints.update(ADMIN, made.id, enabled=True, by=BY) == made
    stage.happens(job_of(id="job_2"))
    assert stage.leases().claim() is not None


def test_deleting_takes_deliveries_along(stage: WebhookStage) -> None:
    made = stage.add_endpoint(ADMIN).endpoint
    stage.happens(job_of(webhook_url="https://job.test/"))
    stage.endpoints.delete(ADMIN, made.id, by=BY)
    assert [entry.delivery.endpoint_id for entry in stage.log()] == [None]
    assert stage.endpoints.list(ADMIN) == ()
    assert [action for action, _ in actions(stage)] == ["webhook.create", "webhook.delete"]


def test_a_rotated_secret_signs_beside_the_new_one_for_a_day(
    stage: WebhookStage, clock: SetClock
) -> None:
    first = stage.add_endpoint(ADMIN)
    clock.go_on(10)
    second = stage.endpoints.rotate_secret(ADMIN, first.endpoint.id, by=BY)
    assert second.secret != first.secret
    assert second.endpoint.previous_secret_expires_at == clock.at + 86_400_000
    stage.happens(job_of())
    leases = stage.leases(lease_seconds=1)
    claimed = leases.claim()
    assert claimed
    assert claimed.secrets == (second.secret, first.secret)
    clock.go_on(86_401)
    claimed = leases.claim()
    assert claimed
    assert claimed.secrets == (second.secret,)
    third = stage.endpoints.rotate_secret(ADMIN, first.endpoint.id, by=BY)
    clock.go_on(2)
    claimed = leases.claim()
    assert claimed
    assert claimed.secrets == (third.secret, second.secret)


def test_owners_are_told_apart_by_key_and_not_by_name(stage: WebhookStage) -> None:
    stage.add_endpoint(stage.add_key("key_1"))
    assert stage.endpoints.list(owner("key_12")) == ()
