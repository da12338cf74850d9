"""`/v1/audio/alignments`: when each sound of a recording is said."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import AudioUser, count_user
from talkies.api.creation import Asked, Created, CreationDep
from talkies.api.job_creation import JobCreation
from talkies.api.links import LinksDep
from talkies.api.models import Answer
from talkies.api.multipart import UploadedFile
from talkies.api.openapi import answers, form_or_json
from talkies.api.requests import ServicesDep
from talkies.api.uploads import incoming_folder, read
from talkies.api.v1.audio import ACCEPTED, JOB_ERRORS
from talkies.api.v1.audio_bodies import ROLES, AlignmentBody, alignment_body
from talkies.api.v1.job_records import JobRecord, shown
from talkies.api.v1.job_urls import urls_of
from talkies.errors import (
    AudioEmpty,
    AudioSilent,
    ChildCrashed,
    CorruptMedia,
    InvalidInput,
    MediaTooLarge,
    NotFound,
    StorageFull,
    StorageUnavailable,
    TranscriptMismatch,
    UnknownLanguage,
    UnsafeAddress,
    UnsupportedMedia,
)
from talkies.jobs.records import Document, Job
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.audio.kinds import ALIGNMENT_PREFIX
from talkies.studio.audio.requests import AlignmentSubmission

router = APIRouter(prefix="/v1/audio", tags=["audio"])

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
