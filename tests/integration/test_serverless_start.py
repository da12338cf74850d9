"""How a serverless worker starts: with nothing of others, and never without an answer."""

import json
import threading
import time
from pathlib import Path

import pytest

from talkies.errors import Misconfigured
from talkies.settings import Settings, load
from talkies.studio.serverless.desk import Order
from talkies.wiring.serverless import private, serverless_desk


def settings(**variables: str) -> Settings:
    return load(environ=variables, env_file=None)


def test_nothing_of_a_worker_is_shared_with_others(tmp_path: Path) -> None:
    given = settings(
        DATABASE_URL="postgresql://user:password@host/name",
        REDIS_URL="redis://host",
        DATA_DIR="/runpod-volume/talkies",
        SCRATCH_DIR="/runpod-volume/scratch",
        STORAGE_PROVIDER="r2",
        R2_ACCOUNT_ID="account",
        R2_BUCKET_NAME="bucket",
        R2_ACCESS_KEY_ID="id",
        R2_SECRET_ACCESS_KEY="secret",  # noqa: S106 - of nothing
        WORKER_CONCURRENCY="4",
        ENGINES="portrait",
    )

    own = private(given, tmp_path)

    assert own.database == f"sqlite:///{tmp_path}/talkies.db"
    assert own.limits_storage == "memory://"
    assert own.provider == "local"
    assert own.storage_folder.is_relative_to(tmp_path)
    assert own.scratch_folder.is_relative_to(tmp_path)
    assert own.worker_concurrency == 1
    assert own.engines == ("portrait",)


def test_a_worker_sends_no_work_on(tmp_path: Path) -> None:
    given = settings(
        RUNPOD_API_KEY="rpa_1",
        RUNPOD_ENDPOINT_IDS="ep1,ep2",
        RUNPOD_ALLOW_CREATE="true",
        SADTALKER_RUNPOD_ENDPOINTS="https://pod.example|token|key",
        PODS="https://pod.example|token|key",
        POD_ENGINES="sadtalker",
    )

    own = private(given, tmp_path)

    assert own.runpod_api_key is None
    assert own.runpod_endpoint_ids == ()
    assert own.runpod_allow_create is False
    assert own.sadtalker_runpod_endpoints is None
    assert own.pods is None
    assert own.pod_engines == ()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"PULL_WEIGHTS": "true", "HF_ENDPOINT": "http://127.0.0.1:1"}, "DOWNLOAD_FAILED"),
        ({}, "ENGINE_NOT_INSTALLED"),
    ],
)
def test_a_worker_that_cannot_work_says_why(
    tmp_path: Path, more: dict[str, str], code: str
) -> None:
    given = settings(ENGINES="ditto", ENGINES_ROOT=str(tmp_path), **more)
    order = Order.read({"id": "1", "input": {"text": "Hi."}})

    with serverless_desk(given, time.monotonic()) as desk:
        answer = desk.serve(order, threading.Event(), lambda _: None)

    assert json.loads(answer["error"])["code"] == code
    assert answer["refresh_worker"] is True


def test_a_folder_that_cannot_be_made_is_a_setting_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    given = settings(SCRATCH_DIR=str(tmp_path / "file/scratch"))

    with (
        pytest.raises(Misconfigured, match="No folder can be made"),
        serverless_desk(given, time.monotonic()),
    ):
        raise AssertionError("it began to work")
