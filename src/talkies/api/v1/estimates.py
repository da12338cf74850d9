"""`POST /v1/estimates`: how long a video would take and what it would cost, before it is made."""

from typing import Final, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import VideosUser, count_user
from talkies.api.models import Answer
from talkies.api.openapi import answers, form_or_json
from talkies.api.requests import ServicesDep
from talkies.api.services import Services
from talkies.api.uploads import Received, incoming_folder, read
from talkies.api.v1.video_bodies import ROLES, VideoBody, video_body
from talkies.api.v1.video_examples import VIDEO_EXAMPLES
from talkies.api.v1.videos import SUBMISSION_ERRORS
from talkies.errors import (
    AnimatedImage,
    AudioEmpty,
    AudioSilent,
    ChildCrashed,
    CorruptMedia,
    FaceIndexInvalid,
    FaceNotFound,
    FaceUnusable,
    FetchFailed,
    ImageTooSmall,
    TranscriptMismatch,
)
from talkies.studio.access.principal import Principal
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.videos.estimates import Estimate
from talkies.studio.videos.speeds import Range

router = APIRouter(prefix="/v1/estimates", tags=["videos"])

#: What the inputs themselves may be refused with, beside what the request may be.
MEDIA_ERRORS: Final = (
    AnimatedImage,
    AudioEmpty,
    AudioSilent,
    ChildCrashed,
    CorruptMedia,
    FaceIndexInvalid,
    FaceNotFound,
    FaceUnusable,
    FetchFailed,
    ImageTooSmall,
    TranscriptMismatch,
)


class RangeAnswer(Answer):
    """A guess: eight of ten fall between, as far as this installation knows."""

    low: float
    high: float


class EstimateAnswer(Answer):
    """What is known about a video before it is made."""

    object: Literal["estimate"] = "estimate"
    engine: str = Field(examples=["portrait"])
    engine_reason: str = Field(description="Why `auto` took it; empty where it was named.")
    preset: str | None = Field(description="Of the engine; null where it has none.")
    media_seconds: float = Field(description="Length of the video.", examples=[5.2])
    width: int = Field(examples=[720])
    height: int = Field(examples=[720])
    fps: float = Field(examples=[25.0])
    frames: int = Field(examples=[130])
    wait_seconds: RangeAnswer = Field(description="Until other jobs let it begin.")
    work_seconds: RangeAnswer = Field(description="From its beginning to its end.")
    total_seconds: RangeAnswer
    cost: RangeAnswer = Field(description="In `currency`.")
    currency: str = Field(examples=["USD"])
    samples: int = Field(description="Finished jobs it rests on; 0: the engine's own claim.")
    warnings: list[str]


@router.post(
    "",
    summary="Look at a request for a video without making it",
    responses=answers(*SUBMISSION_ERRORS, *MEDIA_ERRORS),
    openapi_extra=form_or_json(VideoBody, ROLES, VIDEO_EXAMPLES),
)
async def create_estimate(
    request: Request, who: VideosUser, services: ServicesDep
) -> EstimateAnswer:
    """The body of `POST /v1/videos`; the inputs are looked at in full.

    What would make the job fail is refused here with its hint: no face, a silent recording.
    """
    async with incoming_folder(services.scratch) as folder:
        received = await read(request, folder, services.http)
        found = await run_in_threadpool(_estimated, services, who, received)
    return _shown(found)


def _estimated(services: Services, who: Principal, received: Received) -> Estimate:
    body = video_body(received)
    count_user(services, who, body.user_id)
    files = keep_inputs(services.assets, received.form.files)
    return services.videos.estimate(who, body.submission(who, files))


def _shown(found: Estimate) -> EstimateAnswer:
    return EstimateAnswer(
        engine=found.engine,
        engine_reason=found.engine_reason,
        preset=found.preset,
        media_seconds=found.media_seconds,
        width=found.width,
        height=found.height,
        fps=found.fps,
        frames=found.frames,
        wait_seconds=_range(found.wait_seconds),
        work_seconds=_range(found.work_seconds),
        total_seconds=_range(found.total_seconds),
        cost=_range(found.cost),
        currency=found.currency,
        samples=found.samples,
        warnings=list(found.warnings),
    )


def _range(found: Range) -> RangeAnswer:
    return RangeAnswer(low=found.low, high=found.high)
