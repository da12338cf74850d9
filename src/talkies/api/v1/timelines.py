"""Timelines: made of speech or brought along, read, edited, exported and deleted."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from talkies.api.auth import CharactersUser, count_user
from talkies.api.creation import Asked, Created
from talkies.api.job_creation import JobCreation
from talkies.api.links import LinksDep
from talkies.api.models import Page
from talkies.api.openapi import Responses, answers, form_or_json
from talkies.api.paging import PagingDep
from talkies.api.ranged import described, is_known
from talkies.api.requests import ServicesDep
from talkies.api.uploads import Received, incoming_folder, read
from talkies.api.v1.job_answers import ACCEPTED, PLAYED_ERRORS, JobAnswersDep
from talkies.api.v1.job_records import JobRecord
from talkies.api.v1.timeline_bodies import (
    ROLES,
    EditBody,
    TimelineBody,
    timeline_body,
)
from talkies.api.v1.timeline_examples import TIMELINE_EXAMPLES
from talkies.api.v1.timeline_jobs import JOB_ERRORS, CharacterJobsDep, TimelineId
from talkies.api.v1.timeline_records import (
    EditedAnswer,
    TimelineAnswer,
    asked_revision,
    edited_shown,
    etag_of,
    home_of,
    timeline_shown,
)
from talkies.api.v1.video_files import FILE_ERRORS, REDIRECT, Download, file_answer
from talkies.core.timeline.edits_json import edits_from_value
from talkies.errors import EditedSince, NotFound, StorageUnavailable
from talkies.jobs.records import Job, Output
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.submissions import Source
from talkies.studio.timelines.kinds import JOB_PREFIX, TIMELINE_PREFIX
from talkies.studio.timelines.orders import DOCUMENT_BYTES
from talkies.studio.timelines.records import TimelineRecord

router = APIRouter(prefix="/v1/timelines", tags=["timelines"])

#: The next step where a timeline does not fit into a body of JSON.
LARGER: Final = (
    "Send the timeline as the file `document` of a form (multipart/form-data): "
    f"up to {DOCUMENT_BYTES >> 20} MiB."
)

KEPT: Final[Responses] = {
    201: {"description": "A timeline that was brought along is kept.", "model": TimelineAnswer}
}


@router.post(
    "",
    status_code=202,
    summary="Make a timeline, or keep one",
    responses={**ACCEPTED, **KEPT, **answers(*JOB_ERRORS)},
    openapi_extra=form_or_json(TimelineBody, ROLES, TIMELINE_EXAMPLES),
)
async def create_timeline(
    request: Request, jobs: CharacterJobsDep, answer: JobAnswersDep
) -> JobRecord | TimelineAnswer:
    """Of a recording or a text: a job makes it (`urls.timeline`). A `document`: kept at once."""
    async with incoming_folder(jobs.services.scratch) as folder:
        received = await read(request, folder, jobs.services.http, larger=LARGER)
        wanted = await run_in_threadpool(_Wanted, jobs, received)
        if wanted.document is None:
            created = await run_in_threadpool(wanted.submit)
            return await answer.about(created)
        record = (await run_in_threadpool(wanted.keep)).tell(answer.response)
    answer.response.status_code = 201
    answer.response.headers["Location"] = answer.links.to(home_of(record.id))
    answer.response.headers["ETag"] = etag_of(record)
    return await run_in_threadpool(timeline_shown, record, answer.links)


class _Wanted:
    """What a body asks for: a timeline that is to be made, or one to be kept. Blocks."""

    def __init__(self, jobs: JobCreation, received: Received) -> None:
        self._jobs = jobs
        self._files = received.form.files
        self._body, self.document = timeline_body(received)
        count_user(jobs.services, jobs.who, self._body.user_id)

    def submit(self) -> Created[Job]:
        """The job, new or known."""
        services, who = self._jobs.services, self._jobs.who

        def make(job_id: str) -> Job:
            asked = self._body.submission(who, self._sounds())
            return services.timelines.create(who, asked, job_id=job_id)

        return self._jobs.once(self._asked(JOB_PREFIX), self._body.user_id, make)

    def keep(self) -> Created[TimelineRecord]:
        """The timeline of the document, new or known."""
        timelines, who = self._jobs.services.timelines, self._jobs.who

        def make(timeline_id: str) -> TimelineRecord:
            brought = self._body.brought(self.document or "", self._sounds())
            return timelines.store(who, brought, timeline_id=timeline_id)

        def again(timeline_id: str) -> TimelineRecord:
            return timelines.get(who, timeline_id)

        return self._jobs.creation.once(who, self._asked(TIMELINE_PREFIX), make, again)

    def _sounds(self) -> dict[str, Source]:
        sent = {role: file for role, file in self._files.items() if role == "audio"}
        return keep_inputs(self._jobs.services.assets, sent)

    def _asked(self, prefix: str) -> Asked:
        files = {role: file.sha256 for role, file in self._files.items()}
        return Asked(prefix=prefix, fields=self._body.model_dump(mode="json"), files=files)


@router.get("", summary="Timelines, newest first")
def list_timelines(
    who: CharactersUser,
    services: ServicesDep,
    paging: PagingDep,
    links: LinksDep,
    character: Annotated[str | None, Query(max_length=100, description="Only of this one.")] = None,
    user_id: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[TimelineAnswer]:
    """Without their documents: those are in each timeline's own record."""
    found = services.timelines.list(
        who, after=paging.after, limit=paging.fetch, user_id=user_id, character_id=character
    )
    return paging.page(
        found, lambda each: timeline_shown(each, links, whole=False), lambda each: each.id
    )


