"""The numbers that Prometheus scrapes: their names, their buckets, and where they come from."""

import threading
from collections import Counter as Counted
from collections.abc import Iterator
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from talkies.telemetry.fleet import FinishedJob, Fleet, FleetState
from talkies.telemetry.gpu import Gpu, GpuWatch

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

#: Seconds: from an answer out of memory to an upload of 50 MB.
REQUEST_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

#: Seconds: S7 alerts at 180 s, so that is a bound, and around it they lie close.
WORK_BUCKETS: Final = (
    *(0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 150, 180),
    *(240, 300, 450, 600, 900, 1800, 3600),
)

#: Seconds of rendering for a second of video: a laptop at 480p to a large model at 1080p.
RATIO_BUCKETS: Final = (0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 40, 80, 160)


class Metrics:
    """All metrics of this process, in a registry of its own.

    What a request does is counted here, as it happens. What jobs do is read from the database
    when somebody looks, because the worker that did it is another process: every API process
    tells the same, and a chart takes one of them (`max`), not their sum.
    """

    def __init__(self, *, version: str, revision: str, fleet: Fleet, gpus: GpuWatch) -> None:
        self._registry = CollectorRegistry()
        self._fleet = fleet
        self._scraping = threading.Lock()
        self._name_requests()
        self._name_jobs()
        self._registry.register(_Now(fleet, gpus, version, revision))
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request; `route` is the template, never the path."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(method, route).observe(seconds)

    def asked_by(self, key_id: str | None) -> None:
        """One request of a known key, or of the sign-in session."""
        self._by_key.labels(key_id or "session").inc()

    def exposition(self) -> bytes:
        """Everything, as Prometheus reads it."""
        with self._scraping:
            for job in self._fleet.finished():
                self._ended(job)
            for outcome, count in self._fleet.tries().items():
                self._deliveries.labels(outcome).inc(count)
            return generate_latest(self._registry)

    def names(self) -> tuple[str, ...]:
        """The names of all metrics of ours that there can be."""
        ours = {family.name for family in self._registry.collect()} | set(GPU_METRICS)
        counters = {family.name for family in self._registry.collect() if family.type == "counter"}
        full = {f"{name}_total" if name in counters else name for name in ours}
        return tuple(sorted(name for name in full if name.startswith("talkies_")))

    def _name_requests(self) -> None:
        at = self._registry
        self._requests = Counter(
            "talkies_http_requests",
            "Answered requests.",
            ("method", "route", "status"),
            registry=at,
        )
        self._request_seconds = Histogram(
            "talkies_http_request_seconds",
            "Seconds from a request to the last byte of its answer.",
            ("method", "route"),
            buckets=REQUEST_BUCKETS,
            registry=at,
        )
        self._by_key = Counter(
            "talkies_requests_by_key", "Requests by the id of the key.", ("key",), registry=at
        )
        self._deliveries = Counter(
            "talkies_webhook_deliveries", "Tries to deliver a webhook.", ("outcome",), registry=at
        )

    def _name_jobs(self) -> None:
        at = self._registry
        self._jobs = Counter("talkies_jobs", "Ended jobs.", ("kind", "status"), registry=at)
        self._failures = Counter(
            "talkies_job_failures",
            "Failed jobs by code.",
            ("code",),
            registry=at,
        )
        self._job_seconds = Histogram(
            "talkies_job_seconds",
            "Seconds of work of a job that succeeded.",
            ("kind",),
            buckets=WORK_BUCKETS,
            registry=at,
        )
        self._stage_seconds = Histogram(
            "talkies_stage_seconds",
            "Seconds of one stage of a job.",
            ("stage",),
            buckets=WORK_BUCKETS,
            registry=at,
        )
        self._ratio = Histogram(
            "talkies_render_seconds_per_video_second",
            "Seconds of rendering for each second of video.",
            ("engine",),
            buckets=RATIO_BUCKETS,
            registry=at,
        )
        self._gpu_seconds = Counter(
            "talkies_gpu_seconds", "Seconds in which jobs held a GPU.", ("engine",), registry=at
        )
        self._cost = Counter(
            "talkies_cost", "Cost of ended jobs, in the configured currency.", registry=at
        )

    def _ended(self, job: FinishedJob) -> None:
        self._jobs.labels(job.kind, job.status).inc()
        self._gpu_seconds.labels(job.engine or "none").inc(max(0.0, job.gpu_seconds))
        self._cost.inc(max(0.0, job.cost))
        for stage, seconds in job.stages.items():
            self._stage_seconds.labels(stage).observe(seconds)
        if job.status == "failed":
            self._failures.labels(job.error_code or "INTERNAL").inc()
        if job.status == "succeeded":
            self._job_seconds.labels(job.kind).observe(job.seconds)
            self._rendered(job)

    def _rendered(self, job: FinishedJob) -> None:
        render = job.stages.get("render")
        if render is not None and job.media_seconds > 0:
            self._ratio.labels(job.engine or "none").observe(render / job.media_seconds)


