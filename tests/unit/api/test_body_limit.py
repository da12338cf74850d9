import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from talkies.api.body_limit import BodyLimit, budget_of
from talkies.errors import MediaTooLarge


async def counting_app(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


class Client:
    """Sends pieces of a body, and then nothing more."""

    def __init__(self, *pieces: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        chunked = [] if headers else [(b"transfer-encoding", b"chunked")]
        self.scope: dict[str, Any] = {
            "type": "http",
            "headers": [*headers, *chunked],
            "method": "POST",
        }
        self._pieces = list(pieces)
        self.heard: list[Message] = []

    async def receive(self) -> Message:
        if not self._pieces:
            await asyncio.Event().wait()
        piece = self._pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}

    async def send(self, message: Message) -> None:
        self.heard.append(message)

    def ask(self, app: Any) -> int:
        limited = BodyLimit(app, usual_bytes=10, silence_seconds=0.05)
        talk = asyncio.wait_for(limited(self.scope, self.receive, self.send), 60)
        asyncio.run(_run(talk))
        assert self.heard[-1].get("more_body", False) is False
        return int(self.heard[0]["status"])


async def _run(work: Any) -> None:
    await work


def test_up_to_the_limit_all_is_taken() -> None:
    assert Client(b"12345", b"67890").ask(counting_app) == 200


@pytest.mark.parametrize(
    "pieces", [(b"12345678901",), (b"12345", b"678901"), (b"12345", b"678901", b"rest", b"rest")]
)
def test_a_byte_more_is_refused_and_the_rest_is_read(pieces: tuple[bytes, ...]) -> None:
    client = Client(*pieces)
    assert client.ask(counting_app) == 413
    assert client._pieces == []


def test_an_announced_excess_is_refused_at_once() -> None:
    client = Client(b"x", headers=[(b"content-length", b"11"), (b"expect", b"100-continue")])
    assert client.ask(counting_app) == 413
    assert client._pieces == [b"x"]


@pytest.mark.parametrize("length", [b"-1", b"x", b"", "²".encode("latin-1")])
def test_a_length_that_is_none_is_passed_over(length: bytes) -> None:
    assert Client(b"1", headers=[(b"content-length", length)]).ask(counting_app) == 200


def test_a_route_may_take_more_or_less() -> None:
    async def generous(scope: Scope, receive: Receive, send: Send) -> None:
        budget_of(scope).allow(20)
        await counting_app(scope, receive, send)

    assert Client(b"12345678901").ask(generous) == 200
    assert Client(b"x" * 21).ask(generous) == 413
    announced = Client(b"x", headers=[(b"content-length", b"21")])
    assert announced.ask(generous) == 413


def test_what_is_refused_after_the_answer_began_is_the_servers_to_cut() -> None:
    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    with pytest.raises(MediaTooLarge):
        Client(b"12345678901").ask(late)


def test_two_lengths_are_refused_and_the_connection_is_closed() -> None:
    client = Client(headers=[(b"content-length", b"5"), (b"transfer-encoding", b"chunked")])
    assert client.ask(counting_app) == 400
    assert (b"connection", b"close") in client.heard[0]["headers"]


def test_a_body_that_stops_arriving_is_given_up() -> None:
    client = Client(b"1", b"2")

    async def stuck() -> Message:
        if len(client._pieces) == 2:
            return {"type": "http.request", "body": client._pieces.pop(0), "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError

    client.receive = stuck  # type: ignore[method-assign]
    assert client.ask(counting_app) == 400


def test_who_sends_nothing_is_waited_for_as_long_as_it_takes() -> None:
    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.2)
        await PlainTextResponse("")(scope, receive, send)

    assert Client(headers=[(b"content-length", b"0")]).ask(listening) == 200


def test_other_protocols_pass() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    client = Client()
    asyncio.run(_run(BodyLimit(app, 1)({"type": "lifespan"}, client.receive, client.send)))
    assert seen == ["lifespan"]
