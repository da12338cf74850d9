"""`/v1/characters`: characters made of one drawing or brought as a tree of frames."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import CharactersUser, count_user
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, Created, CreationDep
from talkies.api.frame_access import CharacterId
from talkies.api.job_creation import JobCreation
from talkies.api.links import LinksDep
from talkies.api.models import Page
from talkies.api.openapi import Responses, answers, form_or_json
from talkies.api.paging import PagingDep
from talkies.api.requests import LiveDep, RequestId, ServicesDep
from talkies.api.services import HttpOptions
from talkies.api.sse import until_done
from talkies.api.uploads import Received, incoming_folder, read
from talkies.api.v1.character_bodies import (
    EXAMPLES,
    KEPT_ROLES,
    ROLES,
    CharacterBody,
    character_body,
)
from talkies.api.v1.character_records import (
    CharacterAnswer,
    InstalledAnswer,
    InstalledPage,
    home_of,
    shown,
)
from talkies.api.v1.job_answers import FILED_ERRORS
from talkies.api.v1.receipts import ReceiptAnswer
from talkies.api.waiting import PreferredWaitDep, WaitQuery
from talkies.errors import CharacterInvalid, Conflict, NotFound, StorageUnavailable
from talkies.jobs.records import Job
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.characters.kinds import CHARACTER_PREFIX

router = APIRouter(prefix="/v1/characters", tags=["characters"])

#: What a character may be refused with before its job is accepted.
SUBMISSION_ERRORS: Final = (CharacterInvalid, *FILED_ERRORS, *IDEMPOTENCY_ERRORS)

CREATED: Final[Responses] = {
    200: {"description": "`Prefer: wait`: it is made already.", "model": CharacterAnswer},
    202: {
        "description": "It will be made.",
        "headers": {"Location": {"description": "It.", "schema": {"type": "string"}}},
    },
}


@router.post(
    "",
    status_code=202,
    summary="Make a character",
    responses={**CREATED, **answers(*SUBMISSION_ERRORS)},
    openapi_extra=form_or_json(CharacterBody, ROLES, EXAMPLES),
)
async def create_character(
    request: Request,
    response: Response,
    who: CharactersUser,
    creation: CreationDep,
    wait: PreferredWaitDep,
    services: ServicesDep,
    live: LiveDep,
    links: LinksDep,
) -> CharacterAnswer:
    """Of a `drawing` it is built; an `archive` of a tree of frames is brought as it is."""
    async with incoming_folder(services.scratch) as folder:
        received = await read(request, folder, _roomy(services.http))
        jobs = JobCreation(services, who, creation)
        job = (await run_in_threadpool(_made, jobs, received)).tell(response)
    if wait:
        response.headers["Preference-Applied"] = f"wait={wait}"
        job = await until_done(live, lambda: services.jobs.get(job.id), job, wait)
        response.status_code = 200 if job.done else 202
    record = await run_in_threadpool(services.characters.get, who, job.id)
    response.headers["Location"] = links.to(home_of(record.id))
    return await run_in_threadpool(shown, services, record, links)


def _roomy(options: HttpOptions) -> HttpOptions:
    """The same options for a body with an archive."""
    most = options.max_archive_bytes
    beside = options.max_upload_bytes - options.max_file_bytes
    return replace(options, max_file_bytes=most, max_upload_bytes=most + max(beside, 0))


def _made(creation: JobCreation, received: Received) -> Created[Job]:
    """The job of a body, new or known; blocks."""
    services, who = creation.services, creation.who
    body = character_body(received)
    files = {role: received.form.files[role] for role in KEPT_ROLES if role in received.form.files}
    count_user(services, who, body.user_id)
    asked = Asked(
        prefix=CHARACTER_PREFIX,
        fields=body.model_dump(mode="json"),
        files={role: file.sha256 for role, file in files.items()},
    )

    def submit(character_id: str) -> Job:
        services.characters.require_valid(who, body.submission(who, {}), files)
        sources = keep_inputs(services.assets, files)
        submission = body.submission(who, sources)
        return services.characters.submit(who, submission, character_id=character_id)

    return creation.once(asked, body.user_id, submit)


@router.get("", summary="Characters, newest first")
def list_characters(
    who: CharactersUser,
    services: ServicesDep,
    paging: PagingDep,
    links: LinksDep,
    user_id: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[CharacterAnswer]:
    """Your own; those that everybody may use are at `/v1/characters/installed`."""
    found = services.characters.list(who, after=paging.after, limit=paging.fetch, user_id=user_id)
    return paging.page(found, lambda one: shown(services, one, links), lambda one: one.id)


@router.get("/installed", summary="Characters that every key may use")
def list_installed(who: CharactersUser, services: ServicesDep) -> InstalledPage:
    """By their names, wherever a character is asked for."""
    names = services.characters.installed_names(who)
    return InstalledPage(data=[InstalledAnswer(name=name) for name in names])


@router.get("/{character_id}", summary="One character", responses=answers(NotFound))
async def get_character(
    character_id: CharacterId,
    who: CharactersUser,
    services: ServicesDep,
    live: LiveDep,
    links: LinksDep,
    wait: WaitQuery = 0,
) -> CharacterAnswer:
    """As it is now, with a fresh address of its drawings; `wait` gives it when it is made."""
    record = await run_in_threadpool(services.characters.get, who, character_id)
    if wait and not record.ready:
        job = await run_in_threadpool(services.jobs.get, record.id)
        await until_done(live, lambda: services.jobs.get(record.id), job, wait)
        record = await run_in_threadpool(services.characters.get, who, character_id)
    return await run_in_threadpool(shown, services, record, links)


@router.delete(
    "/{character_id}",
    summary="Delete a character",
    responses=answers(NotFound, Conflict, StorageUnavailable),
)
def delete_character(
    character_id: CharacterId,
    who: CharactersUser,
    services: ServicesDep,
    request_id: RequestId,
    *,
    force: Annotated[
        bool, Query(description="Also where timelines are of it: they then need another one.")
    ] = False,
) -> ReceiptAnswer:
    """With its drawings and what it was made of; one that is not made yet is canceled first."""
    services.characters.require_unused(who, character_id, force=force)
    return ReceiptAnswer.of(services.deletion.delete_job(who, character_id, request_id=request_id))
