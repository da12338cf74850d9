"""What is written down about every request: its line in the log, its metrics, its span."""

import time
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from talkies.api.requests import state_of
from talkies.studio.access.principal import Principal
from talkies.telemetry.access import answered
from talkies.telemetry.context import bound
from talkies.telemetry.metrics import Metrics
from talkies.telemetry.tracing import Tracing

#: Stands for all paths that no route matches: they are a stranger's to invent.
UNMATCHED: Final = "unmatched"

#: Methods that have names of their own; all others are counted as one.
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

#: nginx's status for a client that went away before its answer began.
CLIENT_GONE: Final = 499


@dataclass(slots=True)
class _Seen:
    """What passed by of one request."""

    status: int = CLIENT_GONE
    sent: int = 0
    received: int = 0


class Observed:
    """Binds the request's id to its work, and tells what came of it when the last byte is sent."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = _Seen()

        async def receiving() -> Message:
            message = await receive()
            seen.received += len(message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
            seen.sent += len(message.get("body", b""))
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        started = time.perf_counter()
        with (
            bound(request_id=state_of(scope).get("request_id")),
            self._tracing.span(method) as span,
        ):
            try:
                await self._app(scope, receiving, sending)
            finally:
                route = route_of(scope)
                span.note({"method": method, "route": route, "status": seen.status})
                self._tell(scope, method, route, seen, time.perf_counter() - started)

    def _tell(self, scope: Scope, method: str, route: str, seen: _Seen, seconds: float) -> None:
        self._metrics.request(method=method, route=route, status=seen.status, seconds=seconds)
        who = state_of(scope).get("principal")
        if isinstance(who, Principal):
            self._metrics.asked_by(who.key_id)
        answered(
            method=method,
            route=route,
            status=seen.status,
            milliseconds=seconds * 1000,
            sent=seen.sent,
            received=seen.received,
        )


def route_of(scope: Scope) -> str:
    """The template of the route that was taken, as `/v1/videos/{video_id}`."""
    route = scope.get("route")
    # `path_format` is the template without the converters of its parameters.
    return str(getattr(route, "path_format", getattr(route, "path", UNMATCHED)))
