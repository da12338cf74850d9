"""What surrounds every request: its id, its headers, and the last net for failures."""

import asyncio
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from talkies.api.errors import answer, unexpected
from talkies.api.requests import accepted_request_id, state_of
from talkies.errors import InvalidRequest, Unavailable

#: OWASP's advice for an API (REST Security Cheat Sheet); pages set their own policy.
SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Envelope:
    """Gives every request an id, and every answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = accepted_request_id(Headers(scope=scope).get("x-request-id"))
        state = state_of(scope)
        state["request_id"] = request_id

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(message, request_id, state.get("answer_headers", {}))
            await send(message)

        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            # No database keeps it, and no name of ours has it.
            nul = InvalidRequest("The address has a NUL character.")
            await answer(nul, request_id)(scope, receive, sending)
            return
        await self._app(scope, receive, sending)


class LastResort:
    """Catches what nobody else did, and answers it in our shape."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            # Nobody is left to be answered.
            return
        except asyncio.CancelledError:
            if started:
                raise
            # The server stops, and has waited as long as it may for the rest of the request.
            stopping = Unavailable("The server is stopping.", hint="Send the request again.")
            await answer(stopping, state_of(scope)["request_id"])(scope, receive, sending)
        except Exception as error:  # The last net: whatever it is gets our shape.
            if started:
                # The server cuts the connection, so that half an answer does not pass for one.
                raise
            request_id = state_of(scope)["request_id"]
            await unexpected(error, request_id)(scope, receive, sending)


def _dress(message: Message, request_id: str, more: dict[str, str]) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-Id"] = request_id
    for name, value in (SECURITY_HEADERS | more).items():
        headers.setdefault(name, value)
