"""Our whole service renders on an endpoint of RunPod Serverless, whose worker is ours too."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import runpod_worker
import served
from odd_stage import put_program
from runpod_endpoint import ENDPOINT, KEY, Platform, platform
from service_process import Client
from upstream_checkouts import Checkout, install

from talkies.media.video_reader import probe

ENGINE = "wav2lip"


@pytest.fixture
def engine(tmp_path: Path) -> Checkout:
    """An engine that is installed where the endpoint's workers are, and nowhere else."""
    return install(tmp_path / "far", ENGINE)


@pytest.fixture
def endpoint(tmp_path: Path, engine: Checkout) -> Iterator[Platform]:
    programs = put_program(tmp_path / "programs", "nvidia-smi", "echo 81559").parent
    settings = {
        "ENGINES": ENGINE,
        "ENGINES_ROOT": str(engine.home.root),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    with platform() as made, runpod_worker.at_work(made, settings):
        yield made


def test_a_video_is_rendered_on_an_endpoint(
    tmp_path: Path, engine: Checkout, endpoint: Platform
) -> None:
    pods = [
        {
            "url": f"{endpoint.url}/{ENDPOINT}",
            "contract": "runpod-serverless",
            "token": KEY,
            "engines": [ENGINE],
            "concurrency": 5,
        }
    ]
    environment = {"PODS": json.dumps(pods), "ENGINES_ROOT": str(tmp_path / "near")}

    with (
        served.running(tmp_path / "service", environment=environment) as service,
        Client(service.url, service.key) as client,
    ):
        job = client.create(
            {"portrait": runpod_worker.FIXTURES / "portrait.png"},
            text="We move both maps.",
            engine=ENGINE,
            score="false",
            output='{"resolution": "480p"}',
        )
        record = client.finished(job["id"])
        assert record["status"] == "succeeded", record
        path = tmp_path / "video.mp4"
        path.write_bytes(client.http.get(f"/v1/videos/{job['id']}/content").content)

    (held,) = endpoint.jobs.values()
    assert held.status == "COMPLETED"
    assert held.input["engine"] == ENGINE
    assert len(engine.runs()) == 1
    assert (probe(path).width, probe(path).height) == (480, 600)
