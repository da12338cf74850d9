import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from talkies.telemetry.fleet import FinishedJob, FleetState, PodLoad, QueueLoad
from talkies.telemetry.gpu import GpuWatch
from talkies.telemetry.metrics import GPU_METRICS, Metrics

PAGE = Path(__file__).parents[3] / "docs/reference/metrics.md"

JOB = FinishedJob(
    kind="video",
    engine="portrait",
    status="succeeded",
    error_code=None,
    seconds=12.0,
    stages={"fetch": 0.5, "render": 9.0},
    media_seconds=6.0,
    gpu_seconds=0.0,
    cost=0.25,
)


class StillFleet:
    """An installation in which nothing happens but what is said."""

    def __init__(self, state: FleetState | None = None, *jobs: FinishedJob) -> None:
        self._state = state or FleetState()
        self._jobs = list(jobs)
        self._tries = {"delivered": 2, "failed": 1}

    def state(self) -> FleetState:
        return self._state

    def finished(self) -> Sequence[FinishedJob]:
        jobs, self._jobs = self._jobs, []
        return jobs

    def tries(self) -> Mapping[str, int]:
        tries, self._tries = self._tries, {}
        return tries


def made(fleet: StillFleet, driver: str = "/nowhere/nvidia-smi") -> Metrics:
    return Metrics(version="1.2", revision="abc", fleet=fleet, gpus=GpuWatch(driver))


def samples(metrics: Metrics) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_requests_are_counted_by_their_route() -> None:
    metrics = made(StillFleet())
    for status in (200, 200, 404):
        metrics.request(method="GET", route="/v1/videos/{id}", status=status, seconds=0.02)
    metrics.asked_by("key_1")
    metrics.asked_by(None)
    seen = samples(metrics)
    route = "method=GET,route=/v1/videos/{id}"
    assert seen[f"talkies_http_requests_total{{{route},status=200}}"] == 2
    assert seen[f"talkies_http_requests_total{{{route},status=404}}"] == 1
    assert seen[f"talkies_http_request_seconds_count{{{route}}}"] == 3
    assert seen["talkies_requests_by_key_total{key=key_1}"] == 1
    assert seen["talkies_requests_by_key_total{key=session}"] == 1


def test_the_state_of_the_installation_is_told() -> None:
    state = FleetState(
        queues=(QueueLoad(name="portrait", waiting=3, running=1, oldest_seconds=7.5),),
        workers={"ready": 2},
        cost_today=1.5,
        storage_up=True,
        deliveries_pending=4,
    )
    seen = samples(made(StillFleet(state)))
    assert seen["talkies_queue_depth{queue=portrait}"] == 3
    assert seen["talkies_queue_running{queue=portrait}"] == 1
    assert seen["talkies_queue_oldest_seconds{queue=portrait}"] == 7.5
    assert seen["talkies_workers{state=ready}"] == 2
    assert seen["talkies_workers{state=lost}"] == 0
    assert seen["talkies_cost_today{}"] == 1.5
    assert seen["talkies_storage_up{}"] == 1
    assert seen["talkies_webhook_pending{}"] == 4
    assert seen["talkies_build_info{revision=abc,version=1.2}"] == 1


def test_pods_are_counted_and_each_has_its_work_and_price() -> None:
    facts = {"videos": 1, "price_per_hour": 0.86}
    pods = (
        PodLoad(name="a", state="ready", **facts),  # type: ignore[arg-type]
        PodLoad(name="b", state="ready", videos=0, price_per_hour=None),
        PodLoad(name="c", state="down", videos=0, price_per_hour=None),
    )
    seen = samples(made(StillFleet(FleetState(pods=pods))))
    assert seen["talkies_pods{state=ready}"] == 2
    assert seen["talkies_pods{state=down}"] == 1
    assert (seen["talkies_pod_videos{pod=a}"], seen["talkies_pod_videos{pod=b}"]) == (1, 0)
    assert seen["talkies_pod_price_per_hour{pod=a}"] == 0.86
    assert "talkies_pod_price_per_hour{pod=b}" not in seen


