"""What a row of the mirror says: a job in the words of the app that reads the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from talkies.jobs.records import Document, Job, Output, Status

#: The table's own four words (echomimic-backend-plan, §6.2).
STATUSES: Final[Mapping[Status, str]] = {
    Status.QUEUED: "queued",
    Status.RUNNING: "processing",
    Status.SUCCEEDED: "finished",
    Status.FAILED: "failed",
    Status.CANCELED: "failed",
}

#: Words of jobs that have ended.
ENDED: Final = ("finished", "failed")

#: Of an error, what an app shows.
ERROR_FIELDS: Final = ("code", "message", "hint", "retryable", "details")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. Moments are UTC milliseconds."""

    id: str
    talkies_id: str
    user_id: str | None
    type: str
    status: str
    payload: Document
    progress: float
    #: The last event of ours that it knows: what a smaller one says is older.
    revision: int
    created_at: int
    finished_at: int | None
    error: Document | None = None
    #: Names to links, and to places in the storage.
    output_urls: Mapping[str, str] = field(default_factory=dict)
    output_urls_expire_at: int | None = None
    output_paths: Mapping[str, str] = field(default_factory=dict)


def row_of(job: Job, outputs: Sequence[Output], revision: int) -> Row:
    """The row of a job with these outputs, without links."""
    return Row(
        id=storable(job.external_id or job.id),
        talkies_id=job.id,
        user_id=storable(job.user_id),
        type=job.kind,
        status=STATUSES[job.status],
        payload=storable({"request": job.request, "metadata": job.metadata}),
        progress=1.0 if job.status is Status.SUCCEEDED else job.progress,
        revision=revision,
        created_at=job.created_at,
        finished_at=job.finished_at,
        error=storable(_error(job)),
        output_paths={output.name: output.storage_key for output in outputs},
    )


def _error(job: Job) -> Document | None:
    if job.status is Status.CANCELED:
        return {"code": "CANCELED", "message": "The job was canceled.", "retryable": False}
    if job.error is None:
        return None
    return {name: job.error[name] for name in ERROR_FIELDS if name in job.error}


def storable(value: Any) -> Any:
    """The same document without what Postgres refuses in JSON: NUL, and halves of a surrogate pair.

    One such character would else keep its row, and every later one, out of the table.
    """
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {storable(name): storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    return value
