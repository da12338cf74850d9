"""A job as the product speaks of it: its status, its progress, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Final, TypeAlias

#: A document that JSON can write.
Document: TypeAlias = Mapping[str, Any]


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def done(self) -> bool:
        """Whether the job has ended; no late update reopens it."""
        return self not in {Status.QUEUED, Status.RUNNING}


#: The statuses of jobs that have not ended, as the tables spell them.
UNFINISHED: Final = tuple(status.value for status in Status if not status.done)


class Priority(IntEnum):
    """What runs first."""

    HIGH = 0
    NORMAL = 1
    LOW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be accepted."""

    id: str
    kind: str
    request: Document
    origin: str = "v1"
    key_id: str | None = None
    user_id: str | None = None
    external_id: str | None = None
    #: The engine that was chosen; names the queue of the slow phase.
    engine: str | None = None
    metadata: Document = field(default_factory=dict)
    priority: Priority = Priority.NORMAL
    #: UTC milliseconds.
    deadline_at: int | None = None
    webhook_url: str | None = None
    webhook_events: tuple[str, ...] | None = None
    #: Input blobs by role: role -> sha256.
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One file that a job made."""

    name: str
    storage_key: str
    sha256: str
    bytes: int
    content_type: str
    #: UTC milliseconds when retention removed it.
    removed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it is now. Moments are UTC milliseconds."""

    id: str
    kind: str
    origin: str
    key_id: str | None
    user_id: str | None
    external_id: str | None
    engine: str | None
    request: Document
    metadata: Document
    status: Status
    stage: str | None
    progress: float
    eta_seconds: float | None
    result: Document | None
    #: code, message, details, retryable, hint
    error: Document | None
    warnings: tuple[str, ...]
    metrics: Document
    priority: int
    #: The queue of the phase it is in.
    queue: str
    run: int
    #: How often a worker began this run: once, and again for each one that died holding it.
    attempts: int
    dead_letter: bool
    cancel_requested_at: int | None
    deadline_at: int | None
    webhook_url: str | None
    webhook_events: tuple[str, ...] | None
    created_at: int
    started_at: int | None
    heartbeat_at: int | None
    progressed_at: int | None
    finished_at: int | None
    expires_at: int | None
    swept_at: int | None
    #: Index of the phase it is in.
    phase: int = 0
    #: Place in the fair order of its priority.
    fair_tag: int = 0
    #: Whether it is in its queue and no worker holds it: before its first phase or between two.
    waiting: bool = False

    @property
    def done(self) -> bool:
        return self.status.done


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """One thing that happened to a job; `seq` grows over all jobs."""

    seq: int
    job_id: str
    key_id: str | None
    #: `status`, `progress`, `stage`, `log`, `deleted`
    type: str
    data: Document
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Which jobs to list, newest first; None and empty take all."""

    key_id: str | None = None
    user_id: str | None = None
    kinds: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    origins: tuple[str, ...] = ()
    dead_letter: bool | None = None
    #: The id of the last job of the page before.
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """How full one queue is."""

    queue: str
    #: Jobs that no worker holds yet.
    waiting: int
    #: UTC milliseconds when the oldest of them was accepted.
    oldest_at: int | None
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A worker as the others see it."""

    executor_id: str
    host: str
    pid: int
    engines: tuple[str, ...]
    concurrency: int
    version: str
    started_at: int
    #: On the database's clock.
    seen_at: int
    draining: bool
