"""What `/api/sadtalker/*` answers (S10): a queue's words for our jobs."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from talkies.api.models import Answer, Moment
from talkies.api.services import Services
from talkies.jobs.records import Job, Status

#: BullMQ's words for what a job does.
StateName = Literal["waiting", "active", "completed", "failed"]
STATES: Final[Mapping[Status, StateName]] = {
    Status.QUEUED: "waiting",
    Status.RUNNING: "active",
    Status.SUCCEEDED: "completed",
    Status.FAILED: "failed",
    Status.CANCELED: "failed",
}


class FrontError(Answer):
    """A request that was refused: the seed's `error` is a text."""

    error: str
    code: str
    hint: str
    details: dict[str, Any]
    requestId: str  # noqa: N815


class FrontCreated(Answer):
    """A job that was accepted."""

    jobId: str  # noqa: N815
    state: Literal["queued"] = "queued"


class FrontResult(Answer):
    """A video that is there."""

    videoUrl: str  # noqa: N815
    remoteJobId: str  # noqa: N815
    durationMs: int = Field(description="From its beginning to its end.")  # noqa: N815
    storage: dict[str, str] | None


class FrontFailure(Answer):
    """Why there is no video."""

    message: str
    reason: str


class FrontStatus(Answer):
    """How far a job is."""

    jobId: str  # noqa: N815
    remoteJobId: str = Field(description="Its id in `/v1`.")  # noqa: N815
    state: StateName
    progress: float = Field(ge=0, le=100, description="Percent.")
    attempts: int
    result: FrontResult | None
    error: FrontFailure | None


class HistoryItem(Answer):
    """One finished video of a user."""

    jobId: str  # noqa: N815
    remoteJobId: str  # noqa: N815
    videoUrl: str  # noqa: N815
    durationMs: int  # noqa: N815
    createdAt: Moment  # noqa: N815
    options: dict[str, Any] | None


class FrontHistory(Answer):
    """A user's videos, newest first."""

    items: list[HistoryItem]


def result_of(job: Job, url: str | None, storage: Mapping[str, str] | None) -> FrontResult | None:
    if url is None:
        return None
    began, ended = job.started_at or job.created_at, job.finished_at or job.created_at
    return FrontResult(
        videoUrl=url,
        remoteJobId=job.id,
        durationMs=max(0, ended - began),
        storage=None if storage is None else dict(storage),
    )


def history_item(services: Services, job: Job, base_url: str) -> HistoryItem | None:
    """None where retention has removed the video."""
    known = services.sadtalker.response(job, base_url)
    made = result_of(job, known.download_url, known.storage)
    if made is None:
        return None
    return HistoryItem(
        jobId=job.external_id or job.id,
        remoteJobId=job.id,
        videoUrl=made.videoUrl,
        durationMs=made.durationMs,
        createdAt=job.finished_at or job.created_at,
        options=job.request.get("seed_options", {}).get("options"),
    )
