import asyncio
import json
import logging
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import HOME, InProcess, client_of
from fastapi import FastAPI
from service_stage import Stage, built
from starlette.responses import StreamingResponse

from talkies.api.app import create_app
from talkies.api.services import HttpOptions
from talkies.errors import NotReady, StorageFailure

FRIEND = "https://studio.example.com"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    http = HttpOptions(allowed_origins=(FRIEND,))
    return built(tmp_path_factory.mktemp("service"), http=http)


@pytest.fixture(scope="module")
def app(stage: Stage) -> FastAPI:
    """The application, with routes that fail."""
    app = create_app(stage.services)

    @app.get("/fails")
    def fails() -> None:
        raise ZeroDivisionError("the secret is 42")

    @app.get("/breaks")
    def breaks() -> None:
        raise StorageFailure("The storage lied.")

    @app.get("/later")
    def later() -> None:
        raise NotReady(details={"retry_after_seconds": 7, "path": "/data/scratch/x"})

    @app.get("/cut")
    def cut() -> StreamingResponse:
        def pieces() -> Iterator[bytes]:
            yield b"half"
            raise ZeroDivisionError

        return StreamingResponse(pieces())

    @app.get("/typed/{number}")
    def typed(number: int, flag: bool) -> int:
        return number if flag else 0

    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with httpx.Client(transport=InProcess(app, HOME), base_url="http://localhost") as client:
        yield client


SHAPE = {"code", "message", "details", "request_id", "retryable", "hint"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("GET", "/v1/videos/", 404, "NOT_FOUND"),
        ("GET", "/v1/nothing/vid_1", 404, "NOT_FOUND"),
        ("PATCH", "/v1/videos", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/fails", 500, "INTERNAL"),
        ("GET", "/breaks", 500, "STORAGE_FAILURE"),
        ("GET", "/later", 409, "NOT_READY"),
        ("GET", "/typed/x?flag=maybe", 422, "INVALID_REQUEST"),
        ("GET", "/v1/videos/%00", 422, "INVALID_REQUEST"),
        ("GET", "/v1/videos?after=%00", 422, "INVALID_REQUEST"),
        ("GET", "/v1/videos", 401, "UNAUTHENTICATED"),
    ],
)
def test_every_failure_has_one_shape(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert set(error) == SHAPE
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_405_names_the_methods(client: httpx.Client) -> None:
    assert client.patch("/v1/videos").headers["Allow"] == "GET, POST"
    assert client.post("/v1/videos/vid_1/content").headers["Allow"] == "GET, HEAD"


def test_what_went_wrong_inside_stays_inside_and_in_the_log(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "talkies.api"):
        answer = client.get("/fails")
    assert "42" not in answer.text
    assert "ZeroDivision" not in answer.text
    record = next(each for each in caplog.records if each.name == "talkies.api.errors")
    assert answer.json()["error"]["request_id"] in record.getMessage()
    assert record.exc_info is not None


def test_an_answer_that_breaks_off_is_cut_and_not_ended_well(client: httpx.Client) -> None:
    with pytest.raises(ZeroDivisionError):
        client.get("/cut")


def test_fields_are_pointed_at_wherever_they_stand(client: httpx.Client) -> None:
    fields = client.get("/typed/x?flag=maybe").json()["error"]["details"]["fields"]
    assert {each["pointer"] for each in fields} == {"path/number", "query/flag"}
    missing = client.get("/typed/1").json()["error"]
    assert missing["details"]["fields"] == [{"pointer": "query/flag", "message": "It is missing."}]


def test_the_wait_is_in_the_header(client: httpx.Client) -> None:
    assert client.get("/later").headers["Retry-After"] == "7"


def test_an_answer_does_not_say_where_our_files_lie(client: httpx.Client) -> None:
    assert client.get("/later").json()["error"]["details"] == {"retry_after_seconds": 7}


@pytest.mark.parametrize("id_", ["abc-123", "A" * 100, "trace:1.2_3"])
def test_a_callers_request_id_is_kept(client: httpx.Client, id_: str) -> None:
    assert client.get("/livez", headers={"X-Request-Id": id_}).headers["X-Request-Id"] == id_


@pytest.mark.parametrize("id_", ["", "A" * 101, "a b", "a;b", "<script>"])
def test_what_is_no_request_id_is_replaced(client: httpx.Client, id_: str) -> None:
    found = client.get("/livez", headers={"X-Request-Id": id_}).headers["X-Request-Id"]
    assert found.startswith("req_")


def test_answers_carry_the_security_headers(client: httpx.Client) -> None:
    headers = client.get("/livez").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"


def test_pages_of_listed_origins_alone_may_call(client: httpx.Client) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "X-API-Key"}
    friend = client.options("/v1/videos", headers={"Origin": FRIEND, **asked})
    assert friend.status_code == 200
    assert friend.headers["Access-Control-Allow-Origin"] == FRIEND
    read = client.get("/livez", headers={"Origin": FRIEND})
    assert "RateLimit" in read.headers["Access-Control-Expose-Headers"]
    other = client.get("/livez", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_no_origin_is_listed_by_default(tmp_path: Path) -> None:
    with client_of(built(tmp_path)) as client:
        answer = client.get("/livez", headers={"Origin": FRIEND})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_request_that_outlasts_its_server_is_told_to_come_again(stage: Stage) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def stop() -> None:
        app = create_app(stage.services)
        headers = [(b"x-api-key", stage.key.encode()), (b"content-type", b"application/json")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/estimates",
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 1),
        }
        request = asyncio.ensure_future(app(scope, receive, send))
        await asyncio.sleep(0.3)
        request.cancel()
        await request

    asyncio.run(stop())
    assert sent[0]["status"] == 503
    assert json.loads(sent[1]["body"])["error"]["code"] == "UNAVAILABLE"
