import pytest

from talkies.errors import InvalidRequest
from talkies.studio.webhooks.events import EVENTS, PING, check_events, wants


def test_no_filter_lets_all_events_through() -> None:
    assert check_events(None) is None
    assert all(wants(None, event) for event in EVENTS)


def test_a_filter_has_one_order_and_no_doubles() -> None:
    events = check_events(["job.failed", "job.started", "job.failed"])
    assert events == ("job.started", "job.failed")
    assert [wants(events, event) for event in EVENTS] == [True, False, True, False]


def test_what_nobody_can_hear_of_is_not_let_through() -> None:
    assert not wants(None, "job.queued")
    assert not wants(None, PING)


@pytest.mark.parametrize(
    "events", [[], ["job.queued"], ["job.started", "video.done"], "job.failed"]
)
def test_a_filter_of_nothing_or_of_unknown_events_is_refused(events: list[str]) -> None:
    with pytest.raises(InvalidRequest, match=r"job\.started, job\.succeeded") as caught:
        check_events(events, "webhook_events")
    (field,) = caught.value.details["fields"]
    assert field["pointer"] == "/webhook_events"
