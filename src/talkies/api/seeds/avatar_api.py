"""The avatar API (S1, S2): `/generate`, `/status/{job_id}`, `/result/{job_id}`."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import VideosUser
from talkies.api.creation import IDEMPOTENCY_ERRORS, CreationDep
from talkies.api.job_creation import JobCreation
from talkies.api.links import LinksDep
from talkies.api.multipart import Form
from talkies.api.openapi import answers
from talkies.api.requests import ServicesDep
from talkies.api.seeds.avatar_answers import (
    Created,
    CreatedAnswer,
    Result,
    ResultAnswer,
    StatusAnswer,
    meta,
    status_answer,
    warnings_of,
    worded,
)
from talkies.api.seeds.avatar_errors import (
    AudioTooLong,
    InvalidAudioFormat,
    InvalidImageFormat,
    JobFailed,
    UnusableInput,
)
from talkies.api.seeds.forms import (
    create_video,
    described,
    file_of,
    form_of,
    refused,
    require_text,
    route_class,
)
from talkies.api.services import Services
from talkies.api.uploads import incoming_folder, json_value, read
from talkies.errors import Gone, NotFound, NotReady, QueueFull
from talkies.jobs.records import Status
from talkies.studio.assets.inputs import keep_input
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

ORIGIN: Final = "avatar_api"

#: The one size that the seed makes.
RESOLUTION: Final = "720p"

router = APIRouter(tags=["avatar API"], route_class=route_class(worded))

JobId = Annotated[str, Path(max_length=40, examples=["vid_01k9zzy0c0m5ysfcvd4cb4k4w1"])]

FORM: Final = described(
    {
        "image": "The portrait: PNG or JPEG, at most 10 MB.",
        "audio": "What is said: WAV or MP3, at most 50 MB and 5 minutes.",
    },
    {
        "prompt": {
            "type": "string",
            "maxLength": 4000,
            "description": "For engines that take one.",
        },
        "user_id": {"type": "string", "maxLength": 200},
        "metadata": {"type": "object", "description": "JSON that is kept with the job."},
    },
    required=("image", "audio"),
)

REFUSALS: Final = (UnusableInput, InvalidImageFormat, InvalidAudioFormat, AudioTooLong, QueueFull)


@router.post(
    "/generate",
    status_code=201,
    summary="Make a video of an image and an audio file",
    responses=answers(*REFUSALS, *IDEMPOTENCY_ERRORS),
    openapi_extra=FORM,
)
async def generate(
    request: Request,
    response: Response,
    who: VideosUser,
    creation: CreationDep,
    services: ServicesDep,
) -> CreatedAnswer:
    """Both files are looked at before the answer; the video is made later."""
    async with incoming_folder(services.scratch) as folder:
        form = form_of(await read(request, folder, services.http))
        metadata = _metadata(form.text("metadata"))
        checked = await services.avatar.check(file_of(form, "image"), file_of(form, "audio"))
        build = partial(_submission, services, form, metadata, checked.warnings)
        jobs = JobCreation(services, who, creation)
        made = await run_in_threadpool(create_video, jobs, form, build)
    job = made.tell(response)
    return CreatedAnswer(data=Created(job_id=job.id), meta=meta(warnings_of(job)))


def _submission(
    services: Services, form: Form, metadata: Mapping[str, Any], warnings: tuple[str, ...]
) -> VideoSubmission:
    return VideoSubmission(
        portrait=keep_input(services.assets, "portrait", form.files["image"]),
        audio=keep_input(services.assets, "audio", form.files["audio"]),
        prompt=form.text("prompt"),
        output=OutputOptions(resolution=RESOLUTION),
        user_id=form.text("user_id"),
        metadata=metadata,
        origin=ORIGIN,
        seed_options={"warnings": list(warnings)},
    )


def _metadata(text: str | None) -> dict[str, Any]:
    try:
        document = json_value(text or "{}")
    except ValueError as error:
        raise refused("metadata", "It is not valid JSON.") from error
    if not isinstance(document, dict):
        raise refused("metadata", "It is not a JSON object.")
    require_text("metadata", document)
    return document


@router.get(
    "/status/{job_id}", summary="How far a video is", responses=answers(NotFound, UnusableInput)
)
def status(job_id: JobId, who: VideosUser, services: ServicesDep) -> StatusAnswer:
    """Ask again until `status` is `completed` or `failed`."""
    return status_answer(services.videos.get(who, job_id), services.clock())


@router.get(
    "/result/{job_id}",
    summary="A link to the video",
    responses=answers(NotFound, NotReady, JobFailed, Gone, UnusableInput),
)
def result(job_id: JobId, who: VideosUser, services: ServicesDep, links: LinksDep) -> ResultAnswer:
    """The link is made anew for every request and is good for 6 hours."""
    job = services.videos.get(who, job_id)
    if job.status in {Status.FAILED, Status.CANCELED}:
        code = str((job.error or {}).get("code", "CANCELED"))
        raise JobFailed(f"The video was not made: {code}.", details={"reason": code})
    link = services.videos.link(services.videos.output(job))
    return ResultAnswer(
        data=Result(
            job_id=job.id,
            url=links.to(link.url),
            expires_at=link.expires_at,
            content_type=link.content_type,
            bytes=link.bytes,
        ),
        meta=meta(),
    )
