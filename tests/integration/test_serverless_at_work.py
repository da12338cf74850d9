"""The worker of an endpoint in the loop of RunPod's SDK, with a real bucket and our own client."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pod_stage
import pytest
import runpod_worker
from runpod_endpoint import ENDPOINT, KEY, Platform, platform
from runpod_worker import QUICK_VOICE, SMALL, Worker, portrait
from seaweed import Bucket, seaweedfs

from talkies.errors import FaceNotFound
from talkies.media.pictures import Picture, load_own_picture, save_picture
from talkies.media.video_reader import probe
from talkies.pods.client import Order
from talkies.pods.pod import Contract, Pod
from talkies.pods.relay import Relay, RelayRules
from talkies.pods.serverless_client import REQUEST_BYTES, ServerlessClient
from talkies.pods.wire import Limits
from talkies.storage.s3 import S3Options, S3Storage
from talkies.studio.serverless.answers import FOLDER

#: More than a minute of video.
LONG = {"portrait": portrait(), **SMALL, "text": "We move both maps. " * 60}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with seaweedfs() as made:
        yield made


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Platform]:
    with platform() as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def worker(endpoint: Platform, bucket: Bucket) -> Iterator[Worker]:
    """The endpoint's only worker, in the SDK's own loop; its results go into the bucket."""
    settings = {
        "STORAGE_PROVIDER": "s3",
        "S3_BUCKET": bucket.name,
        "S3_ENDPOINT": bucket.endpoint_url,
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY_ID": bucket.access_key_id,
        "S3_SECRET_ACCESS_KEY": bucket.secret_access_key,
        "STORAGE_PREFIX": "talks",
        "ALLOWED_FETCH_SCHEMES": "https,http",
        "ALLOWED_ADDRESSES": _place(bucket),
    }
    with runpod_worker.at_work(endpoint, settings) as made:
        yield made


def _place(bucket: Bucket) -> str:
    return urlsplit(bucket.endpoint_url).netloc


def test_a_worker_puts_results_into_the_bucket_and_tells_nothing_after_the_end(
    endpoint: Platform, worker: Worker, tmp_path: Path
) -> None:
    held = endpoint.run({"input": {"portrait": portrait(), **SMALL, "text": "One two. " * 2}})
    endpoint.until(held.id, "COMPLETED")

    video = held.output["files"]["video"]
    assert "base64" not in video
    assert f"/talks/{FOLDER}/{held.id}/video.mp4" in video["url"]
    assert set(held.output["files"]) >= {"video", "poster", "timing.json"}
    path = tmp_path / "video.mp4"
    path.write_bytes(httpx.get(video["url"], timeout=120).raise_for_status().content)
    assert path.stat().st_size == video["bytes"]
    assert probe(path).height == 600
    assert held.output["timing"]["cold"] is True
    told = [word["progress"] for word in held.told if word != "done"]
    assert told
    assert told == sorted(told)
    assert held.told[-1] == "done"
    assert held.stop_pod is False
    assert "the worker is ready" in worker.log

    second = endpoint.run({"input": {"do": "speech", "input": "Hello.", "voice": QUICK_VOICE}})
    endpoint.until(second.id, "COMPLETED")
    assert second.output["timing"]["cold"] is False
    assert held.status == "COMPLETED"


def test_a_job_that_the_platform_stops_ends_and_the_next_one_runs(
    endpoint: Platform, worker: Worker
) -> None:
    held = endpoint.run({"input": LONG})
    endpoint.until_told(held.id)
    endpoint.cancel(held.id)

    second = endpoint.run({"input": {"do": "speech", "input": "Hello.", "voice": QUICK_VOICE}})
    endpoint.until(second.id, "COMPLETED")

    assert held.status == "CANCELLED"
    assert "done" not in held.told
    assert "job.canceled" in worker.log


def test_a_job_beyond_its_time_is_ended_by_itself_or_by_the_platform(
    endpoint: Platform, worker: Worker
) -> None:
    held = endpoint.run({"input": {**LONG, "deadline_seconds": 1}})
    limited = endpoint.run({"input": LONG, "policy": {"executionTimeout": 1_000}})
    last = endpoint.run({"input": {"do": "health"}})
    endpoint.until(last.id, "COMPLETED")

    assert held.status == "FAILED"
    assert json.loads(str(held.error))["code"] == "DEADLINE_EXCEEDED"
    assert limited.status == "TIMED_OUT"
    assert "done" not in limited.told


@pytest.fixture(scope="module")
def sound(endpoint: Platform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Speech, made by the endpoint."""
    path = tmp_path_factory.mktemp("sound") / "sound.wav"
    given = {
        "do": "speech",
        "input": "We move both maps.",
        "voice": QUICK_VOICE,
        "response_format": "wav",
    }
    held = endpoint.run({"input": given})
    endpoint.until(held.id, "COMPLETED")
    path.write_bytes(
        httpx.get(held.output["files"]["audio"]["url"], timeout=120).raise_for_status().content
    )
    return path


