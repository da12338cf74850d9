"""A job as the API shows it: what every kind has, and the files of those that are finished."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from talkies.api.links import Links
from talkies.api.models import Answer, Moment
from talkies.api.services import Services
from talkies.jobs.jobs import stalled_since
from talkies.jobs.records import Document, Job, Status
from talkies.studio.videos.kind import KIND
from talkies.studio.videos.queueing import unserved
from talkies.studio.videos.service import Link

StatusName = Literal["queued", "running", "succeeded", "failed", "canceled"]


class JobError(Answer):
    """Why a job failed; the same fields as in an error answer."""

    code: str = Field(examples=["FACE_NOT_FOUND"])
    message: str = Field(examples=["No face was found in the picture."])
    details: dict[str, Any] = Field(default_factory=dict)
    retryable: bool = False
    hint: str = ""


class FileAnswer(Answer):
    """One file, with a fresh link that needs no key."""

    url: str = Field(examples=["https://api.example.com/v1/files/videos/vid_01….mp4?expires=…"])
    expires_at: Moment
    bytes: int
    content_type: str = Field(examples=["video/mp4"])
    sha256: str


class JobRecord(Answer):
    """A job as it is now."""

    id: str = Field(examples=["vid_01k9zzy0c0m5ysfcvd4cb4k4w1"])
    object: str = Field(description="The same as `kind`.", examples=["video"])
    kind: str = Field(examples=["video"])
    status: StatusName
    done: bool = Field(description="Whether it has ended: look at this, not at the status' name.")
    stage: str | None = Field(examples=["render"])
    progress: float = Field(ge=0, le=1, description="It never goes back within a run.")
    eta_seconds: float | None = Field(description="Until it is done, as far as is known.")
    queue_position: int | None = Field(
        description="1 starts next; null where it does not wait, and in lists."
    )
    attempts: int = Field(description="How often a worker began this run.")
    run: int = Field(description="Counts retries by hand, from 1.")
    dead_letter: bool = Field(description="Failed because every worker that held it died.")
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    heartbeat_at: Moment | None = Field(description="When its worker last gave a sign of life.")
    stalled_since: Moment | None = Field(
        description="Since when its worker gives none; another one takes the job over."
    )
    deadline_at: Moment | None
    cancel_requested_at: Moment | None
    warnings: list[str]
    error: JobError | None
    engine: str | None = Field(examples=["portrait"])
    engine_reason: str = Field(description="Why `auto` took it; empty where it was named.")
    output: dict[str, Any] | None = Field(
        description="Facts about the result; null until it has succeeded.",
        examples=[
            {
                "video": {
                    "width": 720,
                    "height": 720,
                    "fps": 25.0,
                    "seconds": 5.2,
                    "format": "mp4",
                },
                "engine": {"id": "portrait", "version": "0.1.0", "licence": "Apache-2.0"},
            }
        ],
    )
    files: dict[str, FileAnswer] = Field(
        description="Fresh links to what was made, by name; empty until it has succeeded, after "
        "the files were removed, and in lists."
    )
    expires_at: Moment | None = Field(description="When the files are removed; null keeps them.")
    removed_at: Moment | None = Field(description="When they were.")
    quality: dict[str, Any] | None = Field(
        description="How well the lips follow, measured on the finished frames; in lists without "
        "its measures.",
        examples=[{"schema": "talkies.score/1", "grade": "good"}],
    )
    metrics: dict[str, float | dict[str, float]] = Field(
        description="What was measured; `seconds` has the time of each stage."
    )
    metadata: dict[str, Any] = Field(description="As it was given.")
    user_id: str | None
    external_id: str | None
    urls: dict[str, str] = Field(
        description="Where to go from here.",
        examples=[{"self": "https://api.example.com/v1/videos/vid_01k9zzy0c0m5ysfcvd4cb4k4w1"}],
    )


def shown(
    services: Services, job: Job, urls: Mapping[str, str], links: Links, *, whole: bool = True
) -> JobRecord:
    """The record of a job; blocks. One of a list is not `whole`: no links, no queue position."""
    result = dict(job.result or {})
    position, eta = _line(services, job) if whole else (None, job.eta_seconds)
    return JobRecord(
        id=job.id,
        object=job.kind,
        kind=job.kind,
        status=job.status.value,
        done=job.done,
        stage=job.stage,
        progress=job.progress,
        eta_seconds=eta,
        queue_position=position,
        attempts=job.attempts,
        run=job.run,
        dead_letter=job.dead_letter,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        heartbeat_at=job.heartbeat_at,
        stalled_since=stalled_since(job, services.clock()),
        deadline_at=job.deadline_at,
        cancel_requested_at=job.cancel_requested_at,
        warnings=[*job.warnings, *(_doubts(services, job) if whole else ())],
        error=None if job.error is None else JobError.model_validate(dict(job.error)),
        engine=job.engine,
        engine_reason=str(job.request.get("engine_reason", "")),
        quality=_quality(result.pop("quality", None), whole=whole),
        output=result if job.status is Status.SUCCEEDED else None,
        files=_files(services, job, links) if whole else {},
        expires_at=job.expires_at,
        removed_at=job.swept_at,
        metrics=dict(job.metrics),
        metadata=dict(job.metadata),
        user_id=job.user_id,
        external_id=job.external_id,
        urls={name: links.to(path) for name, path in urls.items()},
    )


def _line(services: Services, job: Job) -> tuple[int | None, float | None]:
    """Its place in the line, and seconds until it is done, as far as they are known."""
    position = services.jobs.queue_position(job) if job.waiting else None
    return position, services.videos.eta(job, position) if job.kind == KIND else job.eta_seconds


def _doubts(services: Services, job: Job) -> tuple[str, ...]:
    """What stands in the way of a job that waits."""
    if not job.waiting or job.engine is None:
        return ()
    return unserved(services.jobs, job.engine)


def _quality(quality: Document | None, *, whole: bool) -> dict[str, Any] | None:
    """The score; in a list without its many measures."""
    if quality is None or whole:
        return None if quality is None else dict(quality)
    return {name: value for name, value in quality.items() if not isinstance(value, list | dict)}


def _files(services: Services, job: Job, links: Links) -> dict[str, FileAnswer]:
    return {name: _file(link, links) for name, link in services.videos.links(job).items()}


def _file(link: Link, links: Links) -> FileAnswer:
    return FileAnswer(
        url=links.to(link.url),
        expires_at=link.expires_at,
        bytes=link.bytes,
        content_type=link.content_type,
        sha256=link.sha256,
    )
