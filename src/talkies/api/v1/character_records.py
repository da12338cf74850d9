"""A character as the API shows it: how far it is made, what is in it, where its drawings are."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from talkies.api.frame_access import QUERY_NAME
from talkies.api.links import Links
from talkies.api.models import Answer, Moment
from talkies.api.services import Services
from talkies.api.v1.job_records import JobError, StatusName
from talkies.errors import NotFound
from talkies.jobs.records import Job
from talkies.studio.characters.records import CharacterRecord

#: Where a page's own routes are, below the character's address.
PATHS: Final = {
    "sequences": "sequences",
    "contact_sheet": "contact-sheet",
    "content": "content",
}


class FramesAnswer(Answer):
    """How a player gets the drawings without a key."""

    url: str = Field(
        description="Put the sequence's id (or `endpoints`) and the drawing's file in.",
        examples=["https://api.example.com/v1/characters/chr_01…/frames/{sequence}/{file}?pass=…"],
    )
    expires_at: Moment = Field(description="When the address is good no more: ask for another.")


class CharacterAnswer(Answer):
    """A character as it is now."""

    id: str = Field(examples=["chr_01k9zzy0c0m5ysfcvd4cb4k4w1"])
    object: Literal["character"] = "character"
    name: str = Field(examples=["Robin"])
    status: StatusName = Field(description="Of the job that makes it.")
    ready: bool = Field(description="Whether it is made, so that requests can use it.")
    stage: str | None = Field(examples=["build"])
    progress: float = Field(ge=0, le=1)
    eta_seconds: float | None
    error: JobError | None
    warnings: list[str]
    facts: dict[str, Any] | None = Field(
        description="What is in it; null until it is made.",
        examples=[
            {
                "width": 768,
                "height": 1152,
                "key_color": None,
                "expressions": ["neutral", "speaking_ah"],
                "poses": ["center"],
                "sequences": 1,
                "drawings": 11,
            }
        ],
    )
    bytes: int | None = Field(description="Of its bundle, which `urls.content` gives.")
    sha256: str | None = Field(description="Of its bundle: the same for the same drawings.")
    frames: FramesAnswer | None = Field(description="null until it is made.")
    user_id: str | None
    created_at: Moment
    urls: dict[str, str] = Field(description="Where to go from here.")


class InstalledAnswer(Answer):
    """A character of this installation, which every key may use by its name."""

    name: str = Field(examples=["robin"])
    object: Literal["installed_character"] = "installed_character"


class InstalledPage(Answer):
    """All characters that are installed."""

    object: Literal["list"] = "list"
    data: list[InstalledAnswer]


def shown(services: Services, record: CharacterRecord, links: Links) -> CharacterAnswer:
    """The answer about a character; blocks."""
    return shown_with(services, record, job_of(services, record), links)


def job_of(services: Services, record: CharacterRecord) -> Job | None:
    """The job that makes a character; None where it is forgotten."""
    try:
        return services.jobs.get(record.id)
    except NotFound:
        return None


def shown_with(
    services: Services, record: CharacterRecord, job: Job | None, links: Links
) -> CharacterAnswer:
    error = None if job is None or job.error is None else JobError.model_validate(dict(job.error))
    return CharacterAnswer(
        id=record.id,
        name=record.name,
        status=_status(record, job),
        ready=record.ready,
        stage=None if job is None else job.stage,
        progress=1.0 if job is None else job.progress,
        eta_seconds=None if job is None else job.eta_seconds,
        error=error,
        warnings=[] if job is None else list(job.warnings),
        facts=None if record.facts is None else dict(record.facts),
        bytes=record.bytes,
        sha256=record.sha256,
        frames=_frames(services, record, links),
        user_id=record.user_id,
        created_at=record.created_at,
        urls={name: links.to(path) for name, path in _paths(record).items()},
    )


def _status(record: CharacterRecord, job: Job | None) -> StatusName:
    """One that is made stays so, whatever becomes of its job."""
    if record.ready:
        return "succeeded"
    return "failed" if job is None else job.status.value


def home_of(character_id: str) -> str:
    return f"/v1/characters/{character_id}"


def _paths(record: CharacterRecord) -> Mapping[str, str]:
    home, operation = home_of(record.id), f"/v1/operations/{record.id}"
    job = {name: f"{operation}/{name}" for name in ("cancel", "events", "retry")}
    shows = {name: f"{home}/{path}" for name, path in PATHS.items()}
    return {"self": home, **(shows if record.ready else job)}


def _frames(services: Services, record: CharacterRecord, links: Links) -> FramesAnswer | None:
    if not record.ready:
        return None
    given, expires = services.gallery.passes.issue(record.id)
    path = f"{home_of(record.id)}/frames/{{sequence}}/{{file}}?{QUERY_NAME}={given}"
    return FramesAnswer(url=links.to(path), expires_at=expires)
