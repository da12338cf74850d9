"""The worker of an endpoint, under RunPod's own SDK: its test server, and its loop at work."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import runpod_worker
from runpod_endpoint import Platform, platform
from runpod_worker import SMALL, Worker, data_uri, portrait

from talkies.media.pictures import Picture, save_picture
from talkies.media.video_reader import probe

#: More than a minute of video.
LONG = {"portrait": portrait(), **SMALL, "text": "We move both maps. " * 60}


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


def test_speech_comes_with_its_timing(worker: Worker) -> None:
    given = {"do": "speech", "input": "Good morning.", "response_format": "wav"}

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
    worker.runsync({"do": "speech", "input": "A text that nobody shall read."})

    assert "nobody shall read" not in worker.log
    assert "base64" not in worker.log
    assert "the worker is ready" in worker.log


@pytest.fixture(scope="module")
def at_work() -> Iterator[tuple[Platform, Worker]]:
    """An endpoint with one worker, in RunPod's own loop."""
    with platform() as endpoint, runpod_worker.at_work(endpoint) as worker:
        yield endpoint, worker


def test_a_worker_at_work_tells_how_far_it_is_and_nothing_after_the_end(
    at_work: tuple[Platform, Worker],
) -> None:
    endpoint, worker = at_work
    held = endpoint.run({"input": {"portrait": portrait(), **SMALL, "text": "One two. " * 2}})
    endpoint.until(held.id, "COMPLETED")

    video = held.output["files"]["video"]
    assert len(base64.b64decode(video["base64"])) == video["bytes"]
    assert held.output["timing"]["cold"] is True
    told = [word["progress"] for word in held.told if word != "done"]
    assert told
    assert told == sorted(told)
    assert held.told[-1] == "done"
    assert held.stop_pod is False
    assert "the worker is ready" in worker.log

    second = endpoint.run({"input": {"do": "speech", "input": "Hello."}})
    endpoint.until(second.id, "COMPLETED")
    assert second.output["timing"]["cold"] is False
    assert held.status == "COMPLETED"


def test_a_job_that_the_platform_stops_ends_and_the_next_one_runs(
    at_work: tuple[Platform, Worker],
) -> None:
    endpoint, worker = at_work
    held = endpoint.run({"input": LONG})
    endpoint.until_told(held.id)
    endpoint.cancel(held.id)

    second = endpoint.run({"input": {"do": "speech", "input": "Hello."}})
    endpoint.until(second.id, "COMPLETED")

    assert held.status == "CANCELLED"
    assert "done" not in held.told
    assert "job.canceled" in worker.log


def test_a_job_beyond_its_time_is_ended_by_itself_or_by_the_platform(
    at_work: tuple[Platform, Worker],
) -> None:
    endpoint, _ = at_work
    held = endpoint.run({"input": {**LONG, "deadline_seconds": 1}})
    limited = endpoint.run({"input": LONG, "policy": {"executionTimeout": 1_000}})
    last = endpoint.run({"input": {"do": "health"}})
    endpoint.until(last.id, "COMPLETED")

    assert held.status == "FAILED"
    assert json.loads(str(held.error))["code"] == "DEADLINE_EXCEEDED"
    assert limited.status == "TIMED_OUT"
    assert "done" not in limited.told


def test_a_worker_that_is_told_to_end_does_so(at_work: tuple[Platform, Worker]) -> None:
    _, worker = at_work

    assert worker.stop() == 0
    assert list((worker.log_file.parent / "scratch").iterdir()) == []


def test_a_worker_whose_engine_is_not_there_says_so_to_who_asks() -> None:
    with platform() as endpoint, runpod_worker.at_work(endpoint, {"ENGINES": "sadtalker"}):
        held = endpoint.run({"input": {"portrait": portrait(), **SMALL}})
        endpoint.until(held.id, "FAILED")

        error = json.loads(str(held.error))
        assert error["code"] == "ENGINE_NOT_INSTALLED"
        assert "sadtalker" in error["message"]
        assert "talkies engines install sadtalker" in error["hint"]
        assert held.stop_pod is True
