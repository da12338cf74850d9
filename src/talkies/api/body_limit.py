"""How many bytes of a body are taken: counted as they arrive, whatever the headers say."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from talkies.api.errors import answer
from talkies.api.requests import state_of
from talkies.errors import MalformedBody, MediaTooLarge, TalkiesError

#: Seconds for which the rest of a body that is not wanted is read and thrown away. A client that is
#: still sending reads no answer, and a connection that is closed on it loses the answer too
#: (RFC 9112, 9.6).
LINGER_SECONDS: Final = 5.0

#: Seconds without a byte of an unfinished body after which it is given up, as nginx does.
SILENCE_SECONDS: Final = 60.0


@dataclass(slots=True)
class BodyBudget:
    """What one request may send; a route that takes files raises `limit` before it reads."""

    limit: int
    #: What `Content-Length` says, if anything.
    announced: int | None
    received: int = 0
    #: Whether the client has sent all of it, or has left.
    ended: bool = False

    def require(self, received: int) -> None:
        """Raise `MediaTooLarge` where that is more than the limit."""
        if received > self.limit:
            raise MediaTooLarge(
                f"The body is larger than {self.limit:,} bytes.",
                details={"max_bytes": self.limit},
            )

    def allow(self, limit: int) -> None:
        """Take more, or less, than is usual; raises where more is announced already."""
        self.limit = limit
        self.require(max(self.received, self.announced or 0))


def budget_of(scope: Scope) -> BodyBudget:
    """The budget that `BodyLimit` gave the request."""
    budget = state_of(scope)["body"]
    if not isinstance(budget, BodyBudget):
        raise TypeError(budget)
    return budget


class BodyLimit:
    """Counts every body; over the limit the reader gets `MediaTooLarge`, the client a 413."""

    def __init__(
        self, app: ASGIApp, usual_bytes: int, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        self._app = app
        self._usual_bytes = usual_bytes
        self._silence_seconds = silence_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        budget = BodyBudget(self._usual_bytes, _announced(headers))
        state_of(scope)["body"] = budget
        if "content-length" in headers and "transfer-encoding" in headers:
            # What follows on the connection may be smuggled (RFC 9112, 6.3).
            refusal = MalformedBody("The request has two lengths.")
            await self._refuse(refusal, scope, receive, send, {"Connection": "close"})
            return
        has_body = bool(budget.announced) or "transfer-encoding" in headers
        # Who waits for 100 Continue sends nothing before it.
        sends_on = has_body and "expect" not in headers
        lingering = _Lingering(receive, send, awaits_more=sends_on, patience=self._silence_seconds)

        async def counting() -> Message:
            if budget.announced is not None:
                budget.require(budget.announced)
            message = await lingering.receive()
            budget.received += len(message.get("body", b""))
            budget.require(budget.received)
            return message

        try:
            await self._app(scope, counting, lingering.send)
        except (MalformedBody, MediaTooLarge) as error:
            # Raised where no handler of the application stood around the reading.
            if lingering.started:
                raise
            await self._refuse(error, scope, receive, lingering.send)

    async def _refuse(
        self,
        error: TalkiesError,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        refusal = answer(error, str(state_of(scope).get("request_id", "")), headers)
        await refusal(scope, receive, send)


class _Lingering:
    """Passes all on; the answer of a failure ends only when the client has stopped sending."""

    def __init__(self, receive: Receive, send: Send, *, awaits_more: bool, patience: float) -> None:
        self._receive, self._send = receive, send
        self._patience = patience
        #: Whether more of the body is to come.
        self._awaits_more = awaits_more
        self._failed = False
        self.started = False

    async def receive(self) -> Message:
        try:
            async with asyncio.timeout(self._patience if self._awaits_more else None):
                message = await self._receive()
        except TimeoutError as error:
            self._awaits_more = False
            raise MalformedBody("The body stopped arriving.") from error
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._awaits_more = False
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self._failed = message["status"] >= HTTPStatus.BAD_REQUEST
            if self._failed and self._awaits_more:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
        elif self._failed and self._awaits_more and not message.get("more_body"):
            await self._send({**message, "more_body": True})
            await self._drain()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def _drain(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while self._awaits_more:
                    await self.receive()


def _announced(headers: Headers) -> int | None:
    value = headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() else None
