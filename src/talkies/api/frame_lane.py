"""The short way of drawings that are in memory, asked for by who was let in a moment ago.

A hundred players ask for thousands of drawings in a second. What the long way does for each (its
route, its dependencies, a thread, a line in the log) takes many times what it takes to send one.
What is not known here goes that way, and is known afterwards.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from talkies.api.frame_access import Admission, FrameGate
from talkies.api.frame_answers import IMMUTABLE, headers_of
from talkies.api.middleware import SECURITY_HEADERS
from talkies.api.ranged import is_known
from talkies.api.requests import accepted_request_id
from talkies.studio.characters.drawing_memory import Drawing, Drawings
from talkies.telemetry.metrics import Metrics

#: Begins the path of every drawing, which then has seven parts: "", v1, characters, its id,
#: frames, the sequence, the file.
PREFIX: Final = "/v1/characters/"
PARTS: Final = 7

#: As the metrics name the route.
ROUTE: Final = "/v1/characters/{character_id}/frames/{sequence}/{file}"

#: Headers that only the long way knows what to do with.
_SPECIAL: Final = frozenset(
    {b"range", b"origin", b"expect", b"transfer-encoding", b"content-length", b"upgrade"}
)

_SECURITY: Final = [
    (name.lower().encode(), value.encode())
    for name, value in SECURITY_HEADERS.items()
    if name not in {"Cache-Control", "Cross-Origin-Resource-Policy"}
]

#: Heads of answers that are held at once; whoever needs more of them starts again with none.
_HEADS: Final = 5_000

_PHRASES: Final = {200: b"OK", 304: b"Not Modified"}


@dataclass(frozen=True, slots=True)
class Head:
    """What every answer about one drawing begins with, but for the id of the request."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    #: The same as it is sent: the line of the status, and a line for each header.
    text: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that goes out at once."""

    head: Head
    request_id: bytes
    content: bytes


class ShortWay:
    """Answers what is known; belongs to one event loop's process."""

    def __init__(self, gate: FrameGate, drawings: Drawings, metrics: Metrics) -> None:
        self._gate = gate
        self._drawings = drawings
        self._metrics = metrics
        self._heads: dict[tuple[str, str, bool, bool], Head] = {}

    def answer(self, scope: Scope) -> Answer | None:
        """The answer to a GET; None where the long way has to find it.

        Of the scope, `path`, `query_string` and `headers` are asked.
        """
        parts = scope["path"].split("/")
        if len(parts) != PARTS or parts[4] != "frames":
            return None
        tag = request_id = None
        for name, value in scope["headers"]:
            if name in _SPECIAL:
                return None
            if name == b"if-none-match":
                tag = value
            elif name == b"x-request-id":
                request_id = value
        admitted = self._gate.find(parts[3], scope)
        if admitted is None or admitted.shown.published_url is not None:
            return None
        drawing = self._drawings.held(admitted.shown.sha256, parts[5], parts[6])
        if drawing is None:
            return None
        known = tag is not None and is_known(tag.decode("latin-1"), drawing.etag)
        head = self._head(admitted, drawing, known=known)
        return Answer(head, _request_id(request_id), b"" if known else drawing.content)

    def told(self, answer: Answer, seconds: float) -> None:
        """Count an answer that went out."""
        self._metrics.request(method="GET", route=ROUTE, status=answer.head.status, seconds=seconds)

    def _head(self, admitted: Admission, drawing: Drawing, *, known: bool) -> Head:
        key = (drawing.etag, drawing.content_type, admitted.by_pass, known)
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= _HEADS:
                self._heads.clear()
            head = self._heads[key] = _head_of(drawing, by_pass=admitted.by_pass, known=known)
        return head


class FrameLane:
    """Answers what it can the short way, and passes on all else; around the application."""

    def __init__(self, app: ASGIApp, short: ShortWay) -> None:
        self._app = app
        self._short = short

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            started = time.perf_counter()
            answer = self._short.answer(scope) if scope["method"] == "GET" else None
            if answer is not None:
                await _send(answer, send)
                self._short.told(answer, time.perf_counter() - started)
                return
        await self._app(scope, receive, send)


async def _send(answer: Answer, send: Send) -> None:
    headers = [*answer.head.headers, (b"x-request-id", answer.request_id)]
    await send({"type": "http.response.start", "status": answer.head.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


def _head_of(drawing: Drawing, *, by_pass: bool, known: bool) -> Head:
    headers = [*_encoded(headers_of(drawing, IMMUTABLE[by_pass]).items()), *_SECURITY]
    if not known:
        headers += [
            (b"content-length", str(len(drawing.content)).encode()),
            (b"content-type", drawing.content_type.encode()),
        ]
    status = 304 if known else 200
    line = b"HTTP/1.1 %d %s\r\n" % (status, _PHRASES[status])
    text = line + b"".join(b"%s: %s\r\n" % pair for pair in headers)
    return Head(status, tuple(headers), text)


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers]


def _request_id(given: bytes | None) -> bytes:
    return accepted_request_id(None if given is None else given.decode("latin-1")).encode()
