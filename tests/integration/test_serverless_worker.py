"""The worker of an endpoint under the test server of RunPod's SDK."""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pod_stage
import pytest
import runpod_worker
from runpod_worker import QUICK_VOICE, SMALL, Worker, data_uri, portrait
from service_process import clean_environment

from talkies.errors import Misconfigured, MissingDependency
from talkies.media.pictures import Picture, save_picture
from talkies.media.video_reader import probe
from talkies.pods.client import RemoteState
from talkies.pods.pod import Contract, Pod
from talkies.pods.serverless_client import ServerlessClient


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with runpod_worker.served() as worker:
        yield worker


def failure(shown: dict[str, Any]) -> dict[str, Any]:
    assert shown["status"] == "FAILED", shown
    error: dict[str, Any] = json.loads(shown["error"])
    return error


def test_a_video_comes_back_inside_the_answer(worker: Worker, tmp_path: Path) -> None:
    shown = worker.runsync({"portrait": portrait(), **SMALL})

    assert shown["status"] == "COMPLETED", shown
    output = shown["output"]
    video = output["files"]["video"]
    content = base64.b64decode(video["base64"])
    assert (len(content), hashlib.sha256(content).hexdigest()) == (video["bytes"], video["sha256"])
    path = tmp_path / video["filename"]
    path.write_bytes(content)
    info = probe(path)
    assert (info.width, info.height) == (480, 600)
    assert output["result"]["video"]["frames"] == info.frames
    assert output["engine"] == "portrait"
    assert {"timing.json", "poster"} <= set(output["files"])
    assert output["timing"]["ready_seconds"] >= output["timing"]["load_seconds"] > 0
    assert output["timing"]["steps"]["render"] > 0
    assert output["warnings"] == []


def test_the_worker_says_how_it_is(worker: Worker) -> None:
    output = worker.runsync({"do": "health"})["output"]

    assert output["status"] == "ok"
    assert output["git_sha"] == "unknown"
    portrait_engine = next(one for one in output["engines"] if one["id"] == "portrait")
    assert portrait_engine["ready"]
    assert output["storage"] is None
    assert output["timing"]["ready_seconds"] > 0


def test_a_job_that_was_left_runs_when_it_is_asked_for(worker: Worker) -> None:
    """The test server's `/run` and `/status`."""
    left = httpx.post(f"{worker.url}/run", json={"input": {"do": "health"}}, timeout=120).json()

    shown = httpx.post(f"{worker.url}/status/{left['id']}", timeout=60).json()

    assert shown["status"] == "COMPLETED"
    assert shown["output"]["status"] == "ok"


def test_our_client_understands_what_the_test_server_says_of_a_job(
    worker: Worker, tmp_path: Path
) -> None:
    pod = Pod(name="test server", url=worker.url, contract=Contract.SERVERLESS)
    client = ServerlessClient(pod, pod_stage.ways(), pod_stage.QUICK)

    accepted = client.submit(pod_stage.order(tmp_path, engine="portrait"))
    client.close()

    assert str(accepted.remote_id).startswith("test-")
    assert accepted.look.state is RemoteState.WORKING


