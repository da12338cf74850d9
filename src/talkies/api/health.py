"""What machines ask to know whether this one is well: health, readiness, metrics."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from talkies.api.auth import principal
from talkies.api.loopback import from_this_machine
from talkies.api.models import Answer
from talkies.api.openapi import answers
from talkies.api.requests import ServicesDep
from talkies.errors import Forbidden, RateLimited, Unauthenticated, Unavailable
from talkies.studio.access.principal import Scope
from talkies.telemetry.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])

GIT_SHA: Final = "8b06f0e3b1c9d2a4f5e6d7c8b9a0f1e2d3c4b5a6"


class HealthAnswer(Answer):
    """This process answers. A superset of what the seeds' own servers say."""

    status: Literal["ok"] = "ok"
    version: str = Field(examples=["0.1.0"])
    s3_enabled: bool = Field(description="Whether files are kept in an S3 bucket.")
    s3_bucket: str | None = Field(description="Its name.", examples=["talkies"])


class GpuAnswer(Answer):
    """The first GPU of this machine."""

    available: bool
    name: str | None = Field(default=None, examples=["NVIDIA L4"])
    memory_bytes: int | None = Field(default=None, examples=[24_152_899_584])
    memory_used_bytes: int | None = None
    utilization: float | None = Field(default=None, description="0 to 1.", examples=[0.4])
    count: int = Field(description="GPUs of this machine.")


class EngineHealthAnswer(Answer):
    """One engine as it is in this process."""

    id: str = Field(examples=["portrait"])
    ready: bool
    warm: bool = Field(description="Whether its models are in memory.")
    reason: str = Field(description="Why it is not ready.", examples=[""])


class HealthzAnswer(Answer):
    """What runs here, and what it runs on."""

    status: Literal["ok"] = "ok"
    version: str = Field(examples=["0.1.0"])
    git_sha: str = Field(examples=[GIT_SHA])
    gpu: GpuAnswer
    engines: list[EngineHealthAnswer]
    warm: bool = Field(description="Whether every engine that is ready is warm.")


class LiveAnswer(Answer):
    """The process runs."""

    status: Literal["alive"] = "alive"


class PartAnswer(Answer):
    """One part that is needed, and how it is."""

    name: str = Field(examples=["database"])
    ok: bool


class ReadyAnswer(Answer):
    """Every part that is needed is well."""

    status: Literal["ready"] = "ready"
    parts: list[PartAnswer]


@router.get("/health", summary="Is it there?")
async def get_health(services: ServicesDep) -> HealthAnswer:
    """Answers without looking at anything: it costs nothing and needs nothing."""
    told = services.health
    return HealthAnswer(
        version=told.build.version, s3_enabled=told.bucket is not None, s3_bucket=told.bucket
    )


@router.get("/healthz", summary="What runs, and on what")
def get_healthz(services: ServicesDep) -> HealthzAnswer:
    """Version, GPU, and whether the engines' models are loaded. Needs no database."""
    report = services.health.report()
    first = report.gpus[0] if report.gpus else None
    gpu = GpuAnswer(available=False, count=0)
    if first is not None:
        gpu = GpuAnswer(
            available=True,
            name=first.name,
            memory_bytes=first.memory_bytes,
            memory_used_bytes=first.memory_used_bytes,
            utilization=first.utilization,
            count=len(report.gpus),
        )
    return HealthzAnswer(
        version=report.build.version,
        git_sha=report.build.git_sha,
        gpu=gpu,
        engines=[
            EngineHealthAnswer(id=one.id, ready=one.ready, warm=one.warm, reason=one.reason)
            for one in report.engines
        ],
        warm=report.warm,
    )


@router.get("/livez", summary="Does the process run?")
async def get_livez() -> LiveAnswer:
    """For an orchestrator that restarts what does not answer; it looks at nothing else."""
    return LiveAnswer()


@router.get("/readyz", summary="Can it do its work?", responses=answers(Unavailable))
def get_readyz(services: ServicesDep) -> ReadyAnswer:
    """Database, tables, storage, and the worker where it is part of this process.

    503 names the parts that are not well in `details.parts`, with what mends them in `hint`.
    Answers are a few seconds old at most.
    """
    services.readiness.require()
    parts = services.readiness.parts()
    return ReadyAnswer(parts=[PartAnswer(name=part.name, ok=part.ok) for part in parts])


def may_scrape(request: Request, services: ServicesDep) -> None:
    """Let an admin's key pass, the machine itself, and everyone where the operator said so."""
    if services.http.metrics_public or from_this_machine(request):
        return
    principal(request).require(Scope.ADMIN)


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        **answers(Unauthenticated, Forbidden, RateLimited),
        200: {
            "description": "Prometheus' text format.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
    },
)
def get_metrics(services: ServicesDep, _: Annotated[None, Depends(may_scrape)]) -> Response:
    """Needs the scope `admin`, except from the machine itself or with `METRICS_PUBLIC=true`."""
    return Response(services.metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})
