"""SadTalker's service (S9): `/v1/jobs`, and the older `/generate_talking_video`."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import VideosUser, principal
from talkies.api.creation import IDEMPOTENCY_ERRORS, CreationDep
from talkies.api.job_creation import JobCreation
from talkies.api.links import LinksDep
from talkies.api.multipart import Form
from talkies.api.openapi import answers
from talkies.api.ranged import described as described_bytes
from talkies.api.requests import LiveDep, ServicesDep, request_id_of
from talkies.api.seeds.forms import create_video, described, file_of, form_of, route_class
from talkies.api.seeds.sadtalker_answers import DirectAnswer, JobResponse, direct_answer
from talkies.api.seeds.sadtalker_errors import (
    WrongMedia,
    not_made,
    prefer_key_header,
    worded,
)
from talkies.api.seeds.sadtalker_options import ANGLES, SadTalkerOptions, read_options
from talkies.api.seeds.sadtalker_videos import submission
from talkies.api.services import Services
from talkies.api.sse import until_done
from talkies.api.uploads import incoming_folder, read
from talkies.api.v1.video_files import file_answer
from talkies.errors import (
    BlobMissing,
    Forbidden,
    Gone,
    NotFound,
    NotReady,
    QueueFull,
    RangeUnsatisfiable,
    UnsafeAddress,
)
from talkies.jobs.records import Job
from talkies.studio.access.principal import Scope
from talkies.studio.assets.inputs import keep_input
from talkies.studio.videos.kind import video_key
from talkies.studio.videos.submission import VideoSubmission

router = APIRouter(tags=["SadTalker"], route_class=route_class(worded, prefer_key_header))

JobId = Annotated[str, Path(max_length=40, examples=["vid_01k9zzy0c0m5ysfcvd4cb4k4w1"])]

FORM: Final = described(
    {
        "source_image": "The portrait.",
        "driven_audio": "What is said.",
    },
    {
        **SadTalkerOptions.model_json_schema()["properties"],
        **{name: {"type": "string", "examples": ["-20,30,10"]} for name in ANGLES},
        "webhook_url": {"type": "string", "description": "Is sent the `JobResponse` at the end."},
        "user_id": {"type": "string", "maxLength": 200},
    },
    required=("source_image", "driven_audio"),
)

REFUSALS: Final = (WrongMedia, UnsafeAddress, QueueFull)


@router.post(
    "/v1/jobs",
    summary="Make a video of an image and an audio file",
    responses=answers(*REFUSALS, *IDEMPOTENCY_ERRORS),
    openapi_extra=FORM,
)
async def create_job(
    request: Request,
    response: Response,
    who: VideosUser,
    creation: CreationDep,
    services: ServicesDep,
    links: LinksDep,
) -> JobResponse:
    """Answers at once; options that the engine does not know are named in `warnings`."""
    job = await _made(request, response, JobCreation(services, who, creation), links.to("/"))
    return await run_in_threadpool(services.sadtalker.response, job, links.to("/"))


@router.get("/v1/jobs/{job_id}", summary="One job", responses=answers(NotFound))
def get_job(job_id: JobId, who: VideosUser, services: ServicesDep, links: LinksDep) -> JobResponse:
    """Ask again until `status` is `succeeded` or `failed`."""
    return services.sadtalker.response(services.videos.get(who, job_id), links.to("/"))


@router.get(
    "/v1/jobs/{job_id}/download",
    summary="The video of a job",
    response_class=Response,
    responses={
        **described_bytes("video/mp4"),
        **answers(NotFound, NotReady, Gone, Forbidden, BlobMissing, RangeUnsatisfiable),
    },
    openapi_extra={"security": [{"bearer": []}, {"api_key": []}, {}]},
)
def download_job(request: Request, job_id: JobId, services: ServicesDep) -> Response:
    """With a key, or by the link of a `JobResponse`, which needs none."""
    job = _downloaded(request, job_id, services)
    return file_answer(request, services, services.videos.output(job), download=True)


def _downloaded(request: Request, job_id: str, services: Services) -> Job:
    """The job, where a signature or a key allows to see it."""
    if services.links is not None and "signature" in request.query_params:
        job = services.jobs.get(job_id)
        services.links.verify(video_key(job), request.query_params)
        return job
    who = principal(request)
    who.require(Scope.VIDEOS)
    return services.videos.get(who, job_id)


@router.post(
    "/generate_talking_video",
    summary="Make a video, and wait for it",
    response_model=DirectAnswer,
    responses={
        202: {"model": JobResponse, "description": "It takes longer: ask at `/v1/jobs/{id}`."},
        **answers(*REFUSALS, *IDEMPOTENCY_ERRORS),
    },
    openapi_extra=FORM,
)
async def generate_talking_video(
    request: Request,
    response: Response,
    who: VideosUser,
    creation: CreationDep,
    services: ServicesDep,
    live: LiveDep,
    links: LinksDep,
) -> Response:
    """The same as `POST /v1/jobs`, but the answer comes with the video."""
    job = await _made(request, response, JobCreation(services, who, creation), links.to("/"))
    read_again = partial(services.videos.get, who, job.id)
    job = await until_done(live, read_again, job, services.http.legacy_wait_seconds)
    known = await run_in_threadpool(services.sadtalker.response, job, links.to("/"))
    answered = _direct(known, job, request_id_of(request))
    answered.headers.update(response.headers)
    return answered


def _direct(known: JobResponse, job: Job, request_id: str) -> JSONResponse:
    """The video, or what went wrong, or where to ask: never a success without a video."""
    if not job.done:
        return JSONResponse(known.model_dump(mode="json"), status_code=202)
    if known.download_url is None:
        return not_made(known, job, request_id)
    return JSONResponse(direct_answer(known).model_dump(mode="json"))


async def _made(request: Request, response: Response, jobs: JobCreation, base_url: str) -> Job:
    services = jobs.services
    async with incoming_folder(services.scratch) as folder:
        form = form_of(await read(request, folder, services.http))
        build = partial(_submission, services, form, base_url)
        return (await run_in_threadpool(create_video, jobs, form, build)).tell(response)


def _submission(services: Services, form: Form, base_url: str) -> VideoSubmission:
    image, sound = file_of(form, "source_image"), file_of(form, "driven_audio")
    texts = {name: form.text(name) or "" for name in form.texts}
    return submission(
        services,
        (
            keep_input(services.assets, "portrait", image),
            keep_input(services.assets, "audio", sound),
        ),
        read_options(texts, services.sadtalker_defaults),
        base_url,
        user_id=form.text("user_id"),
        webhook_url=form.text("webhook_url"),
    )