def test_speech_comes_with_its_timing(worker: Worker) -> None:
    given = {
        "do": "speech",
        "input": "Good morning.",
        "voice": QUICK_VOICE,
        "response_format": "wav",
    }

    files = worker.runsync(given)["output"]["files"]

    assert base64.b64decode(files["audio"]["base64"])[:4] == b"RIFF"
    timing = json.loads(base64.b64decode(files["timing.json"]["base64"]))
    assert [word["text"] for word in timing["words"]] == ["Good", "morning."]


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"do": "dance"}, "INVALID_REQUEST", "dance"),
        ({"text": "Hello."}, "INVALID_REQUEST", "portrait"),
        ({"portrait": portrait(), "text": "Hi.", "colour": "red"}, "INVALID_REQUEST", "colour"),
        ({"portrait": "iVBORw0KGgo", "text": "Hello."}, "INVALID_REQUEST", "no address"),
        ({"portrait": "data:image/png,hello", "text": "Hi."}, "INVALID_REQUEST", "data:TYPE"),
        ({"portrait": "data:image/png;base64,%%%", "text": "Hi."}, "INVALID_REQUEST", "base64"),
        (
            {"portrait": portrait(), "text": "Hi.", "webhook_url": "https://example.com/"},
            "INVALID_REQUEST",
            "webhook",
        ),
        (
            {"portrait": "http://169.254.169.254/latest/meta-data", "text": "Hi."},
            "UNSAFE_ADDRESS",
            "http",
        ),
        ({"portrait": "https://127.0.0.1:6379/", "text": "Hi."}, "UNSAFE_ADDRESS", ""),
        ({"portrait": "file:///etc/passwd", "text": "Hi."}, "UNSAFE_ADDRESS", ""),
        ({"portrait": portrait(), "text": "Hi.", "engine": "nonesuch"}, "UNKNOWN_ENGINE", ""),
        ({"portrait": portrait(), "text": "Hi.", "engine": "sadtalker"}, "INVALID_OPTION", "ait."),
    ],
)
def test_what_cannot_be_done_is_refused_in_our_words(
    worker: Worker, given: dict[str, Any], code: str, said: str
) -> None:
    error = failure(worker.runsync(given))

    assert error["code"] == code, error
    assert said in error["message"] + error["hint"]
    assert error["retryable"] is False


def test_a_picture_without_a_face_fails_as_the_api_says_it(worker: Worker, tmp_path: Path) -> None:
    grey = tmp_path / "grey.png"
    save_picture(Picture(pixels=np.full((600, 600, 3), 128, np.uint8)), grey)

    error = failure(worker.runsync({**SMALL, "portrait": data_uri(grey, "image/png")}))

    assert error["code"] == "FACE_NOT_FOUND"
    assert error["hint"]


def test_too_much_in_one_request_is_refused(worker: Worker) -> None:
    huge = "data:audio/wav;base64," + "A" * 21_000_000

    error = failure(worker.runsync({"portrait": portrait(), "audio": huge}))

    assert error["code"] == "MEDIA_TOO_LARGE"
    assert "addresses" in error["hint"]


def test_nothing_of_a_job_stays_on_the_disk(worker: Worker) -> None:
    scratch = worker.log_file.parent / "scratch"

    def files() -> set[str]:
        return {path.name for path in scratch.rglob("*") if path.is_file()}

    before = files()
    worker.runsync({"portrait": portrait(), **SMALL})

    assert "talkies.db" in before
    assert {name for name in files() - before if not name.startswith("talkies.db")} == set()


def test_the_log_has_no_answer_in_it(worker: Worker) -> None:
    worker.runsync(
        {"do": "speech", "input": "A text that nobody shall read.", "voice": QUICK_VOICE}
    )

    assert "nobody shall read" not in worker.log
    assert "base64" not in worker.log
    assert "the worker is ready" in worker.log


@pytest.mark.parametrize(
    ("lacking", "hint"),
    [
        ("runpod", "pip install 'talkies[runpod,serve]'"),
        ("pydantic_settings", "pip install 'talkies[runpod"),
    ],
)
def test_a_package_that_is_not_installed_is_named(lacking: str, hint: str) -> None:
    program = (
        f"import runpy, sys; sys.modules[{lacking!r}] = None; "
        "runpy.run_module('talkies.serverless', run_name='__main__')"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=runpod_worker.PATIENCE,
    )

    assert ended.returncode == MissingDependency.exit_status
    assert lacking in ended.stderr
    assert hint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_setting_that_cannot_be_followed_is_named() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "talkies.serverless"],
        check=False,
        env=clean_environment() | {"STORAGE_PROVIDER": "s3"},
        capture_output=True,
        text=True,
        timeout=runpod_worker.PATIENCE,
    )

    assert ended.returncode == Misconfigured.exit_status
    assert "S3_BUCKET" in ended.stderr
    assert "Traceback" not in ended.stderr
