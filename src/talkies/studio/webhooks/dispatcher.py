"""Sends what is due, on threads of its own."""

import logging
import threading
import time
from typing import Final

from talkies.errors import TalkiesError
from talkies.kit.clock import now
from talkies.studio.webhooks.lanes import Lanes
from talkies.studio.webhooks.leases import Leases
from talkies.studio.webhooks.records import Outcome, Outgoing
from talkies.studio.webhooks.sending import Sender

log = logging.getLogger(__name__)

WORKERS: Final = 8

#: Seconds between two looks at the outbox while nothing is due.
POLL_SECONDS: Final = 0.5

#: An answer that takes longer keeps a worker from the others.
PROMPT_MILLISECONDS: Final = 2_000

#: Seconds until the next look after one that failed, as while the database restarts.
TROUBLE_SECONDS: Final = 2.0


class Dispatcher:
    """A pool of senders over one outbox. Any number of processes may run one each."""

    def __init__(
        self,
        leases: Leases,
        sender: Sender,
        *,
        workers: int = WORKERS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """The `sender` is the dispatcher's own: `stop` cuts it off for good."""
        self._leases, self._sender, self._poll = leases, sender, poll_seconds
        self._lanes = Lanes(workers)
        #: Held by the one worker that looks for something to send.
        self._turn = threading.Lock()
        self._stopping, self._cut, self._woken = (threading.Event() for _ in range(3))
        self._threads = tuple(
            threading.Thread(target=self._work, name=f"talkies-webhooks-{number}", daemon=True)
            for number in range(workers)
        )

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """End within `seconds`: half of it for what is being sent, then that is cut off.

        What was cut off is given back at once and sent again by whoever comes next.
        """
        self._stopping.set()
        self._woken.set()
        end = time.monotonic() + seconds
        self._join(end - seconds / 2)
        self._cut.set()
        self._sender.close()
        self._join(end)

    def deliver_due(self) -> int:
        """Send all that is due, one by one on this thread; returns how many were tried."""
        count = 0
        while outgoing := self._leases.claim():
            self._deliver(outgoing)
            count += 1
        return count

    def _join(self, end: float) -> None:
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while True:
            with self._turn:
                outgoing = self._next()
            if outgoing is None:
                return
            prompt = True
            try:
                prompt = self._deliver(outgoing)
            except TalkiesError as error:  # the lease runs out and the delivery is sent again
                log.warning("the delivery %s could not be written down: %s", outgoing.id, error)
            except Exception:  # a bug in one delivery must not end all others
                log.exception("the delivery %s could not be written down", outgoing.id)
            self._lanes.leave(outgoing.receiver, prompt=prompt)
            self._woken.set()

    def _next(self) -> Outgoing | None:
        """Wait for a delivery that may be sent; None at the end."""
        while True:
            self._woken.clear()
            if self._stopping.is_set():
                return None
            outgoing, pause = self._claim()
            if outgoing is not None:
                self._lanes.enter(outgoing.receiver)
                return outgoing
            self._woken.wait(pause)

    def _claim(self) -> tuple[Outgoing | None, float]:
        """What to send, or nothing and the seconds until the next look."""
        try:
            return self._leases.claim(self._lanes.free()), self._poll
        except TalkiesError as error:
            log.warning("the outbox could not be read: %s", error)
        except Exception:  # whatever it is, later deliveries have to be looked for
            log.exception("the outbox could not be read")
        return None, TROUBLE_SECONDS

    def _deliver(self, outgoing: Outgoing) -> bool:
        """Try once and write it down; returns whether an answer came promptly."""
        outcome = self._send(outgoing)
        if self._cut.is_set() and outcome.http_status is None:
            self._leases.release(outgoing)
        else:
            self._leases.settle(outgoing, outcome)
        return outcome.http_status is not None and outcome.milliseconds < PROMPT_MILLISECONDS

    def _send(self, outgoing: Outgoing) -> Outcome:
        try:
            return self._sender.send(outgoing)
        except Exception:  # a try that fails for a bug counts, so that it is not made for ever
            log.exception("the delivery %s could not be sent", outgoing.id)
            return Outcome(at=now(), milliseconds=0, error="This server could not send it.")