def relay(endpoint: Platform, bucket: Bucket) -> Relay:
    host, _, port = _place(bucket).rpartition(":")
    ways = pod_stage.ways((host, int(port)))
    pod = Pod(
        name="endpoint",
        url=f"{endpoint.url}/{ENDPOINT}",
        contract=Contract.SERVERLESS,
        token=KEY,
        engines=("portrait",),
    )
    limits = Limits(ask_seconds=20, transfer_seconds=60, stall_seconds=20)
    return Relay(pod, lambda pod: ServerlessClient(pod, ways, limits), RelayRules())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portrait at 512 by 640, which is soon rendered."""
    picture = load_own_picture(runpod_worker.FIXTURES / "portrait.png")
    path = tmp_path_factory.mktemp("picture") / "portrait.png"
    save_picture(Picture(pixels=picture.pixels[::2, ::2]), path)
    return path


def order(picture: Path, sound: Path, **given: Any) -> Order:
    facts = {"engine": "portrait", "portrait": picture, "sound": sound, "seconds": 1.6, **given}
    return Order(key="vid_1-1", **facts)


def test_our_client_gets_a_video_from_our_worker_by_links_where_files_are_large(
    endpoint: Platform, bucket: Bucket, small: Path, sound: Path, tmp_path: Path
) -> None:
    store = S3Storage(
        S3Options(
            bucket=bucket.name,
            endpoint_url=bucket.endpoint_url,
            access_key_id=bucket.access_key_id,
            secret_access_key=bucket.secret_access_key,
        )
    )
    long = tmp_path / "long.wav"
    _lengthened(sound, long, REQUEST_BYTES)
    store.put("in/portrait.png", small, content_type="image/png")
    store.put("in/sound.wav", sound, content_type="audio/wav")
    links = {"portrait": store.link("in/portrait.png"), "sound": store.link("in/sound.wav")}

    path = tmp_path / "video.mp4"
    relay(endpoint, bucket).run(
        order(small, long, links=links), path, pod_stage.Watcher(), seconds=120
    )
    store.close()

    assert 1 < probe(path).frames / 25 < 5


def test_what_is_wrong_with_an_order_comes_back_as_such(
    endpoint: Platform, bucket: Bucket, sound: Path, tmp_path: Path
) -> None:
    grey = tmp_path / "grey.png"
    save_picture(Picture(pixels=np.full((600, 600, 3), 128, np.uint8)), grey)

    with pytest.raises(FaceNotFound):
        relay(endpoint, bucket).run(
            order(grey, sound),
            tmp_path / "video.mp4",
            pod_stage.Watcher(),
            seconds=120,
        )


def _lengthened(sound: Path, path: Path, size: int) -> None:
    """The same file, but larger."""
    shutil.copy(sound, path)
    with path.open("r+b") as file:
        file.truncate(size)


def test_a_worker_that_is_told_to_end_does_so(worker: Worker) -> None:
    assert worker.stop() == 0
    assert list((worker.log_file.parent / "scratch").iterdir()) == []
