import threading
import time
from collections.abc import Callable

import pytest
from job_room import until
from webhook_stage import COMMON, SetClock, WebhookStage, job_of

from talkies.errors import Unavailable
from talkies.studio.webhooks.dispatcher import Dispatcher
from talkies.studio.webhooks.lanes import Lane
from talkies.studio.webhooks.leases import Leases
from talkies.studio.webhooks.records import DeliveryStatus, Outcome, Outgoing
from talkies.studio.webhooks.sending import Sender


class ToldSender(Sender):
    """Sends nothing, and says what came of it as it is told."""

    def __init__(self, tell: Callable[[Outgoing], Outcome]) -> None:
        self._tell, self.closed = tell, threading.Event()

    def send(self, outgoing: Outgoing) -> Outcome:
        return self._tell(outgoing)

    def close(self) -> None:
        self.closed.set()


def well(_: Outgoing) -> Outcome:
    return Outcome(at=0, milliseconds=1, http_status=200)


class ShakyLeases(Leases):
    """Leases over a database that goes away now and then."""

    trouble: Exception = Unavailable("The database cannot be reached.")
    claims_to_fail = 0
    settles_to_fail = 0

    def claim(self, lane: Lane = Lane()) -> Outgoing | None:  # noqa: B008 - a constant
        if self.claims_to_fail:
            self.claims_to_fail -= 1
            raise self.trouble
        return super().claim(lane)

    def settle(self, outgoing: Outgoing, outcome: Outcome) -> None:
        if self.settles_to_fail:
            self.settles_to_fail -= 1
            raise self.trouble
        super().settle(outgoing, outcome)


def states(stage: WebhookStage) -> set[DeliveryStatus]:
    return {entry.delivery.status for entry in stage.log()}


def test_all_that_is_due_is_sent_on_the_callers_thread(stage: WebhookStage) -> None:
    for number in range(3):
        stage.happens(job_of(id=f"job_{number}", webhook_url="https://a.test/"))
    dispatcher = Dispatcher(stage.leases(), ToldSender(well))
    assert dispatcher.deliver_due() == 3
    assert dispatcher.deliver_due() == 0
    assert states(stage) == {DeliveryStatus.DELIVERED}


@pytest.mark.parametrize("trouble", [ShakyLeases.trouble, KeyError("a bug")])
def test_a_look_that_fails_is_followed_by_another(
    stage: WebhookStage, clock: SetClock, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    leases = ShakyLeases(stage.engine, stage.audit, common_secret=COMMON, clock=clock)
    leases.trouble = trouble
    leases.claims_to_fail = leases.settles_to_fail = 1
    stage.happens(job_of(webhook_url="https://a.test/"))
    dispatcher = Dispatcher(leases, ToldSender(well), workers=2, poll_seconds=0.01)
    dispatcher.start()
    try:
        until(lambda: leases.claims_to_fail == 0)
        until(lambda: leases.settles_to_fail == 0)
        clock.go_on(60)
        until(lambda: states(stage) == {DeliveryStatus.DELIVERED})
    finally:
        dispatcher.stop()
    assert "could not be read" in caplog.text
    assert "could not be written down" in caplog.text


def test_a_bug_in_one_delivery_does_not_end_the_others(
    stage: WebhookStage, caplog: pytest.LogCaptureFixture
) -> None:
    def tell(outgoing: Outgoing) -> Outcome:
        if "bad" in outgoing.url:
            raise KeyError("a bug")
        return well(outgoing)

    stage.happens(job_of(id="job_1", webhook_url="https://bad.test/"))
    stage.happens(job_of(id="job_2", webhook_url="http://127.1/odd"))
    dispatcher = Dispatcher(stage.leases(), ToldSender(tell), workers=1, poll_seconds=0.01)
    dispatcher.start()
    try:
        until(lambda: DeliveryStatus.DELIVERED in states(stage))
    finally:
        dispatcher.stop()
    assert "could not be sent" in caplog.text
    bad = next(entry for entry in stage.log() if "bad" in entry.delivery.url)
    assert bad.delivery.attempts == 1
    assert bad.attempts[0].error == "This server could not send it."


def test_what_is_being_sent_may_end_before_all_is_cut_off(stage: WebhookStage) -> None:
    begun, sender = threading.Event(), ToldSender(well)

    def slowly(outgoing: Outgoing) -> Outcome:
        begun.set()
        cut = sender.closed.wait(0.3)
        return Outcome(at=0, milliseconds=300, error="cut" if cut else None, http_status=200)

    sender._tell = slowly
    stage.happens(job_of(webhook_url="https://a.test/"))
    dispatcher = Dispatcher(stage.leases(), sender, workers=2, poll_seconds=0.01)
    dispatcher.start()
    assert begun.wait(60)
    dispatcher.stop(seconds=60)
    assert states(stage) == {DeliveryStatus.DELIVERED}
    assert sender.closed.is_set()


def test_what_is_cut_off_is_given_back_and_counts_as_no_try(stage: WebhookStage) -> None:
    begun, sender = threading.Event(), ToldSender(well)

    def hanging(outgoing: Outgoing) -> Outcome:
        begun.set()
        sender.closed.wait(60)
        return Outcome(at=0, milliseconds=1, error="The exchange was cut off.")

    sender._tell = hanging
    stage.happens(job_of(webhook_url="https://a.test/"))
    dispatcher = Dispatcher(stage.leases(), sender, workers=2, poll_seconds=0.01)
    dispatcher.start()
    assert begun.wait(60)
    began = time.monotonic()
    dispatcher.stop(seconds=0.4)
    assert time.monotonic() - began < 10
    (entry,) = stage.log()
    assert (entry.delivery.status, entry.attempts) == (DeliveryStatus.PENDING, ())
    assert stage.leases().claim() is not None


def test_a_dispatcher_that_never_began_ends_at_once(stage: WebhookStage) -> None:
    began = time.monotonic()
    Dispatcher(stage.leases(), ToldSender(well)).stop(seconds=60)
    assert time.monotonic() - began < 10