def test_without_a_database_the_rest_is_still_told() -> None:
    metrics = made(StillFleet(FleetState(database_up=False, storage_up=True)))
    metrics.asked_by("key_1")
    seen = samples(metrics)
    assert seen["talkies_database_up{}"] == 0
    assert seen["talkies_storage_up{}"] == 1
    assert seen["talkies_requests_by_key_total{key=key_1}"] == 1
    assert "talkies_cost_today{}" not in seen


def test_a_job_that_rendered_nothing_says_nothing_of_rendering() -> None:
    speech = replace(JOB, kind="speech", stages={"speak": 1.0})
    seen = samples(made(StillFleet(None, speech)))
    assert not [name for name in seen if name.startswith("talkies_render") and "_sum" in name]


def test_ended_jobs_are_counted_once() -> None:
    failed = replace(JOB, status="failed", error_code="FACE_NOT_FOUND", stages={"fetch": 0.1})
    metrics = made(StillFleet(None, JOB, JOB, failed))
    samples(metrics)
    seen = samples(metrics)
    assert seen["talkies_jobs_total{kind=video,status=succeeded}"] == 2
    assert seen["talkies_jobs_total{kind=video,status=failed}"] == 1
    assert seen["talkies_job_failures_total{code=FACE_NOT_FOUND}"] == 1
    assert seen["talkies_job_seconds_count{kind=video}"] == 2
    assert seen["talkies_stage_seconds_count{stage=fetch}"] == 3
    assert seen["talkies_render_seconds_per_video_second_sum{engine=portrait}"] == 3.0
    assert seen["talkies_cost_total{}"] == 0.75
    assert seen["talkies_webhook_deliveries_total{outcome=delivered}"] == 2


def test_the_alert_at_180_seconds_has_a_bound_of_its_own() -> None:
    metrics = made(StillFleet(None, replace(JOB, seconds=179), replace(JOB, seconds=181)))
    assert samples(metrics)["talkies_job_seconds_bucket{kind=video,le=180.0}"] == 1


def test_a_failed_job_without_a_code_is_counted_as_ours() -> None:
    metrics = made(StillFleet(None, replace(JOB, status="failed", media_seconds=0)))
    assert samples(metrics)["talkies_job_failures_total{code=INTERNAL}"] == 1


def test_a_gpu_is_told_of_where_there_is_one(tmp_path: Path) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text(
        "#!/bin/sh\necho '0, NVIDIA L4, 50, 2, 4'\necho '1, NVIDIA L4, [N/A], 2, 4'\n"
    )
    driver.chmod(0o755)
    seen = samples(made(StillFleet(), str(driver)))
    assert seen["talkies_gpu_utilization{gpu=0,name=NVIDIA L4}"] == 0.5
    assert seen["talkies_gpu_memory_bytes{gpu=1,name=NVIDIA L4}"] == 4 << 20
    assert "talkies_gpu_utilization{gpu=1,name=NVIDIA L4}" not in seen
    absent = samples(made(StillFleet()))
    assert not [name for name in absent if name.startswith("talkies_gpu_util")]


def test_two_in_one_process_do_not_disturb_each_other() -> None:
    first, second = made(StillFleet()), made(StillFleet())
    first.asked_by("key_1")
    assert "talkies_requests_by_key_total{key=key_1}" not in samples(second)


@pytest.fixture(scope="module")
def documented() -> set[str]:
    return set(re.findall(r"^\| `(talkies_\w+)", PAGE.read_text(), re.MULTILINE))


def test_every_metric_is_on_its_page_and_no_other(documented: set[str]) -> None:
    assert set(made(StillFleet()).names()) == documented
    assert set(GPU_METRICS) < documented