#: Metrics that are there only where there is a GPU.
GPU_METRICS: Final = {
    "talkies_gpu_utilization": "Share of the last second in which this GPU computed, 0 to 1.",
    "talkies_gpu_memory_used_bytes": "GPU memory in use.",
    "talkies_gpu_memory_bytes": "GPU memory there is.",
}


class _Now(Collector):
    """What is the case at the moment of a scrape."""

    def __init__(self, fleet: Fleet, gpus: GpuWatch, version: str, revision: str) -> None:
        self._fleet = fleet
        self._gpus = gpus
        self._build = (version, revision)

    def describe(self) -> Iterator[Metric]:
        """Nothing: else the registry would ask the database for the names."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The families, with the values of this moment."""
        build = GaugeMetricFamily(
            "talkies_build_info", "1, with what runs.", labels=("version", "revision")
        )
        build.add_metric(self._build, 1)
        yield build
        state = self._fleet.state()
        yield from _health(state)
        if state.database_up:
            yield from _queues(state)
            yield from _numbers(state)
            yield from _pods(state)
        yield from _gpu_families(self._gpus.gpus())


def _health(state: FleetState) -> Iterator[Metric]:
    for name, up in (("database", state.database_up), ("storage", state.storage_up)):
        yield GaugeMetricFamily(f"talkies_{name}_up", f"1 while the {name} answers.", float(up))


def _queues(state: FleetState) -> Iterator[Metric]:
    depth = GaugeMetricFamily("talkies_queue_depth", "Jobs that wait.", labels=("queue",))
    running = GaugeMetricFamily("talkies_queue_running", "Jobs that run.", labels=("queue",))
    oldest = GaugeMetricFamily(
        "talkies_queue_oldest_seconds", "Age of the job that waits longest.", labels=("queue",)
    )
    for queue in state.queues:
        depth.add_metric((queue.name,), queue.waiting)
        running.add_metric((queue.name,), queue.running)
        oldest.add_metric((queue.name,), queue.oldest_seconds)
    yield from (depth, running, oldest)


def _numbers(state: FleetState) -> Iterator[Metric]:
    workers = GaugeMetricFamily("talkies_workers", "Workers by state.", labels=("state",))
    for name in ("ready", "draining", "lost"):
        workers.add_metric((name,), state.workers.get(name, 0))
    yield workers
    yield GaugeMetricFamily(
        "talkies_cost_today", "Cost of jobs that ended since midnight UTC.", state.cost_today
    )
    yield GaugeMetricFamily(
        "talkies_webhook_pending", "Deliveries that wait for a try.", state.deliveries_pending
    )


def _pods(state: FleetState) -> Iterator[Metric]:
    """Pods by how they are, and each with its work and price."""
    counts = GaugeMetricFamily("talkies_pods", "Remote pods by state.", labels=("state",))
    for name, count in sorted(Counted(pod.state for pod in state.pods).items()):
        counts.add_metric((name,), count)
    videos = GaugeMetricFamily("talkies_pod_videos", "Videos on a remote pod.", labels=("pod",))
    prices = GaugeMetricFamily(
        "talkies_pod_price_per_hour", "Price of a remote pod, where it is known.", labels=("pod",)
    )
    for pod in state.pods:
        videos.add_metric((pod.name,), pod.videos)
        if pod.price_per_hour is not None:
            prices.add_metric((pod.name,), pod.price_per_hour)
    yield from (counts, videos, prices)


def _gpu_families(gpus: tuple[Gpu, ...]) -> Iterator[Metric]:
    if not gpus:
        return
    families = {
        name: GaugeMetricFamily(name, text, labels=("gpu", "name"))
        for name, text in GPU_METRICS.items()
    }
    for gpu in gpus:
        values = (gpu.utilization, gpu.memory_used_bytes, gpu.memory_bytes)
        for family, value in zip(families.values(), values, strict=True):
            if value is not None:
                family.add_metric((str(gpu.index), gpu.name), value)
    yield from families.values()
