"""Jobs of all kinds: what an operator, or a client that does not care for the kind, works with."""

import contextlib
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import Anyone, whose
from talkies.api.links import LinksDep
from talkies.api.models import Page
from talkies.api.openapi import answers
from talkies.api.paging import PagingDep
from talkies.api.requests import LiveDep, RequestId, ServicesDep
from talkies.api.sse import STREAM, JobStory, PlaceDep, until_done
from talkies.api.v1.job_records import JobRecord, StatusName, shown
from talkies.api.v1.job_urls import urls_of
from talkies.api.v1.receipts import ReceiptAnswer
from talkies.api.waiting import WaitQuery
from talkies.errors import Conflict, NotFound, QueueFull, StorageUnavailable
from talkies.jobs.records import JobQuery, Status
from talkies.studio.access.ownership import own_job
from talkies.studio.characters.kinds import CHARACTER_KIND

router = APIRouter(prefix="/v1/operations", tags=["operations"])

JobId = Annotated[str, Path(max_length=40, examples=["vid_01k9zzy0c0m5ysfcvd4cb4k4w1"])]


@router.get("", summary="Jobs of all kinds, newest first", responses=answers(NotFound))
def list_operations(
    who: Anyone,
    services: ServicesDep,
    paging: PagingDep,
    links: LinksDep,
    status: Annotated[list[StatusName] | None, Query(description="Only these.")] = None,
    kind: Annotated[
        list[str] | None, Query(max_length=20, description="Only these.", examples=[["video"]])
    ] = None,
    dead_letter: Annotated[
        bool | None, Query(description="Only those that every worker died of, or only the others.")
    ] = None,
    user_id: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[JobRecord]:
    """Without links and queue positions: those are in each job's own record."""
    query = JobQuery(
        key_id=whose(who),
        user_id=user_id,
        kinds=tuple(kind or ()),
        statuses=tuple(Status(name) for name in status or ()),
        dead_letter=dead_letter,
        after=paging.after,
        limit=paging.fetch,
    )
    return paging.page(
        services.jobs.list(query),
        lambda job: shown(services, job, urls_of(job), links, whole=False),
        lambda job: job.id,
    )


@router.get("/{job_id}", summary="One job", responses=answers(NotFound))
async def get_operation(
    job_id: JobId,
    who: Anyone,
    services: ServicesDep,
    live: LiveDep,
    links: LinksDep,
    wait: WaitQuery = 0,
) -> JobRecord:
    """The record as it is now, with fresh links; `wait` gives it when the job is done."""
    job = await run_in_threadpool(own_job, services.jobs, who, job_id)
    if wait:
        job = await until_done(live, lambda: own_job(services.jobs, who, job_id), job, wait)
    return await run_in_threadpool(shown, services, job, urls_of(job), links)


@router.post(
    "/{job_id}/retry", summary="Run it again", responses=answers(NotFound, Conflict, QueueFull)
)
def retry_operation(
    job_id: JobId, who: Anyone, services: ServicesDep, links: LinksDep
) -> JobRecord:
    """Only failed and canceled jobs, dead letters among them; with the inputs that they had."""
    job = services.jobs.retry(own_job(services.jobs, who, job_id).id)
    return shown(services, job, urls_of(job), links)


@router.post("/{job_id}/cancel", summary="Cancel a job", responses=answers(NotFound))
def cancel_operation(
    job_id: JobId, who: Anyone, services: ServicesDep, links: LinksDep
) -> JobRecord:
    """A job that is done already comes back as it is."""
    job = services.jobs.cancel(own_job(services.jobs, who, job_id).id)
    return shown(services, job, urls_of(job), links)


@router.delete(
    "/{job_id}",
    summary="Delete a job",
    responses=answers(NotFound, Conflict, StorageUnavailable),
)
def delete_operation(
    job_id: JobId, who: Anyone, services: ServicesDep, request_id: RequestId
) -> ReceiptAnswer:
    """Removes it with its inputs and outputs; one that is not done is canceled first.

    A character that timelines or unfinished jobs need stays: `DELETE /v1/characters/{id}`.
    """
    if own_job(services.jobs, who, job_id).kind == CHARACTER_KIND:
        # Retention may have taken the character before.
        with contextlib.suppress(NotFound):
            services.characters.require_unused(who, job_id, force=False)
    return ReceiptAnswer.of(services.deletion.delete_job(who, job_id, request_id=request_id))


@router.get(
    "/{job_id}/events",
    summary="What happens to a job, as it happens",
    response_class=Response,
    responses={**STREAM, **answers(NotFound)},
)
async def operation_events(
    job_id: JobId, who: Anyone, services: ServicesDep, live: LiveDep, after: PlaceDep
) -> Response:
    """Server-sent events from the beginning, or after `Last-Event-ID`; ends when it is done."""
    job = await run_in_threadpool(own_job, services.jobs, who, job_id)
    story = JobStory(live, services.jobs, lambda: own_job(services.jobs, who, job_id))
    return await story.answer(job, after)