@router.get(
    "/{timeline_id}",
    summary="One timeline",
    response_model=TimelineAnswer,
    responses={
        304: {"description": "The client has it already (`If-None-Match`)."},
        **answers(NotFound),
    },
)
def get_timeline(
    timeline_id: TimelineId,
    request: Request,
    response: Response,
    who: CharactersUser,
    services: ServicesDep,
    links: LinksDep,
) -> TimelineAnswer | Response:
    """With its document; the `ETag` names its revision."""
    record = services.timelines.get(who, timeline_id)
    tag = etag_of(record)
    if is_known(request.headers.get("if-none-match", ""), tag.strip('"')):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return timeline_shown(record, links)


@router.patch(
    "/{timeline_id}",
    summary="Edit a timeline",
    responses=answers(NotFound, EditedSince, StorageUnavailable, *PLAYED_ERRORS),
)
def edit_timeline(
    timeline_id: TimelineId,
    body: EditBody,
    response: Response,
    who: CharactersUser,
    services: ServicesDep,
    links: LinksDep,
    if_match: Annotated[
        str | None,
        Header(max_length=100, description="Edit only this revision.", examples=['"3"']),
    ] = None,
) -> EditedAnswer:
    """All edits or none. Answers the new timeline, and what takes the edits back."""
    services.timelines.get(who, timeline_id)
    revision = asked_revision(if_match, body.revision)
    edits = edits_from_value(body.edits)
    edited = services.timelines.edit(who, timeline_id, edits, revision=revision)
    response.headers["ETag"] = etag_of(edited.record)
    return edited_shown(edited.record, edited.inverse, links)


@router.delete(
    "/{timeline_id}",
    status_code=204,
    summary="Delete a timeline",
    responses=answers(NotFound, StorageUnavailable),
)
def delete_timeline(timeline_id: TimelineId, who: CharactersUser, services: ServicesDep) -> None:
    """Its sound goes where nothing else needs it; videos that were made of it stay."""
    services.timelines.delete(who, timeline_id)


@router.get(
    "/{timeline_id}/sound",
    summary="The sound of a timeline",
    response_class=Response,
    responses={**described("audio/wav"), **REDIRECT, **FILE_ERRORS},
)
@router.head("/{timeline_id}/sound", include_in_schema=False)
def get_timeline_sound(
    request: Request,
    timeline_id: TimelineId,
    who: CharactersUser,
    services: ServicesDep,
    *,
    download: Download = False,
) -> Response:
    """Bytes, with ranges, in the format that it came in; or a redirect to where it is."""
    record = services.timelines.get(who, timeline_id)
    if record.sound_sha256 is None:
        return RedirectResponse(_address(record), status_code=302)
    blob = services.assets.blobs.stored(record.sound_sha256)
    sound = Output(
        name="sound",
        storage_key=blob.storage_key,
        sha256=record.sound_sha256,
        bytes=blob.bytes,
        content_type=blob.content_type,
    )
    return file_answer(request, services, sound, download=download)


def _address(record: TimelineRecord) -> str:
    sound = record.timeline.sound
    if sound is None:
        raise NotFound(f"The timeline {record.id} has no sound.", details={"id": record.id})
    return sound.source
