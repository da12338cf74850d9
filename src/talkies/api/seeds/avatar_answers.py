"""The answers of the avatar API (S1): our jobs in its four statuses."""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from pydantic import Field
from starlette.responses import JSONResponse

from talkies.api.errors import answer
from talkies.api.models import Answer, Moment
from talkies.api.seeds.avatar_errors import UnusableInput
from talkies.errors import TalkiesError
from talkies.jobs.records import Job, Status

StatusName: TypeAlias = Literal["pending", "processing", "completed", "failed"]

#: avatar-api-tech-spec, *Status Polling UX*.
STATUSES: Final[Mapping[Status, StatusName]] = {
    Status.QUEUED: "pending",
    Status.RUNNING: "processing",
    Status.SUCCEEDED: "completed",
    Status.FAILED: "failed",
    Status.CANCELED: "failed",
}

#: Statuses for which the avatar API knows no other word than 400.
UNUSABLE: Final = frozenset({415, 422})


#: Said of a job that somebody stopped, which the avatar API has no status for.
CANCELED: Final = {"code": "CANCELED", "message": "The job was canceled.", "details": {}}


class Meta(Answer):
    """What is said beside the data."""

    warnings: list[str] = Field(
        default_factory=list,
        exclude_if=lambda warnings: not warnings,
        description="What may spoil the video; absent where nothing does.",
    )


class Created(Answer):
    job_id: str = Field(examples=["vid_01k9zzy0c0m5ysfcvd4cb4k4w1"])


class CreatedAnswer(Answer):
    data: Created
    meta: Meta


class JobError(Answer):
    code: str = Field(examples=["FACE_NOT_FOUND"])
    message: str
    details: dict[str, Any] = Field(default_factory=dict)


class JobStatus(Answer):
    job_id: str
    status: StatusName
    progress: int = Field(ge=0, le=100, description="Percent of the work that is done.")
    estimated_completion: Moment | None = Field(
        description="When the video will be there, as far as is known; null before and after."
    )
    result_url: str | None = Field(description="Where to ask for the video, once it is completed.")
    error: JobError | None = Field(description="Why it failed.")


class StatusAnswer(Answer):
    data: JobStatus
    meta: Meta


class Result(Answer):
    job_id: str
    url: str = Field(description="A link to the video that needs no key.")
    expires_at: Moment = Field(description="Until when the link is good: 6 hours.")
    content_type: str
    bytes: int


class ResultAnswer(Answer):
    data: Result
    meta: Meta


def status_answer(job: Job, moment: int) -> StatusAnswer:
    """What `GET /status` says of a job at a moment (UTC ms)."""
    done = job.status is Status.SUCCEEDED
    known = JobStatus(
        job_id=job.id,
        status=STATUSES[job.status],
        # 100 is kept for a video that can be fetched.
        progress=100 if done else min(99, int(job.progress * 100)),
        estimated_completion=_completion(job, moment),
        result_url=f"/result/{job.id}" if done and job.swept_at is None else None,
        error=_error(job),
    )
    return StatusAnswer(data=known, meta=meta(warnings_of(job)))


def meta(warnings: tuple[str, ...] = ()) -> Meta:
    return Meta(warnings=list(warnings))


def warnings_of(job: Job) -> tuple[str, ...]:
    """What was found when the job was taken, then what was found at work."""
    at_first = tuple(job.request.get("seed_options", {}).get("warnings", ()))
    return tuple(dict.fromkeys((*at_first, *job.warnings)))


def _completion(job: Job, moment: int) -> int | None:
    if job.done or job.eta_seconds is None:
        return None
    return moment + round(job.eta_seconds * 1000)


def _error(job: Job) -> JobError | None:
    if job.status is Status.CANCELED:
        return JobError.model_validate(CANCELED)
    if job.error is None or job.status is not Status.FAILED:
        return None
    return JobError(
        code=job.error["code"],
        message=job.error["message"],
        details=dict(job.error.get("details") or {}),
    )


def reworded(error: TalkiesError) -> TalkiesError:
    """The same failure as the avatar API knows it."""
    if isinstance(error, UnusableInput) or error.status not in UNUSABLE:
        return error
    return UnusableInput(
        error.message, hint=error.hint, details={**error.details, "reason": error.code}
    )


def worded(error: TalkiesError, request_id: str) -> JSONResponse:
    """The answer that carries an error: `{"error": {"code", "message", "details", …}}`."""
    return answer(reworded(error), request_id)
