"""Drawings in memory go out by the short way, to those who were let in, and for as long."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import client_of, key_with
from character_play import NEUTRAL, bundled, made
from service_stage import Stage, built
from starlette.types import Message, Receive, Scope, Send

from talkies.api.frame_access import HELD, FrameGate, credential
from talkies.api.frame_lane import FrameLane, ShortWay
from talkies.studio.access.audit import Actor
from talkies.studio.access.principal import Scope as KeyScope
from talkies.studio.characters.gallery import Shown

SHOWN = Shown("s" * 64)
PATH = f"/v1/characters/chr_1/frames/{NEUTRAL}"


def scope(path: str = PATH, *, query: bytes = b"", method: str = "GET", **headers: str) -> Scope:
    given = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": given,
    }


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_holds_for_a_moment_and_one_asks_anew() -> None:
    clock = Clock()
    gate, asked = FrameGate(clock), scope(x_api_key="a")
    assert gate.find("chr_1", asked) is None
    gate.remember("chr_1", asked, SHOWN, by_pass=False, seconds=60)
    clock.now = 1.4
    assert gate.find("chr_1", asked) is gate.fresh("chr_1", asked)
    clock.now = 1.6
    assert gate.find("chr_1", asked) is None
    assert gate.fresh("chr_1", asked) is None
    # One asks; the others go on meanwhile, and not for long.
    assert gate.find("chr_1", asked) is not None
    clock.now = 2.1
    assert gate.find("chr_1", asked) is None


def test_an_answer_never_holds_longer_than_the_pass() -> None:
    clock = Clock()
    gate, asked = FrameGate(clock), scope(query=b"pass=1")
    gate.remember("chr_1", asked, SHOWN, by_pass=True, seconds=0.2)
    clock.now = 0.3
    assert gate.find("chr_1", asked) is None


def test_what_a_pass_shows_is_asked_anew_within_five_seconds() -> None:
    clock = Clock()
    gate, asked = FrameGate(clock), scope(query=b"pass=1")
    gate.remember("chr_1", asked, SHOWN, by_pass=True, seconds=3_600)
    clock.now = 4.4
    assert gate.find("chr_1", asked) is gate.fresh("chr_1", asked) is not None
    clock.now = 5.0
    assert gate.find("chr_1", asked) is None


def test_another_credential_is_another_question() -> None:
    gate = FrameGate(Clock())
    gate.remember("chr_1", scope(x_api_key="a"), SHOWN, by_pass=False, seconds=60)
    others = [
        scope(),
        scope(x_api_key="b"),
        scope(authorization="a"),
        scope(cookie="a"),
        scope(query=b"a"),
        scope(x_api_key="a", cookie="b"),
    ]
    assert not [one for one in others if gate.find("chr_1", one)]
    assert gate.find("chr_2", scope(x_api_key="a")) is None
    assert gate.find("chr_1", scope(x_api_key="a", accept="image/png")) is not None
    assert len({credential(one) for one in others}) == len(others)


def test_a_flood_of_credentials_begins_again_with_none() -> None:
    gate = FrameGate(Clock())
    for number in range(HELD + 1):
        asked = scope(x_api_key=str(number))
        gate.remember("chr_1", asked, SHOWN, by_pass=False, seconds=60)
    assert gate.find("chr_1", scope(x_api_key="0")) is None
    assert gate.find("chr_1", asked) is not None


class Counting:
    """Counts what goes the long way."""

    def __init__(self) -> None:
        self.long = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.long += 1
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return built(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    return bundled(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def robin(stage: Stage, bundle: tuple[Path, Mapping[str, Any]]) -> str:
    return made(stage, bundle)


@pytest.fixture
def client(stage: Stage) -> Iterator[httpx.Client]:
    with client_of(stage) as client:
        yield client


async def asked_of(lane: FrameLane, asked: Scope) -> list[Message]:
    told: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("a body is not read")

    async def send(message: Message) -> None:
        told.append(message)

    await lane(asked, receive, send)
    return told


def test_what_is_known_goes_the_short_way_alone(stage: Stage, robin: str) -> None:
    services = stage.services
    shown = services.gallery.admitted(services.keys.authenticate(stage.key), robin)
    folder, file = NEUTRAL.split("/")
    drawing = services.gallery.drawings.frame(shown.sha256, folder, file)
    gate, app = FrameGate(), Counting()
    lane = FrameLane(app, ShortWay(gate, services.gallery.drawings, services.metrics))
    path = f"/v1/characters/{robin}/frames/{NEUTRAL}"
    gate.remember(robin, scope(path), shown, by_pass=False, seconds=60)
    start, body = asyncio.run(asked_of(lane, scope(path)))
    headers = dict(start["headers"])
    assert (start["status"], body["body"]) == (200, drawing.content)
    assert headers[b"etag"] == f'"{drawing.etag}"'.encode()
    assert headers[b"content-length"] == str(len(drawing.content)).encode()
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"no-store" not in headers[b"cache-control"]
    known = scope(path, if_none_match=f'"{drawing.etag}"')
    start, body = asyncio.run(asked_of(lane, known))
    assert (start["status"], body["body"]) == (304, b"")
    assert app.long == 0
    long = [
        scope(path, range="bytes=0-1"),
        scope(path, origin="https://example.com"),
        scope(path, method="HEAD"),
        scope(path, x_api_key="another"),
        scope(f"{path}x"),
        scope(f"/v1/characters/{robin}"),
        scope("/v1/videos"),
        {"type": "lifespan"},
    ]
    for one in long:
        asyncio.run(asked_of(lane, one))
    assert app.long == len(long)


def test_both_ways_give_the_same_answer(client: httpx.Client, robin: str) -> None:
    path = f"/v1/characters/{robin}/frames/{NEUTRAL}"
    first, second = client.get(path), client.get(path)
    assert first.content == second.content
    differ = {"x-request-id"}
    assert {n: v for n, v in first.headers.items() if n not in differ} == {
        n: v for n, v in second.headers.items() if n not in differ
    }


def test_a_request_id_comes_back_on_both_ways(client: httpx.Client, robin: str) -> None:
    path = f"/v1/characters/{robin}/frames/{NEUTRAL}"
    for _ in range(2):
        answer = client.get(path, headers={"X-Request-Id": "mine-1"})
        assert answer.headers["X-Request-Id"] == "mine-1"


def test_a_revoked_key_and_a_deleted_character_are_out(
    stage: Stage, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    secret = key_with(stage, KeyScope.CHARACTERS)
    key_id = stage.services.keys.authenticate(secret).key_id
    assert key_id is not None
    one = made(stage, bundle, key_id=key_id)
    path = f"/v1/characters/{one}/frames/{NEUTRAL}"
    with client_of(stage, secret) as client:
        assert client.get(path).status_code == 200
    stage.services.keys.revoke(key_id, by=Actor(name="test"))
    # Another process, or this one when what it knows has run out.
    with client_of(stage, secret) as client:
        assert client.get(path).status_code == 401
    with client_of(stage) as client:
        assert client.delete(f"/v1/characters/{one}").status_code == 200
    with client_of(stage) as client:
        assert client.get(path).status_code == 404
