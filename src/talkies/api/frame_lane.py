"""The short way of drawings that are in memory, asked for by who was let in a moment ago.

A hundred players ask for thousands of drawings in a second. What the long way does for each (its
route, its dependencies, a thread, a line in the log) takes many times what it takes to send one.
What is not known here goes that way, and is known afterwards.
"""

import time
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from talkies.api.frame_access import Admission, FrameGate
from talkies.api.frame_answers import IMMUTABLE, headers_of
from talkies.api.middleware import SECURITY_HEADERS
from talkies.api.ranged import is_known
from talkies.api.requests import accepted_request_id
from talkies.studio.characters.drawings import Drawing, Drawings
from talkies.telemetry.metrics import Metrics

#: Begins the path of every drawing, which then has seven parts: "", v1, characters, its id,
#: frames, the sequence, the file.
PREFIX: Final = "/v1/characters/"
PARTS: Final = 7

#: As the metrics name the route.
ROUTE: Final = "/v1/characters/{character_id}/frames/{sequence}/{file}"

#: Headers that only the long way knows what to do with.
_SPECIAL: Final = frozenset({b"range", b"origin", b"expect", b"transfer-encoding"})

_SECURITY: Final = [
    (name.lower().encode(), value.encode())
    for name, value in SECURITY_HEADERS.items()
    if name not in {"Cache-Control", "Cross-Origin-Resource-Policy"}
]


class FrameLane:
    """Answers what it can, and passes on all else; the outermost of the application."""

    def __init__(self, app: ASGIApp, gate: FrameGate, drawings: Drawings, metrics: Metrics) -> None:
        self._app = app
        self._gate = gate
        self._drawings = drawings
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            started = time.perf_counter()
            found = self._find(scope)
            if found is not None:
                status = await _answer(*found, scope, send)
                seconds = time.perf_counter() - started
                self._metrics.request(
                    method=scope["method"], route=ROUTE, status=status, seconds=seconds
                )
                return
        await self._app(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[Admission, Drawing] | None:
        """The drawing that is asked for, where both it and who asks are known."""
        parts = scope["path"].split("/")
        if len(parts) != PARTS or parts[4] != "frames" or scope["method"] != "GET":
            return None
        if any(name in _SPECIAL for name, _ in scope["headers"]):
            return None
        admitted = self._gate.find(parts[3], scope)
        if admitted is None or admitted.shown.published_url is not None:
            return None
        drawing = self._drawings.held(admitted.shown.sha256, parts[5], parts[6])
        return None if drawing is None else (admitted, drawing)


async def _answer(admitted: Admission, drawing: Drawing, scope: Scope, send: Send) -> int:
    """Send the drawing, or that it is known; the status."""
    asked = dict(scope["headers"])
    known = is_known(asked.get(b"if-none-match", b"").decode("latin-1"), drawing.etag)
    headers = [
        *_encoded(headers_of(drawing, IMMUTABLE[admitted.by_pass])),
        *_SECURITY,
        (b"x-request-id", _request_id(asked.get(b"x-request-id"))),
    ]
    if not known:
        headers += [
            (b"content-length", str(len(drawing.content)).encode()),
            (b"content-type", drawing.content_type.encode()),
        ]
    status = 304 if known else 200
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if known else drawing.content})
    return status


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _request_id(given: bytes | None) -> bytes:
    return accepted_request_id(None if given is None else given.decode("latin-1")).encode()
