"""A painter that is asked over the network, against a real server on loopback."""

import base64
import json
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP

import pytest
from loopback import Hit, Reply, Server

from talkies.errors import ProviderFailed
from talkies.rigs.building.painting import PaintingRefused
from talkies.studio.characters.image_edit import (
    PATIENCE,
    ImageEditPainter,
    multipart,
    nearest,
)
from talkies.studio.model_service import ModelService, Patience
from talkies.wiring.model_service import model_client

DRAWING = b"\x89PNG\r\n\x1a\n a drawing\r\n--\x00\xff"
PICTURE = b"\x89PNG a picture"
GOOD = Reply(body=json.dumps({"data": [{"b64_json": base64.b64encode(PICTURE).decode()}]}).encode())


def error(status: int, code: str, **headers: str) -> Reply:
    body = json.dumps({"error": {"code": code, "message": "your key sk-secret"}}).encode()
    return Reply(status=status, body=body, headers=headers)


class Studio:
    """A painter at a server that gives one reply after the other, the last one for ever."""

    def __init__(self, *replies: Reply, key: str | None = "sk-secret") -> None:
        self._replies, self._key = list(replies), key
        self.waits: list[float] = []
        self.hits: list[Hit] = []

    def _answer(self, hit: Hit) -> Reply:
        self.hits.append(hit)
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def paint(self, *, patience: Patience = PATIENCE) -> bytes:
        with Server(self._answer) as server:
            service = ModelService(
                base_url=server.url("/v1"),
                key=self._key,
                emotion_model="x",
                image_model="gpt-image-1",
            )
            painter = ImageEditPainter(
                model_client(service), service, patience=patience, sleep=self.waits.append
            )
            assert painter.name == "gpt-image-1"
            return painter.paint(DRAWING, "smile", (768, 1152))


def test_a_drawing_and_words_go_out_and_a_picture_comes_back() -> None:
    studio = Studio(GOOD)
    assert studio.paint() == PICTURE
    (hit,) = studio.hits
    assert (hit.method, hit.path) == ("POST", "/v1/images/edits")
    assert hit.headers["authorization"] == "Bearer sk-secret"
    form = parts_of(hit)
    assert form["image"] == DRAWING
    assert form["prompt"] == b"smile"
    assert form["model"] == b"gpt-image-1"
    assert form["size"] == b"1024x1536"
    assert form["background"] == b"transparent"


def parts_of(hit: Hit) -> dict[str, bytes]:
    head = f"Content-Type: {hit.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + hit.body)
    parts: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        parts[str(name)] = content
    return parts


def test_a_service_at_home_is_asked_without_a_key() -> None:
    studio = Studio(GOOD, key=None)
    studio.paint()
    assert "authorization" not in studio.hits[0].headers


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    studio = Studio(error(status, "busy"), error(status, "busy"), GOOD)
    assert studio.paint() == PICTURE
    assert studio.waits == [2.0, 4.0]


def test_a_wait_that_is_asked_for_is_kept_to_a_limit() -> None:
    studio = Studio(
        error(429, "rate_limit_exceeded", **{"retry-after": "7"}),
        error(429, "rate_limit_exceeded", **{"retry-after": "9999"}),
        error(429, "rate_limit_exceeded", **{"retry-after": "tomorrow"}),
        GOOD,
    )
    studio.paint()
    assert studio.waits == [7.0, 60.0, 8.0]


def test_patience_ends() -> None:
    studio = Studio(error(503, "busy"))
    with pytest.raises(ProviderFailed, match="503 busy") as failed:
        studio.paint()
    assert len(studio.hits) == 4
    assert failed.value.retryable
    assert "sk-secret" not in str(failed.value) + failed.value.hint


@pytest.mark.parametrize(
    ("status", "code"), [(401, "invalid_api_key"), (400, "bad"), (429, "insufficient_quota")]
)
def test_what_will_not_pass_is_not_tried_again(status: int, code: str) -> None:
    studio = Studio(error(status, code))
    with pytest.raises(ProviderFailed, match=code):
        studio.paint()
    assert studio.waits == []


def test_one_picture_may_be_refused() -> None:
    studio = Studio(error(400, "moderation_blocked"))
    with pytest.raises(PaintingRefused, match="moderation_blocked"):
        studio.paint()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"data": []}',
        b"[" * 100_000,
        b'{"data": [{"b64_json": "%%"}]}',
        b'{"data": [{"url": 1}]}',
    ],
)
def test_an_answer_without_a_picture_is_tried_again_and_then_told(body: bytes) -> None:
    studio = Studio(Reply(body=body))
    with pytest.raises(ProviderFailed, match="no picture"):
        studio.paint(patience=replace(PATIENCE, attempts=2))
    assert len(studio.hits) == 2


def test_an_answer_that_is_far_too_large_is_not_read() -> None:
    studio = Studio(Reply(headers={"content-length": str(10**9)}))
    with pytest.raises(ProviderFailed, match="limit"):
        studio.paint()
    assert len(studio.hits) == 1


def test_a_server_that_is_not_there_is_tried_again_and_told() -> None:
    waits: list[float] = []
    service = ModelService(
        base_url="http://127.0.0.1:9", key=None, emotion_model="x", image_model="m"
    )
    painter = ImageEditPainter(model_client(service), service, sleep=waits.append)
    with pytest.raises(ProviderFailed):
        painter.paint(DRAWING, "smile", (64, 64))
    assert waits == [2.0, 4.0, 8.0]


@pytest.mark.parametrize(
    ("size", "painted"),
    [((768, 1152), (1024, 1536)), ((600, 600), (1024, 1024)), ((900, 500), (1536, 1024))],
)
def test_the_size_that_is_painted_is_the_nearest_in_shape(
    size: tuple[int, int], painted: tuple[int, int]
) -> None:
    assert nearest(size) == painted


def test_a_form_is_marked_anew_each_time() -> None:
    assert multipart({}, DRAWING)[1] != multipart({}, DRAWING)[1]
