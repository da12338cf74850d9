"""One try of one delivery: signed, sent, and what the receiver said."""

import contextlib
import json
import time
from typing import Final

from talkies.errors import FetchFailed, MediaTooLarge, UnsafeAddress
from talkies.kit.clock import Clock, now
from talkies.net.client import Answer, GuardedClient, Request
from talkies.studio.webhooks.records import Outcome, Outgoing
from talkies.studio.webhooks.schedule import read_retry_after
from talkies.studio.webhooks.signing import signed_headers

#: Seconds a receiver has for everything (Standard Webhooks: 15 to 30).
SECONDS: Final = 15.0

#: Bytes of an answer that are read, so that receivers see it taken; then they are dropped.
ANSWER_BYTES: Final = 1024

#: Statuses whose `Retry-After` means something.
ASKS_TO_WAIT: Final = frozenset({429, 503})


class Sender:
    """Posts deliveries through a client of its own, which `close` cuts off."""

    def __init__(
        self, client: GuardedClient, *, seconds: float = SECONDS, clock: Clock = now
    ) -> None:
        self._client, self._seconds, self._clock = client, seconds, clock

    def send(self, outgoing: Outgoing) -> Outcome:
        """Try once. Redirects are not followed: the signed address is the one that was named."""
        at, began = self._clock(), time.monotonic()
        body = json.dumps(outgoing.payload, ensure_ascii=False, separators=(",", ":"))
        headers = signed_headers(outgoing.id, body, outgoing.secrets, at=at)
        request = Request(
            method="POST",
            url=outgoing.url,
            headers={"content-type": "application/json", **headers},
            body=body.encode(),
            seconds=self._seconds,
        )
        status, error, retry_after = self._post(request, at)
        return Outcome(
            at=at,
            milliseconds=round((time.monotonic() - began) * 1000),
            http_status=status,
            error=error,
            retry_after=retry_after,
        )

    def close(self) -> None:
        """Cut off what is being sent."""
        self._client.close()

    def _post(self, request: Request, at: int) -> tuple[int | None, str | None, float | None]:
        status, wait = 0, None
        try:
            with self._client.open(request) as answer:
                status = answer.status
                wait = answer.headers.get("retry-after") if status in ASKS_TO_WAIT else None
                _drop(answer)
        except (FetchFailed, UnsafeAddress) as failure:
            if not status:  # else the body broke off, which nobody wanted
                return None, failure.message, None
        return status, _complaint(status), read_retry_after(wait, at)


def _drop(answer: Answer) -> None:
    """Take the body; the status has said it all, so nothing is too large or wrong in it."""
    with contextlib.suppress(FetchFailed, MediaTooLarge):
        for _ in answer.parts(ANSWER_BYTES):
            pass


def _complaint(status: int) -> str | None:
    if 200 <= status < 300:  # noqa: PLR2004 - success
        return None
    if 300 <= status < 400:  # noqa: PLR2004 - redirection
        return f"The receiver answered {status}; redirects are not followed."
    return f"The receiver answered {status}."
