"""What every request for a job has in common: whose it is, where its files come from, how long."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, Self, TypeVar

from talkies.errors import InvalidRequest
from talkies.jobs.records import Document, NewJob, Priority
from talkies.kit.clock import Clock
from talkies.studio.access.principal import Principal
from talkies.studio.webhooks.events import check_events

#: Product contract: how much a caller may keep with a job.
METADATA_KEYS, METADATA_NAME, METADATA_VALUE = 16, 64, 512

#: Product contract: how long a job may be given, in seconds; a week.
DEADLINE_SECONDS = (1.0, 7 * 86_400.0)

#: Longest `user_id` and `external_id`: what the tables hold.
ID_LENGTH = 200

#: Longest URL that is taken: what browsers and proxies agree on.
URL_LENGTH = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an input comes from: exactly one of an asset, an address, or a kept blob."""

    asset_id: str | None = None
    url: str | None = None
    #: Of a blob that `Assets.keep` already has.
    sha256: str | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.asset_id, self.url, self.sha256) if value is not None]
        if len(given) != 1:
            raise InvalidRequest("An input is one of an asset's id, a URL, or an uploaded file.")
        if self.url is not None and len(self.url) > URL_LENGTH:
            raise InvalidRequest(f"A URL has more than {URL_LENGTH:,} characters.")

    @classmethod
    def named(cls, text: str) -> Self:
        """The source that a text field names: a URL has a scheme, an asset's id has none.

        Raises `InvalidRequest` for the bytes themselves.
        """
        if text[:5].lower() == "data:":
            raise InvalidRequest(
                "Files are not taken as `data:` addresses.",
                hint="Send the file in a `multipart/form-data` body, or as an asset before.",
            )
        return cls(url=text) if "://" in text else cls(asset_id=text)

    @property
    def document(self) -> dict[str, str]:
        """The one that is given, by its name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The part of a request that the job's record has columns for."""

    user_id: str | None = None
    #: The caller's own name of the job, unique for its key.
    external_id: str | None = None
    webhook_url: str | None = None
    #: None means all events.
    webhook_events: tuple[str, ...] | None = None
    metadata: Document = field(default_factory=dict)
    deadline_seconds: float | None = None
    priority: Priority = Priority.NORMAL
    #: Which contract it came by: `v1`, or a seed's.
    origin: str = "v1"


AnySubmission = TypeVar("AnySubmission", bound=Submission)

#: Fields that stand in columns of their own, not in the request's document.
COLUMNS = frozenset(f.name for f in fields(Submission)) - {"deadline_seconds"}


def require_caller(submission: Submission) -> None:
    """Raise `InvalidRequest` for an id, a deadline or metadata beyond what is kept."""
    for name in ("user_id", "external_id"):
        value = getattr(submission, name)
        if value is not None and not 0 < len(value) <= ID_LENGTH:
            raise InvalidRequest(
                f"`{name}` has to have 1 to {ID_LENGTH} characters.", details={"fields": [name]}
            )
    low, high = DEADLINE_SECONDS
    seconds = submission.deadline_seconds
    if seconds is not None and not low <= seconds <= high:
        raise InvalidRequest(
            f"`deadline_seconds` has to be {low:g} to {high:,.0f}.",
            details={"fields": ["deadline_seconds"]},
        )
    fault = _metadata_fault(submission.metadata)
    if fault is not None:
        raise InvalidRequest(f"`metadata` {fault}.", details={"fields": ["metadata"]})


def with_webhook(submission: AnySubmission, check: Callable[[str], str]) -> AnySubmission:
    """The same with its webhook as it will be called; `check` makes it so.

    Raises `UnsafeAddress`, and `InvalidRequest` for an event that there is not.
    """
    url = submission.webhook_url
    return replace(
        submission,
        webhook_url=None if url is None else check(url),
        webhook_events=check_events(submission.webhook_events, "webhook_events"),
    )


def _metadata_fault(metadata: Document) -> str | None:
    """What is wrong where there is more than 16 short names with short plain values."""
    if len(metadata) > METADATA_KEYS:
        return f"has more than {METADATA_KEYS} keys"
    if any(not 0 < len(name) <= METADATA_NAME for name in metadata):
        return f"has a key that is empty or longer than {METADATA_NAME} characters"
    if any(isinstance(value, Mapping | list | tuple) for value in metadata.values()):
        return "has a value that is neither a text nor a number nor true, false or null"
    if any(len(str(value)) > METADATA_VALUE for value in metadata.values()):
        return f"has a value longer than {METADATA_VALUE} characters"
    return None


def request_document(submission: Submission) -> dict[str, Any]:
    """What was asked for, for the job's record: without defaults' None and without `COLUMNS`."""
    kept = {f.name: plain(getattr(submission, f.name)) for f in fields(submission)}
    return {
        name: value
        for name, value in kept.items()
        if name not in COLUMNS and value is not None and value != {}
    }


def plain(value: object) -> object:
    """A value as JSON knows it; what is None in a part of the request is left out."""
    if isinstance(value, Source):
        return value.document
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        return {name: part for name, part in parts.items() if part is not None}
    return dict(value) if isinstance(value, Mapping) else value


def new_job(
    job_id: str,
    kind: str,
    principal: Principal,
    submission: Submission,
    *,
    clock: Clock,
    inputs: Mapping[str, Source],
    engine: str | None = None,
) -> NewJob:
    """The job that a checked request becomes; `inputs` are its sources by their roles."""
    seconds = submission.deadline_seconds
    blobs = {role: source.sha256 for role, source in inputs.items()}
    return NewJob(
        id=job_id,
        kind=kind,
        request=request_document(submission),
        origin=submission.origin,
        key_id=principal.key_id,
        user_id=submission.user_id,
        external_id=submission.external_id,
        engine=engine,
        metadata=dict(submission.metadata),
        priority=submission.priority,
        deadline_at=None if seconds is None else clock() + round(seconds * 1_000),
        webhook_url=submission.webhook_url,
        webhook_events=submission.webhook_events,
        inputs={role: sha256 for role, sha256 in blobs.items() if sha256 is not None},
    )
