"""What surrounds every request: its id, its headers, the last net for failures, and the watch."""

import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from talkies.api.body_limit import BodyBudget
from talkies.api.errors import unexpected
from talkies.api.requests import accepted_request_id, state_of
from talkies.telemetry.access import answered
from talkies.telemetry.context import bound
from talkies.telemetry.metrics import Metrics
from talkies.telemetry.tracing import Tracing

#: OWASP's advice for an API (REST Security Cheat Sheet); pages set their own policy.
SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}

#: What the log says of a request whose client left before the answer, as nginx does.
CLIENT_LEFT: Final = 499

#: Any other is counted as one: a stranger could invent thousands.
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


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

        with bound(request_id=request_id):
            await self._app(scope, receive, sending)


class Net:
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


class Watch:
    """Takes the time of every request, and tells it to the log, the metrics and the traces."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, sent = time.monotonic(), CLIENT_LEFT, 0

        async def sending(message: Message) -> None:
            nonlocal status, sent
            status = message.get("status", status)
            sent += len(message.get("body", b""))
            await send(message)

        try:
            with self._tracing.span("request", {"method": scope["method"]}) as span:
                await self._app(scope, receive, sending)
                span.note({"route": _route(scope), "status": status})
        finally:
            self._tell(scope, status, sent, time.monotonic() - started)

    def _tell(self, scope: Scope, status: int, sent: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        route = _route(scope)
        budget = state_of(scope).get("body")
        self._metrics.request(method=method, route=route, status=status, seconds=seconds)
        answered(
            method=method,
            route=route,
            status=status,
            milliseconds=seconds * 1000,
            sent=sent,
            received=budget.received if isinstance(budget, BodyBudget) else 0,
        )


def _route(scope: Scope) -> str:
    """The template of the route, never the path: that may hold ids and signatures."""
    return str(getattr(scope.get("route"), "path", "unknown"))
