"""Jobs about timelines: parts of one made anew, and its videos."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import CharactersUser, count_user
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, Created, CreationDep
from talkies.api.job_creation import JobCreation
from talkies.api.links import Links, LinksDep
from talkies.api.live import Live
from talkies.api.openapi import Responses, answers, form_or_json
from talkies.api.requests import LiveDep, ServicesDep
from talkies.api.services import Services
from talkies.api.sse import until_done
from talkies.api.uploads import Received, incoming_folder, read
from talkies.api.v1.job_bodies import JobBody
from talkies.api.v1.job_records import JobRecord, shown
from talkies.api.v1.job_urls import urls_of
from talkies.api.v1.timeline_bodies import EXPORT_ROLES, AgainBody, ExportBody, export_body
from talkies.api.v1.timeline_examples import EXPORT_EXAMPLES
from talkies.api.waiting import PreferredWaitDep
from talkies.errors import (
    BlobMissing,
    Conflict,
    InvalidInput,
    InvalidOption,
    MissingDependency,
    NotFound,
    NotReady,
    QueueFull,
    StorageFull,
    StorageUnavailable,
    TimelineInvalid,
    UnknownCharacter,
    UnknownLanguage,
    UnknownVoice,
    UnsafeAddress,
    UnsupportedMedia,
)
from talkies.jobs.records import Job
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.timelines.kinds import EXPORT_PREFIX, JOB_PREFIX

router = APIRouter(prefix="/v1/timelines/{timeline_id}", tags=["timelines"])

TimelineId = Annotated[str, Path(max_length=40, examples=["tml_01k9zzy0c0m5ysfcvd4cb4k4w1"])]

#: What a job about a timeline may be refused with.
JOB_ERRORS: Final = (
    BlobMissing,
    Conflict,
    InvalidInput,
    InvalidOption,
    MissingDependency,
    NotFound,
    NotReady,
    QueueFull,
    StorageFull,
    StorageUnavailable,
    TimelineInvalid,
    UnknownCharacter,
    UnknownLanguage,
    UnknownVoice,
    UnsafeAddress,
    UnsupportedMedia,
)

ACCEPTED: Final[Responses] = {
    200: {"description": "`Prefer: wait`: it is done already.", "model": JobRecord},
    202: {"description": "It will be done; `Location` says where to ask.", "model": JobRecord},
}


@dataclass(frozen=True, slots=True)
class JobAnswers:
    """Answers with the record of a job that was accepted."""

    response: Response
    wait: int
    services: Services
    live: Live
    links: Links

    async def about(self, created: Created[Job]) -> JobRecord:
        """The record, when the job is done or after as long as the client waits."""
        job, services = created.tell(self.response), self.services
        if self.wait:
            self.response.headers["Preference-Applied"] = f"wait={self.wait}"
            job = await until_done(self.live, lambda: services.jobs.get(job.id), job, self.wait)
            self.response.status_code = 200 if job.done else 202
        urls = urls_of(job)
        self.response.headers["Location"] = self.links.to(urls["self"])
        return await run_in_threadpool(shown, services, job, urls, self.links)


def job_answers(
    response: Response,
    wait: PreferredWaitDep,
    services: ServicesDep,
    live: LiveDep,
    links: LinksDep,
) -> JobAnswers:
    return JobAnswers(response, wait, services, live, links)


def character_jobs(
    services: ServicesDep, who: CharactersUser, creation: CreationDep
) -> JobCreation:
    return JobCreation(services, who, creation)


#: `answer: JobAnswersDep` in a route that creates a job.
JobAnswersDep: TypeAlias = Annotated[JobAnswers, Depends(job_answers)]
#: `jobs: CharacterJobsDep` in a route; needs the scope `characters`.
CharacterJobsDep: TypeAlias = Annotated[JobCreation, Depends(character_jobs)]


@router.post(
    "/align",
    status_code=202,
    summary="Listen to a timeline's sound again",
    responses={**ACCEPTED, **answers(*JOB_ERRORS, *IDEMPOTENCY_ERRORS)},
)
async def align_timeline(
    timeline_id: TimelineId, body: AgainBody, jobs: CharacterJobsDep, answer: JobAnswersDep
) -> JobRecord:
    """A job finds out anew what is said when, and directs by it; clips set by hand stay."""
    timelines, who = jobs.services.timelines, jobs.who

    def submit(job_id: str) -> Job:
        return timelines.align(who, timeline_id, body.submission(who), job_id=job_id)

    return await answer.about(await run_in_threadpool(_once, jobs, timeline_id, body, submit))


@router.post(
    "/emotions",
    status_code=202,
    summary="Plan a timeline's expressions again",
    responses={**ACCEPTED, **answers(*JOB_ERRORS, *IDEMPOTENCY_ERRORS)},
)
async def plan_timeline_emotions(
    timeline_id: TimelineId, body: AgainBody, jobs: CharacterJobsDep, answer: JobAnswersDep
) -> JobRecord:
    """A job plans what the face feels, by rules or a model; clips set by hand stay."""
    timelines, who = jobs.services.timelines, jobs.who

    def submit(job_id: str) -> Job:
        return timelines.emotions(who, timeline_id, body.submission(who), job_id=job_id)

    return await answer.about(await run_in_threadpool(_once, jobs, timeline_id, body, submit))


def _once(
    jobs: JobCreation, timeline_id: str, body: JobBody, submit: Callable[[str], Job]
) -> Created[Job]:
    """The job of a body without files, new or known; blocks."""
    count_user(jobs.services, jobs.who, body.user_id)
    fields = {"timeline_id": timeline_id, **body.model_dump(mode="json")}
    return jobs.once(Asked(prefix=JOB_PREFIX, fields=fields, files={}), body.user_id, submit)


@router.post(
    "/export",
    status_code=202,
    summary="Make a video of a timeline",
    responses={**ACCEPTED, **answers(*JOB_ERRORS, *IDEMPOTENCY_ERRORS)},
    openapi_extra=form_or_json(ExportBody, EXPORT_ROLES, EXPORT_EXAMPLES),
)
async def export_timeline(
    timeline_id: TimelineId, request: Request, jobs: CharacterJobsDep, answer: JobAnswersDep
) -> JobRecord:
    """A job makes it of the timeline as it is now.

    What did not change since the last export is taken over from that where the format allows.
    """
    async with incoming_folder(jobs.services.scratch) as folder:
        received = await read(request, folder, jobs.services.http)
        created = await run_in_threadpool(_exported, jobs, timeline_id, received)
    return await answer.about(created)


def _exported(jobs: JobCreation, timeline_id: str, received: Received) -> Created[Job]:
    """The job of an export, new or known; blocks."""
    services, who = jobs.services, jobs.who
    body, files = export_body(received), received.form.files
    count_user(services, who, body.user_id)
    asked = Asked(
        prefix=EXPORT_PREFIX,
        fields={"timeline_id": timeline_id, **body.model_dump(mode="json")},
        files={role: file.sha256 for role, file in files.items()},
    )

    def submit(job_id: str) -> Job:
        wanted = body.submission(who, keep_inputs(services.assets, files))
        return services.timelines.export(who, timeline_id, wanted, job_id=job_id)

    return jobs.once(asked, body.user_id, submit)
