from dataclasses import replace
from pathlib import Path

import pytest
from api_client import client_of, key_with
from service_stage import Stage, built

from talkies.api.services import HttpOptions
from talkies.engines.registry import EngineRegistry
from talkies.errors import StorageRefused
from talkies.studio.access.principal import Scope
from talkies.studio.engines import EngineCatalog
from talkies.studio.health.readiness import Probe, Readiness
from talkies.studio.health.report import Build, Health
from talkies.telemetry.gpu import GpuWatch

AWAY = ("203.0.113.9", 50_000)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


def health(folder: Path) -> Health:
    driver = folder / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho '0, NVIDIA L4, 25, 10, 100'\n")
    driver.chmod(0o755)
    return Health(
        Build(version="9", git_sha="f00"),
        gpus=GpuWatch(str(driver)),
        engines=EngineCatalog(EngineRegistry()),
        warm=lambda: {"character", "portrait"},
        bucket="films",
    )


@pytest.mark.parametrize("path", ["/health", "/healthz", "/livez", "/readyz"])
def test_health_needs_no_key(stage: Stage, path: str) -> None:
    with client_of(stage, "", address=AWAY) as client:
        assert client.get(path).status_code == 200


def test_health_says_where_files_are(stage: Stage, tmp_path: Path) -> None:
    with client_of(stage, "") as client:
        assert client.get("/health").json() == {
            "status": "ok",
            "version": "1.2.3",
            "s3_enabled": False,
            "s3_bucket": None,
        }
    stage = replace(stage, services=replace(stage.services, health=health(tmp_path)))
    with client_of(stage, "") as client:
        assert client.get("/health").json()["s3_bucket"] == "films"


def test_healthz_tells_of_the_gpu_and_of_warm_engines(stage: Stage, tmp_path: Path) -> None:
    stage = replace(stage, services=replace(stage.services, health=health(tmp_path)))
    with client_of(stage, "") as client:
        told = client.get("/healthz").json()
    assert told["git_sha"] == "f00"
    assert told["gpu"]["available"]
    assert told["gpu"]["name"] == "NVIDIA L4"
    assert told["gpu"]["memory_bytes"] == 100 << 20
    assert told["engines"] == [
        {"id": "character", "ready": True, "warm": True, "reason": ""},
        {"id": "portrait", "ready": True, "warm": True, "reason": ""},
    ]
    assert told["warm"]


def test_without_a_gpu_healthz_says_so(stage: Stage) -> None:
    with client_of(stage, "") as client:
        told = client.get("/healthz").json()
    assert told["gpu"] == {
        "available": False,
        "name": None,
        "memory_bytes": None,
        "memory_used_bytes": None,
        "utilization": None,
        "count": 0,
    }
    assert not told["warm"]


def broken() -> None:
    raise StorageRefused("The bucket is gone.", hint="Check S3_BUCKET.")


def test_a_server_that_cannot_work_says_which_part_and_what_mends_it(stage: Stage) -> None:
    readiness = Readiness([Probe("database", lambda: None), Probe("storage", broken)])
    stage = replace(stage, services=replace(stage.services, readiness=readiness))
    with client_of(stage, "") as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    error = answer.json()["error"]
    assert error["details"] == {"parts": ["storage"]}
    assert (error["message"], error["hint"]) == ("The bucket is gone.", "Check S3_BUCKET.")


def test_metrics_are_in_prometheus_format(stage: Stage) -> None:
    with client_of(stage) as client:
        client.get("/livez")
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert (
        'talkies_http_requests_total{method="GET",route="/livez",status="200"} 1.0' in answer.text
    )
    assert "talkies_storage_up 1.0" in answer.text


@pytest.mark.parametrize(
    ("address", "base", "headers"),
    [
        (AWAY, "http://localhost", {}),
        (("127.0.0.1", 1), "http://localhost", {"X-Forwarded-For": "203.0.113.9"}),
        (("127.0.0.1", 1), "http://localhost", {"Forwarded": "for=203.0.113.9"}),
        (("127.0.0.1", 1), "http://rebound.example", {}),
        (("localname", 1), "http://localhost", {}),
    ],
)
def test_a_stranger_sees_no_metrics(
    stage: Stage, address: tuple[str, int], base: str, headers: dict[str, str]
) -> None:
    with client_of(stage, "", address=address) as client:
        client.base_url = base
        assert client.get("/metrics", headers=headers).status_code == 401


@pytest.mark.parametrize("base", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:80"])
def test_the_machine_itself_sees_metrics_without_a_key(stage: Stage, base: str) -> None:
    with client_of(stage, "") as client:
        client.base_url = base
        assert client.get("/metrics").status_code == 200


def test_from_elsewhere_metrics_need_an_admins_key(stage: Stage) -> None:
    with client_of(stage, key_with(stage, Scope.VIDEOS), address=AWAY) as client:
        assert client.get("/metrics").status_code == 403
    with client_of(stage, address=AWAY) as client:
        assert client.get("/metrics").status_code == 200


def test_metrics_can_be_opened_to_all(tmp_path: Path) -> None:
    stage = built(tmp_path, http=HttpOptions(metrics_public=True))
    with client_of(stage, "", address=AWAY) as client:
        assert client.get("/metrics").status_code == 200
