import io
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import client_of, key_with
from job_play import ended
from service_stage import TOO_LONG, Stage, built

from talkies.studio.access.principal import Scope

PORTRAIT = Path(__file__).parents[2] / "fixtures/portrait.png"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


@pytest.fixture
def client(stage: Stage) -> Iterator[httpx.Client]:
    with client_of(stage) as client:
        yield client


@pytest.fixture(scope="module")
def sound() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\1\0" * 8_000)
    return buffer.getvalue()


def align(client: httpx.Client, sound: bytes, **fields: str) -> httpx.Response:
    return client.post("/v1/audio/alignments", files={"audio": ("a.wav", sound)}, data=fields)


def test_speech_is_streamed_in_the_format_that_was_asked_for(client: httpx.Client) -> None:
    body = {"model": "tts-1", "input": "Hello", "voice": "alloy", "response_format": "wav"}
    answer = client.post("/v1/audio/speech", json=body)
    assert answer.status_code == 200
    assert answer.content == b"first Hello as wav"
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["content-disposition"] == 'inline; filename="speech.wav"'


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"voice": "nobody"}, "UNKNOWN_VOICE"),
        ({"model": "gpt-9"}, "INVALID_OPTION"),
        ({"response_format": "midi"}, "INVALID_REQUEST"),
        ({"speed": 9}, "INVALID_REQUEST"),
        ({"input": ""}, "INVALID_REQUEST"),
        ({"input": " \n "}, "INVALID_INPUT"),
        ({"input": "a" * 10_001}, "INVALID_REQUEST"),
        ({"stream_format": "sse"}, "INVALID_REQUEST"),
    ],
)
def test_what_cannot_be_said_is_refused_in_our_shape(
    client: httpx.Client, wrong: dict[str, Any], code: str
) -> None:
    answer = client.post("/v1/audio/speech", json={"input": "Hello", **wrong})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def test_speech_needs_the_scope_audio(stage: Stage) -> None:
    with client_of(stage, key_with(stage, Scope.VIDEOS)) as client:
        for path in ("speech", "jobs"):
            assert client.post(f"/v1/audio/{path}", json={"input": "Hi"}).status_code == 403


def test_a_long_text_is_a_job(client: httpx.Client) -> None:
    body = {"input": "a " * 7_000, "metadata": {"book": 1}, "webhook_events": ["job.failed"]}
    answer = client.post("/v1/audio/jobs", json=body)
    assert answer.status_code == 202
    job = answer.json()
    assert (job["kind"], job["status"], job["metadata"]) == ("speech", "queued", {"book": 1})
    assert answer.headers["location"].endswith(f"/{job['id']}")
    assert client.get(f"/v1/audio/jobs/{job['id']}").json()["id"] == job["id"]


def test_the_same_request_again_is_the_same_job(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "once"}
    first = client.post("/v1/audio/jobs", json={"input": "Hi"}, headers=headers)
    again = client.post("/v1/audio/jobs", json={"input": "Hi"}, headers=headers)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
    other = client.post("/v1/audio/jobs", json={"input": "Ho"}, headers=headers)
    assert other.json()["error"]["code"] == "IDEMPOTENCY_MISMATCH"


