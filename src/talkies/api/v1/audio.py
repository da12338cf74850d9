"""`/v1/audio`: speech as it is made, long speech as jobs, and when each sound is said."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from talkies.api.auth import AudioUser, count_user
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, Created, CreationDep
from talkies.api.job_creation import JobCreation
from talkies.api.links import LinksDep
from talkies.api.models import Answer
from talkies.api.multipart import UploadedFile
from talkies.api.openapi import Responses, answers, form_or_json
from talkies.api.requests import LiveDep, ServicesDep
from talkies.api.services import Services
from talkies.api.sse import until_done
from talkies.api.streaming import ClosingStream
from talkies.api.uploads import incoming_folder, read
from talkies.api.v1.audio_bodies import (
    ROLES,
    AlignmentBody,
    SpeechBody,
    SpeechJobBody,
    alignment_body,
)
from talkies.api.v1.job_answers import JobAnswersDep
from talkies.api.v1.job_records import JobRecord, shown
from talkies.api.v1.job_urls import urls_of
from talkies.api.v1.operations import JobId
from talkies.api.waiting import WaitQuery
from talkies.errors import (
    AudioEmpty,
    AudioSilent,
    ChildCrashed,
    Conflict,
    CorruptMedia,
    InvalidInput,
    InvalidOption,
    MediaTooLarge,
    MissingDependency,
    NotFound,
    QueueFull,
    StorageFull,
    StorageUnavailable,
    TranscriptMismatch,
    UnknownLanguage,
    UnknownVoice,
    UnsafeAddress,
    UnsupportedMedia,
)
from talkies.jobs.records import Document, Job
from talkies.studio.access.ownership import own_job
from talkies.studio.access.principal import Principal
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.audio.kinds import (
    ALIGNMENT_KIND,
    ALIGNMENT_PREFIX,
    SPEECH_KIND,
    SPEECH_PREFIX,
)
from talkies.studio.audio.requests import AlignmentSubmission, SpeechSubmission

router = APIRouter(prefix="/v1/audio", tags=["audio"])

#: What a text may be refused with.
SPEECH_ERRORS: Final = (
    InvalidInput,
    InvalidOption,
    MissingDependency,
    UnknownLanguage,
    UnknownVoice,
)

#: What a recording may be refused with.
ALIGNMENT_ERRORS: Final = (
    AudioEmpty,
    AudioSilent,
    CorruptMedia,
    InvalidInput,
    MediaTooLarge,
    NotFound,
    TranscriptMismatch,
    UnknownLanguage,
    UnsafeAddress,
    UnsupportedMedia,
    StorageFull,
    StorageUnavailable,
    ChildCrashed,
)

#: Stands in the details of the error where a recording is only too long to be waited for.
TOO_LONG: Final = "wait_seconds"

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


class TimedWord(Answer):
    """One word and when it is said."""

    model_config = ConfigDict(extra="allow")

    text: str = Field(examples=["hello"])
    start: float = Field(description="Seconds.", examples=[0.12])
    end: float = Field(examples=[0.48])
    confidence: float | None = Field(default=None, description="0 to 1.")


class TimedPhoneme(Answer):
    """One sound, when it is said, and how the mouth looks."""

    model_config = ConfigDict(extra="allow")

    ipa: str = Field(examples=["h"])
    visemes: list[str] = Field(default_factory=list)
    start: float
    end: float


class TimingAnswer(Answer):
    """Words, phonemes and visemes in time."""

    model_config = ConfigDict(extra="allow")

    seconds: float = Field(examples=[1.8])
    language: str | None = Field(default=None, examples=["en-us"])
    source: str = Field(description="How it was found out.", examples=["transcript"])
    words: list[TimedWord]
    phonemes: list[TimedPhoneme]
    warnings: list[str] = Field(default_factory=list)


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


ALIGNMENT_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "form": {
        "file": {
            "summary": "A recording and its words",
            "value": {"audio": "speech.wav", "transcript": "Hello there."},
        }
    },
    "json": {
        "url": {
            "summary": "A recording by URL",
            "value": {"audio": "https://example.com/speech.wav", "language": "en"},
        }
    },
}


@router.post(
    "/alignments",
    summary="Find out when each sound is said",
    response_model=TimingAnswer | JobRecord,
    responses={
        200: {"description": "The timing.", "model": TimingAnswer},
        **ACCEPTED,
        **answers(*ALIGNMENT_ERRORS, *JOB_ERRORS),
    },
    openapi_extra=form_or_json(AlignmentBody, ROLES, ALIGNMENT_EXAMPLES),
)
async def create_alignment(
    request: Request,
    response: Response,
    who: AudioUser,
    creation: CreationDep,
    services: ServicesDep,
    links: LinksDep,
) -> TimingAnswer | JobRecord:
    """A short recording is answered with its timing; a long one, or `as_job`, with a job."""
    async with incoming_folder(services.scratch) as folder:
        received = await read(request, folder, services.http)
        body = alignment_body(received)
        jobs, files = JobCreation(services, who, creation), received.form.files
        found = await run_in_threadpool(_alignment, jobs, body, files)
    if not isinstance(found, Created):
        return TimingAnswer.model_validate(dict(found))
    job = found.tell(response)
    response.status_code = 202
    urls = urls_of(job)
    response.headers["Location"] = links.to(urls["self"])
    return await run_in_threadpool(shown, services, job, urls, links)


def _speech(creation: JobCreation, body: SpeechJobBody) -> Created[Job]:
    """The job of a text, new or known; blocks."""
    services, who = creation.services, creation.who
    count_user(services, who, body.user_id)
    asked = Asked(prefix=SPEECH_PREFIX, fields=body.model_dump(mode="json"), files={})

    def submit(job_id: str) -> Job:
        return services.audio.submit_speech(who, body.submission(who), job_id=job_id)

    return creation.once(asked, body.user_id, submit)


def _alignment(
    creation: JobCreation, body: AlignmentBody, files: Mapping[str, UploadedFile]
) -> Document | Created[Job]:
    """The timing of a short recording, or a job for a long one; blocks."""
    services, who = creation.services, creation.who
    count_user(services, who, body.user_id)

    def submission() -> AlignmentSubmission:
        sources = keep_inputs(services.assets, files)
        return body.submission(who, sources)

    if not body.as_job:
        try:
            return services.audio.align(who, submission())
        except MediaTooLarge as error:
            if TOO_LONG not in error.details:
                raise
    asked = Asked(
        prefix=ALIGNMENT_PREFIX,
        fields=body.model_dump(mode="json"),
        files={role: file.sha256 for role, file in files.items()},
    )

    def submit(job_id: str) -> Job:
        return services.audio.submit_alignment(who, submission(), job_id=job_id)

    return creation.once(asked, body.user_id, submit)


def _audio_job(services: Services, who: Principal, job_id: str) -> Job:
    """A job of speech or of an alignment. Raises `NotFound`."""
    return own_job(services.jobs, who, job_id, SPEECH_KIND, ALIGNMENT_KIND)
