"""Videos: created, listed, looked at, canceled and deleted."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import VideosUser, count_user, whose
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, Created, CreationDep
from talkies.api.job_creation import JobCreation
from talkies.api.links import LinksDep
from talkies.api.models import Page
from talkies.api.openapi import Responses, answers, form_or_json
from talkies.api.paging import PagingDep
from talkies.api.requests import LiveDep, RequestId, ServicesDep
from talkies.api.sse import STREAM, JobStory, PlaceDep, until_done
from talkies.api.uploads import Received, incoming_folder, read
from talkies.api.v1.job_answers import PLAYED_ERRORS, SPOKEN_ERRORS, JobAnswersDep
from talkies.api.v1.job_records import JobRecord, StatusName, shown
from talkies.api.v1.job_urls import urls_of
from talkies.api.v1.receipts import ReceiptAnswer
from talkies.api.v1.video_bodies import ROLES, VideoBody, video_body
from talkies.api.v1.video_examples import VIDEO_EXAMPLES
from talkies.api.waiting import WaitQuery
from talkies.errors import Conflict, NotFound, StorageUnavailable, UnknownEngine
from talkies.jobs.records import Job, JobQuery, Status
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.videos.kind import ID_PREFIX, KIND

router = APIRouter(prefix="/v1/videos", tags=["videos"])

VideoId = Annotated[str, Path(max_length=40, examples=["vid_01k9zzy0c0m5ysfcvd4cb4k4w1"])]

#: What a request for a video may be refused with.
SUBMISSION_ERRORS: Final = (UnknownEngine, *SPOKEN_ERRORS, *PLAYED_ERRORS)

CREATED: Final[Responses] = {
    200: {"description": "`Prefer: wait`: it is done already.", "model": JobRecord},
    202: {
        "description": "It will be made; `Location` says where to ask for it.",
        "headers": {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in {
                "Location": "The video.",
                "Idempotency-Replayed": "`true` where an earlier request made it.",
                "Preference-Applied": "As in `wait=30`.",
            }.items()
        },
    },
}


@router.post(
    "",
    status_code=202,
    summary="Make a video",
    responses={**CREATED, **answers(*SUBMISSION_ERRORS, *IDEMPOTENCY_ERRORS)},
    openapi_extra=form_or_json(VideoBody, ROLES, VIDEO_EXAMPLES),
)
async def create_video(
    request: Request,
    who: VideosUser,
    creation: CreationDep,
    services: ServicesDep,
    answer: JobAnswersDep,
) -> JobRecord:
    """One visual, one speech, and how it shall look. Answers at once; the video is made later."""
    async with incoming_folder(services.scratch) as folder:
        received = await read(request, folder, services.http)
        jobs = JobCreation(services, who, creation)
        created = await run_in_threadpool(_made, jobs, received)
    return await answer.about(created)


def _made(creation: JobCreation, received: Received) -> Created[Job]:
    """The job of a body, new or known; blocks."""
    services, who = creation.services, creation.who
    body, files = video_body(received), received.form.files
    count_user(services, who, body.user_id)
    asked = Asked(
        prefix=ID_PREFIX,
        fields=body.model_dump(mode="json"),
        files={role: file.sha256 for role, file in files.items()},
    )

    def submit(job_id: str) -> Job:
        sources = keep_inputs(services.assets, files)
        return services.videos.submit(who, body.submission(who, sources), job_id=job_id)

    return creation.once(asked, body.user_id, submit)


@router.get("", summary="Videos, newest first", responses=answers(NotFound))
def list_videos(
    who: VideosUser,
    services: ServicesDep,
    paging: PagingDep,
    links: LinksDep,
    status: Annotated[list[StatusName] | None, Query(description="Only these.")] = None,
    user_id: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[JobRecord]:
    """Without links and queue positions: those are in each video's own record."""
    query = JobQuery(
        key_id=whose(who),
        user_id=user_id,
        kinds=(KIND,),
        statuses=tuple(Status(name) for name in status or ()),
        after=paging.after,
        limit=paging.fetch,
    )
    return paging.page(
        services.jobs.list(query),
        lambda job: shown(services, job, urls_of(job), links, whole=False),
        lambda job: job.id,
    )


@router.get("/{video_id}", summary="One video", responses=answers(NotFound))
async def get_video(
    video_id: VideoId,
    who: VideosUser,
    services: ServicesDep,
    live: LiveDep,
    links: LinksDep,
    wait: WaitQuery = 0,
) -> JobRecord:
    """The record as it is now, with fresh links; `wait` gives it when the video is done."""
    job = await run_in_threadpool(services.videos.get, who, video_id)
    if wait:
        job = await until_done(live, lambda: services.videos.get(who, video_id), job, wait)
    return await run_in_threadpool(shown, services, job, urls_of(job), links)


@router.delete(
    "/{video_id}",
    summary="Delete a video",
    responses=answers(NotFound, Conflict, StorageUnavailable),
)
def delete_video(
    video_id: VideoId, who: VideosUser, services: ServicesDep, request_id: RequestId
) -> ReceiptAnswer:
    """Removes the job, its inputs and its outputs; one that is not done is canceled first."""
    job = services.videos.get(who, video_id)
    return ReceiptAnswer.of(services.deletion.delete_job(who, job.id, request_id=request_id))


@router.post("/{video_id}/cancel", summary="Cancel a video", responses=answers(NotFound))
def cancel_video(
    video_id: VideoId, who: VideosUser, services: ServicesDep, links: LinksDep
) -> JobRecord:
    """A video that is done already comes back as it is."""
    job = services.jobs.cancel(services.videos.get(who, video_id).id)
    return shown(services, job, urls_of(job), links)


@router.get(
    "/{video_id}/events",
    summary="What happens to a video, as it happens",
    response_class=Response,
    responses={**STREAM, **answers(NotFound)},
)
async def video_events(
    video_id: VideoId, who: VideosUser, services: ServicesDep, live: LiveDep, after: PlaceDep
) -> Response:
    """Server-sent events from the beginning, or after `Last-Event-ID`; ends when it is done."""
    job = await run_in_threadpool(services.videos.get, who, video_id)
    story = JobStory(live, services.jobs, lambda: services.videos.get(who, video_id))
    return await story.answer(job, after)