def test_who_waits_for_a_job_that_is_done_has_it(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    headers = {"Idempotency-Key": "once", "Prefer": "wait=1"}
    first = client.post("/v1/audio/jobs", json={"input": "Hi"}, headers=headers)
    assert first.status_code == 202
    ended(stage, first.json()["id"], tmp_path)
    again = client.post("/v1/audio/jobs", json={"input": "Hi"}, headers=headers)
    assert (again.status_code, again.json()["done"]) == (200, True)


def test_only_admins_go_before_others(stage: Stage) -> None:
    body = {"input": "Hi", "priority": "high"}
    with client_of(stage, key_with(stage, Scope.AUDIO)) as client:
        assert client.post("/v1/audio/jobs", json=body).status_code == 403
    with client_of(stage) as admin:
        assert admin.post("/v1/audio/jobs", json=body).status_code == 202


def test_a_video_is_no_audio_job(client: httpx.Client) -> None:
    files = {"portrait": ("face.png", PORTRAIT.read_bytes())}
    video = client.post("/v1/videos", files=files, data={"text": "Hi"}).json()
    for id_ in (video["id"], "spe_nothing"):
        assert client.get(f"/v1/audio/jobs/{id_}").status_code == 404


def test_a_short_recording_is_answered_with_its_timing(client: httpx.Client, sound: bytes) -> None:
    answer = align(client, sound, transcript="Hello", language="en")
    assert answer.status_code == 200
    assert answer.json()["schema"] == "talkies.timing/1"
    assert answer.json()["seconds"] == 1.0


@pytest.mark.parametrize("fields", [{"as_job": "true"}, {"transcript": TOO_LONG}])
def test_a_long_recording_or_one_that_may_wait_is_a_job(
    client: httpx.Client, sound: bytes, fields: dict[str, str]
) -> None:
    answer = align(client, sound, metadata='{"a": 1}', **fields)
    assert answer.status_code == 202
    assert (answer.json()["kind"], answer.json()["metadata"]) == ("alignment", {"a": 1})
    assert answer.headers["location"].endswith(answer.json()["id"])


def test_a_recording_may_be_an_asset(client: httpx.Client, sound: bytes) -> None:
    asset = client.post("/v1/assets", files={"file": ("a.wav", sound)}).json()
    answer = client.post("/v1/audio/alignments", json={"audio": asset["id"], "as_job": True})
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "INVALID_REQUEST"),
        ({"audio": "http://10.0.0.1/a.wav"}, "UNSAFE_ADDRESS"),
        ({"audio": "ast_nothing"}, "NOT_FOUND"),
        ({"audio": "ast_x", "transcript": " "}, "INVALID_INPUT"),
        ({"audio": "ast_x", "language": "nowhereish"}, "UNKNOWN_LANGUAGE"),
    ],
)
def test_a_recording_that_cannot_be_used_is_refused(
    client: httpx.Client, body: dict[str, Any], code: str
) -> None:
    assert client.post("/v1/audio/alignments", json=body).json()["error"]["code"] == code


def test_a_picture_is_no_recording(client: httpx.Client) -> None:
    answer = align(client, PORTRAIT.read_bytes())
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA")


def test_a_file_over_its_limit_does_not_become_a_job(
    stage: Stage, client: httpx.Client, sound: bytes
) -> None:
    too_much = stage.services.assets.limits.sound_bytes + 1
    answer = align(client, sound + bytes(too_much - len(sound)))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "MEDIA_TOO_LARGE")


@pytest.mark.parametrize(
    "fields", [{"metadata": "{"}, {"unknown": "1"}, {"audio": "https://example.com/a.wav"}]
)
def test_a_form_that_cannot_be_read_is_refused(
    client: httpx.Client, sound: bytes, fields: dict[str, str]
) -> None:
    assert align(client, sound, **fields).json()["error"]["code"] == "INVALID_REQUEST"


def test_events_may_be_words_between_commas(client: httpx.Client, sound: bytes) -> None:
    assert align(client, sound, as_job="1", webhook_events="job.failed, job.canceled").is_success


def test_an_estimate_takes_what_a_video_takes(client: httpx.Client) -> None:
    files = {"portrait": ("face.png", PORTRAIT.read_bytes())}
    answer = client.post("/v1/estimates", files=files, data={"text": "Hi", "resolution": "480p"})
    assert answer.status_code == 200
    assert answer.json()["object"] == "estimate"
    assert answer.json()["total_seconds"] == {"low": 1.0, "high": 2.0}
    assert answer.json()["currency"] == "USD"
    refused = client.post("/v1/estimates", files=files)
    assert refused.status_code == 422


def test_a_users_data_is_deleted_with_a_receipt(client: httpx.Client) -> None:
    job = client.post("/v1/audio/jobs", json={"input": "Hi", "user_id": "ann/b"}).json()
    mine = client.post("/v1/audio/jobs", json={"input": "Hi", "user_id": "ann"}).json()
    receipt = client.delete("/v1/users/ann").json()
    assert (receipt["subject_kind"], receipt["counts"]["jobs"]) == ("user", 1)
    assert client.get(f"/v1/audio/jobs/{mine['id']}").status_code == 404
    assert client.get(f"/v1/audio/jobs/{job['id']}").status_code == 200
    assert client.delete("/v1/users/ann").json()["counts"].get("jobs", 0) == 0
    # Ids of identity providers have slashes in them.
    assert client.delete("/v1/users/ann%2Fb").json()["counts"]["jobs"] == 1
