"""Jobs about timelines: parts of one made anew, and its videos."""

from dataclasses import dataclass
from typing import Annotated, Final, Protocol, TypeAlias

from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import CharactersUser, count_user
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, Created, CreationDep
from talkies.api.job_creation import JobCreation
from talkies.api.openapi import answers, form_or_json
from talkies.api.requests import ServicesDep
from talkies.api.uploads import Received, incoming_folder, read
from talkies.api.v1.job_answers import ACCEPTED, PLAYED_ERRORS, SPOKEN_ERRORS, JobAnswersDep
from talkies.api.v1.job_records import JobRecord
from talkies.api.v1.timeline_bodies import EXPORT_ROLES, AgainBody, ExportBody, export_body
from talkies.api.v1.timeline_examples import EXPORT_EXAMPLES
from talkies.jobs.records import Job
from talkies.studio.access.principal import Principal
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.timelines.kinds import EXPORT_PREFIX, JOB_PREFIX
from talkies.studio.timelines.requests import AgainSubmission

router = APIRouter(prefix="/v1/timelines/{timeline_id}", tags=["timelines"])

TimelineId = Annotated[str, Path(max_length=40, examples=["tml_01k9zzy0c0m5ysfcvd4cb4k4w1"])]

#: What a job about a timeline may be refused with.
JOB_ERRORS: Final = (*SPOKEN_ERRORS, *PLAYED_ERRORS, *IDEMPOTENCY_ERRORS)


def character_jobs(
    services: ServicesDep, who: CharactersUser, creation: CreationDep
) -> JobCreation:
    return JobCreation(services, who, creation)


#: `jobs: CharacterJobsDep` in a route; needs the scope `characters`.
CharacterJobsDep: TypeAlias = Annotated[JobCreation, Depends(character_jobs)]


@router.post(
    "/align",
    status_code=202,
    summary="Listen to a timeline's sound again",
    responses={**ACCEPTED, **answers(*JOB_ERRORS)},
)
async def align_timeline(
    timeline_id: TimelineId, body: AgainBody, jobs: CharacterJobsDep, answer: JobAnswersDep
) -> JobRecord:
    """A job finds out anew what is said when, and directs by it; clips set by hand stay."""
    again = _Again(jobs, timeline_id, body, jobs.services.timelines.align)
    return await answer.about(await run_in_threadpool(again.job))


@router.post(
    "/emotions",
    status_code=202,
    summary="Plan a timeline's expressions again",
    responses={**ACCEPTED, **answers(*JOB_ERRORS)},
)
async def plan_timeline_emotions(
    timeline_id: TimelineId, body: AgainBody, jobs: CharacterJobsDep, answer: JobAnswersDep
) -> JobRecord:
    """A job plans what the face feels, by rules or a model; clips set by hand stay."""
    again = _Again(jobs, timeline_id, body, jobs.services.timelines.emotions)
    return await answer.about(await run_in_threadpool(again.job))


class _Order(Protocol):
    """Accepts that a part of a timeline is made anew."""

    def __call__(
        self, who: Principal, timeline_id: str, asked: AgainSubmission, /, *, job_id: str
    ) -> Job: ...


@dataclass(frozen=True, slots=True)
class _Again:
    """A request that a part of a timeline is made anew."""

    jobs: JobCreation
    timeline_id: str
    body: AgainBody
    order: _Order

    def job(self) -> Created[Job]:
        """Its job, new or known; blocks."""
        jobs, body = self.jobs, self.body
        count_user(jobs.services, jobs.who, body.user_id)
        fields = {"timeline_id": self.timeline_id, **body.model_dump(mode="json")}
        asked = Asked(prefix=JOB_PREFIX, fields=fields, files={})
        return jobs.once(asked, body.user_id, self._submit)

    def _submit(self, job_id: str) -> Job:
        who = self.jobs.who
        return self.order(who, self.timeline_id, self.body.submission(who), job_id=job_id)


@router.post(
    "/export",
    status_code=202,
    summary="Make a video of a timeline",
    responses={**ACCEPTED, **answers(*JOB_ERRORS)},
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
