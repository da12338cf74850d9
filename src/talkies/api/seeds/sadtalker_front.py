"""The web front's routes of the SadTalker platform (S10): `/api/sadtalker/create`, `/status`.

The seed's own route puts jobs into a BullMQ queue and answers with that queue's words; these do
the same over our jobs. `requestId` is the job's id to its caller, as there.
"""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import VideosUser, count_user, whose
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, Created, CreationDep
from talkies.api.errors import answer
from talkies.api.job_creation import JobCreation
from talkies.api.links import LinksDep
from talkies.api.openapi import ERROR_MODEL, REF, answers
from talkies.api.requests import ServicesDep
from talkies.api.seeds.forms import described, file_of, form_of, refused, route_class
from talkies.api.seeds.sadtalker_errors import OF_THE_BODY
from talkies.api.seeds.sadtalker_front_answers import (
    STATES,
    FrontCreated,
    FrontError,
    FrontFailure,
    FrontHistory,
    FrontStatus,
    history_item,
    result_of,
)
from talkies.api.seeds.sadtalker_front_bodies import (
    FILES,
    TEXTS,
    FrontBody,
    body_of_form,
    read_body,
)
from talkies.api.seeds.sadtalker_videos import ORIGIN, submission
from talkies.api.services import Services
from talkies.api.uploads import Received, incoming_folder, read
from talkies.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    QueueFull,
    TalkiesError,
    UnsafeAddress,
    UnsupportedMedia,
)
from talkies.jobs.records import Job, JobQuery, Status
from talkies.studio.access.ownership import own_job
from talkies.studio.access.principal import Principal
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.submissions import Source
from talkies.studio.videos.kind import ID_PREFIX, KIND

#: The seed's list of a user's videos holds so many.
HISTORY_LIMIT: Final = 50


#: The failures of a route in these words.
WORDED: Final = {ERROR_MODEL: FrontError.__name__}


def worded(error: TalkiesError, request_id: str) -> JSONResponse:
    """The answer that carries an error."""
    plain = answer(error, request_id)
    body = FrontError(
        error=error.message,
        code=error.code,
        hint=error.hint,
        details=json.loads(bytes(plain.body))["error"]["details"],
        requestId=request_id,
    )
    headers = {name: value for name, value in plain.headers.items() if name not in OF_THE_BODY}
    return JSONResponse(body.model_dump(mode="json"), status_code=error.status, headers=headers)


router = APIRouter(
    prefix="/api/sadtalker", tags=["SadTalker front"], route_class=route_class(worded)
)


#: A form with both files, or a JSON object with their addresses.
BODY: Final = WORDED | described(FILES, TEXTS, required=tuple(FILES))
BODY["requestBody"]["content"]["application/json"] = {
    "schema": {"$ref": REF.format(model=FrontBody.__name__)}
}


REFUSALS: Final = (InvalidRequest, UnsafeAddress, UnsupportedMedia, QueueFull)


@router.post(
    "/create",
    status_code=202,
    summary="Make a video of an image and an audio file",
    responses=answers(*REFUSALS, *IDEMPOTENCY_ERRORS),
    openapi_extra=BODY,
)
async def create(
    request: Request,
    who: VideosUser,
    creation: CreationDep,
    services: ServicesDep,
    links: LinksDep,
) -> FrontCreated:
    """The same `requestId` again is the same job."""
    async with incoming_folder(services.scratch) as folder:
        received = await read(request, folder, services.http)
        jobs = JobCreation(services, who, creation)
        job = (await run_in_threadpool(_made, jobs, received, links.to("/"))).value
    return FrontCreated(jobId=job.external_id or job.id)


@router.get(
    "/status",
    summary="How far a video is",
    responses=answers(InvalidRequest, NotFound),
    openapi_extra=WORDED,
)
def status(
    id: Annotated[str, Query(max_length=200)],  # noqa: A002 - the seed's name
    who: VideosUser,
    services: ServicesDep,
    links: LinksDep,
) -> FrontStatus:
    """Ask again until `state` is `completed` or `failed`."""
    job = _found(services, who, id)
    known = services.sadtalker.response(job, links.to("/"))
    code = str((job.error or {}).get("code", job.status.value.upper()))
    return FrontStatus(
        jobId=id,
        remoteJobId=job.id,
        state=STATES[job.status],
        progress=round(100 * known.progress, 1),
        attempts=max(0, job.attempts),
        result=result_of(job, known.download_url, known.storage),
        error=FrontFailure(message=known.error, reason=code) if known.error else None,
    )


@router.get(
    "/history",
    summary="A user's latest videos",
    responses=answers(InvalidRequest),
    openapi_extra=WORDED,
)
def history(
    who: VideosUser,
    services: ServicesDep,
    links: LinksDep,
    userId: Annotated[str | None, Query(max_length=200)] = None,
) -> FrontHistory:
    """Newest first, at most 50."""
    query = JobQuery(
        key_id=whose(who),
        user_id=userId,
        origins=(ORIGIN,),
        statuses=(Status.SUCCEEDED,),
        limit=HISTORY_LIMIT,
    )
    items = (history_item(services, job, links.to("/")) for job in services.jobs.list(query))
    return FrontHistory(items=[item for item in items if item is not None])


def _made(creation: JobCreation, received: Received, base_url: str) -> Created[Job]:
    """The job of a body, new or known; blocks."""
    services, who = creation.services, creation.who
    files = {} if received.document is not None else form_of(received).files
    body = (
        body_of_form(form_of(received))
        if received.document is None
        else read_body(received.document)
    )
    count_user(services, who, body.userId)
    asked = Asked(
        prefix=ID_PREFIX,
        fields=body.model_dump(mode="json"),
        files={name: file.sha256 for name, file in files.items()},
    )

    def submit(job_id: str) -> Job:
        sources = _sources(services, body, received)
        made = submission(
            services,
            sources,
            body.read_options(services.sadtalker_defaults),
            base_url,
            user_id=body.userId,
            webhook_url=body.webhookUrl,
            metadata=body.metadata,
            external_id=body.requestId,
        )
        return services.videos.submit(who, made, job_id=job_id)

    try:
        return creation.once(asked, body.userId, submit)
    except Conflict:
        if body.requestId is None:
            raise
        return Created(services.jobs.find(body.requestId, who.key_id), replayed=True)


def _sources(services: Services, body: FrontBody, received: Received) -> tuple[Source, Source]:
    if received.document is None:
        form = form_of(received)
        files = {"portrait": file_of(form, "source_image"), "audio": file_of(form, "driven_audio")}
        kept = keep_inputs(services.assets, files)
        return kept["portrait"], kept["audio"]
    return _url("imageUrl", body.imageUrl), _url("audioUrl", body.audioUrl)


def _url(name: str, text: str | None) -> Source:
    if text is None:
        raise refused(name, "This address is missing.")
    return Source(url=text)


def _found(services: Services, who: Principal, id_: str) -> Job:
    """A job by its own id, or by the `requestId` it was made with."""
    try:
        return own_job(services.jobs, who, id_, KIND)
    except NotFound:
        return services.jobs.find(id_, who.key_id)
