import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import client_of
from service_stage import Stage, built

from talkies.telemetry.logs import configure

LOGGERS = ("", "dbos", "uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "httpx")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(log.handlers[:], log.level, log.propagate, log.disabled) for log in loggers]
    stream = io.StringIO()
    configure("DEBUG", as_json=True, stream=stream)
    yield stream
    for log, (handlers, level, propagate, disabled) in zip(loggers, before, strict=True):
        log.handlers[:] = handlers
        log.setLevel(level)
        log.propagate, log.disabled = propagate, disabled


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


def accesses(stream: io.StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in lines if line["logger"] == "talkies.access"]


def test_a_request_is_written_with_its_ids_and_its_route(
    stage: Stage, written: io.StringIO
) -> None:
    with client_of(stage) as client:
        client.get("/v1/keys/key_x", headers={"X-Request-Id": "req-9"})
    (line,) = accesses(written)
    assert line["message"] == "GET /v1/keys/{key_id} 404"
    assert line["request_id"] == "req-9"
    assert line["key_id"].startswith("key_")
    assert line["bytes"] > 100


def test_a_route_is_named_without_converters(stage: Stage, written: io.StringIO) -> None:
    with client_of(stage) as client:
        client.get("/v1/files/videos/a.mp4")
    assert accesses(written)[0]["route"] == "/v1/files/{key}"


def test_paths_and_methods_of_strangers_are_counted_as_one(
    stage: Stage, written: io.StringIO
) -> None:
    with client_of(stage) as client:
        client.get("/wp-admin.php?x=1")
        client.request("BREW", "/coffee")
        metrics = client.get("/metrics").text
    assert [line["message"] for line in accesses(written)[:2]] == [
        "GET unmatched 404",
        "OTHER unmatched 404",
    ]
    assert "wp-admin" not in metrics
    assert "BREW" not in metrics


def test_keys_are_counted_by_their_ids(stage: Stage) -> None:
    with client_of(stage) as client:
        key_id = client.get("/v1/session").json()["key_id"]
        metrics = client.get("/metrics").text
    assert f'talkies_requests_by_key_total{{key="{key_id}"}}' in metrics


def test_a_full_cycle_writes_no_secret(stage: Stage, written: io.StringIO) -> None:
    token = stage.services.sessions.make_link_token()
    said = "my card is 4929 1234"
    with client_of(stage) as client:
        made = client.post("/v1/keys", json={"name": "a", "scopes": ["audio"]}).json()
        hook = client.post("/v1/webhooks", json={"url": "https://example.com/h?sig=topsecret"})
        client.get("/signin", params={"token": token})
        cookie = client.cookies["talkies_session"]
        client.get("/v1/session", headers={"Authorization": f"Bearer {made['secret']}x"})
        client.post("/v1/keys", json={"name": said, "scopes": ["nothing"]})
        client.get("/v1/voices", params={"language": said})
        client.get(f"/v1/files/videos/a.mp4?signature={token}&expires=1")
    text = written.getvalue()
    assert len(accesses(written)) == 7
    secrets = [stage.key, made["secret"], made["webhook_secret"], hook.json()["secret"]]
    for secret in (*secrets, token, cookie, said, "topsecret"):
        assert secret not in text
