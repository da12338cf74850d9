"""The worker of an endpoint, under RunPod's own SDK: its test server, and its loop at work."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import runpod_worker
from runpod_worker import SMALL, Worker, portrait

from talkies.media.video_reader import probe


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
