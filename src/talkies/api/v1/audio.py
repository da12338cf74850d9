"""`/v1/audio`: speech as it is made, and long speech as jobs."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

from fastapi import APIRouter, Response
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from talkies.api.auth import AudioUser, count_user
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, Created, CreationDep
from talkies.api.job_creation import JobCreation
from talkies.api.links import LinksDep
from talkies.api.openapi import Responses, answers
from talkies.api.requests import LiveDep, ServicesDep
from talkies.api.services import Services
from talkies.api.sse import until_done
from talkies.api.streaming import ClosingStream
from talkies.api.v1.audio_bodies import (
    SpeechBody,
    SpeechJobBody,
)
from talkies.api.v1.job_answers import JobAnswersDep
from talkies.api.v1.job_records import JobRecord, shown
from talkies.api.v1.job_urls import urls_of
from talkies.api.v1.operations import JobId
from talkies.api.waiting import WaitQuery
from talkies.errors import (
    Conflict,
    InvalidInput,
    InvalidOption,
    MissingDependency,
    NotFound,
    QueueFull,
    UnknownLanguage,
    UnknownVoice,
    UnsafeAddress,
)
from talkies.jobs.records import Job
from talkies.studio.access.ownership import own_job
from talkies.studio.access.principal import Principal
from talkies.studio.audio.kinds import (
    ALIGNMENT_KIND,
    SPEECH_KIND,
    SPEECH_PREFIX,
)
from talkies.studio.audio.requests import SpeechSubmission

router = APIRouter(prefix="/v1/audio", tags=["audio"])

#: What a text may be refused with.
SPEECH_ERRORS: Final = (
    InvalidInput,
    InvalidOption,
    MissingDependency,
    UnknownLanguage,
    UnknownVoice,
)

JOB_ERRORS: Final = (Conflict, QueueFull, *IDEMPOTENCY_ERRORS)

SOUND_TYPES: Final = (
    "audio/mpeg",
    "audio/ogg",
    "audio/aac",
    "audio/flac",
    "audio/wav",
    "audio/pcm",
)

ACCEPTED: Final[Responses] = {
    202: {
        "description": "It will be made; `Location` says where to ask for it.",
        "model": JobRecord,
        "headers": {"Location": {"schema": {"type": "string"}}},
    }
}

DONE: Final[Responses] = {
    200: {"description": "`Prefer: wait`: it is done already.", "model": JobRecord}
}


@router.post(
    "/speech",
    summary="Speak a text",
    response_class=Response,
    responses={
        200: {
            "description": "Sound, as it is made.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in SOUND_TYPES
            },
        },
        **answers(*SPEECH_ERRORS),
    },
)
async def create_speech(body: SpeechBody, who: AudioUser, services: ServicesDep) -> Response:
    """OpenAI's contract: the first bytes come long before the last are made.

    A text of more than 10 000 characters is a job: `POST /v1/audio/jobs`.
    """
    submission = SpeechSubmission(
        input=body.input,
        model=body.model,
        voice=body.voice,
        response_format=body.response_format,
        speed=body.speed,
        language=body.language,
    )
    spoken = await run_in_threadpool(services.audio.speak, who, submission)
    return ClosingStream(
        _closing(spoken.chunks),
        media_type=spoken.content_type,
        headers={
            "Content-Disposition": f'inline; filename="{spoken.filename}"',
            "Cache-Control": "no-store",
        },
    )


async def _closing(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks; the voice falls silent where nobody listens any more."""
    try:
        async for chunk in iterate_in_threadpool(chunks):
            yield chunk
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            await run_in_threadpool(close)


@router.post(
    "/jobs",
    status_code=202,
    summary="Speak a long text",
    responses={**DONE, **ACCEPTED, **answers(*SPEECH_ERRORS, UnsafeAddress, *JOB_ERRORS)},
)
async def create_audio_job(
    body: SpeechJobBody,
    who: AudioUser,
    creation: CreationDep,
    services: ServicesDep,
    answer: JobAnswersDep,
) -> JobRecord:
    """A job whose files are `audio` and `timing.json`."""
    jobs = JobCreation(services, who, creation)
    return await answer.about(await run_in_threadpool(_speech, jobs, body))


@router.get("/jobs/{job_id}", summary="One audio job", responses=answers(NotFound))
async def get_audio_job(
    job_id: JobId,
    who: AudioUser,
    services: ServicesDep,
    live: LiveDep,
    links: LinksDep,
    wait: WaitQuery = 0,
) -> JobRecord:
    """Of speech or of an alignment; `wait` gives it when the job is done."""

    def again() -> Job:
        return _audio_job(services, who, job_id)

    job = await run_in_threadpool(again)
    if wait:
        job = await until_done(live, again, job, wait)
    return await run_in_threadpool(shown, services, job, urls_of(job), links)


def _speech(creation: JobCreation, body: SpeechJobBody) -> Created[Job]:
    """The job of a text, new or known; blocks."""
    services, who = creation.services, creation.who
    count_user(services, who, body.user_id)
    asked = Asked(prefix=SPEECH_PREFIX, fields=body.model_dump(mode="json"), files={})

    def submit(job_id: str) -> Job:
        return services.audio.submit_speech(who, body.submission(who), job_id=job_id)

    return creation.once(asked, body.user_id, submit)


def _audio_job(services: Services, who: Principal, job_id: str) -> Job:
    """A job of speech or of an alignment. Raises `NotFound`."""
    return own_job(services.jobs, who, job_id, SPEECH_KIND, ALIGNMENT_KIND)
