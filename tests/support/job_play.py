"""What a worker would do to a job, done by a test: begun, moved on, and ended with files."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from service_stage import Stage

from talkies.db.tables import jobs
from talkies.jobs.ledger import Ending, locked
from talkies.jobs.records import Job, NewJob, Output, Status
from talkies.kit.ids import new_id

TYPES = {
    "video": "video/mp4",
    "captions.vtt": "text/vtt",
    "captions.srt": "application/x-subrip",
    "timing.json": "application/json",
    "poster": "image/png",
}


def queued(stage: Stage, *, key_id: str | None = None, kind: str = "video") -> Job:
    """A job that was accepted, without the request that asks for it."""
    new = NewJob(id=new_id(kind[:3]), kind=kind, request={}, key_id=key_id, engine="portrait")
    return stage.services.jobs.accept(new)


def begun(stage: Stage, job_id: str) -> Job:
    """The job when a worker holds it."""
    ledger = stage.services.jobs.ledger
    held = {"status": "running", "waiting": False, "attempts": 1, "started_at": ledger.clock()}
    held["heartbeat_at"] = ledger.clock()
    with ledger.changing() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(**held))
        return ledger.announce(connection, job_id)


def told(stage: Stage, job_id: str, fraction: float) -> None:
    """An event of progress."""
    ledger = stage.services.jobs.ledger
    with ledger.changing() as connection:
        ledger.note(connection, locked(connection, job_id), "progress", {"progress": fraction})


def ended(stage: Stage, job_id: str, folder: Path, files: Mapping[str, bytes] | None = None) -> Job:
    """The job when it has succeeded, with these files by their names."""
    ledger = stage.services.jobs.ledger
    outputs = tuple(_put(stage, job_id, folder, *each) for each in (files or {}).items())
    result = {"width": 720, "seconds": 1.0, "quality": {"grade": "good"}}
    metrics = {"seconds": {"render": 1.5}, "work_seconds": 2}
    ending = Ending(status=Status.SUCCEEDED, result=result, outputs=outputs, metrics=metrics)
    with ledger.changing() as connection:
        return ledger.end(connection, locked(connection, job_id), ending)


def failed(stage: Stage, job_id: str) -> Job:
    """The job when it has failed for want of a face."""
    ledger = stage.services.jobs.ledger
    error = {"code": "FACE_NOT_FOUND", "message": "No face.", "details": {}, "hint": "Another."}
    with ledger.changing() as connection:
        ending = Ending(status=Status.FAILED, error=error)
        return ledger.end(connection, locked(connection, job_id), ending)


def _put(stage: Stage, job_id: str, folder: Path, name: str, content: bytes) -> Output:
    path = folder / "product"
    path.write_bytes(content)
    key = f"videos/{job_id}.mp4" if name == "video" else f"videos/{job_id}/{name}"
    stage.services.storage.put(key, path, content_type=TYPES[name])
    return Output(
        name=name,
        storage_key=key,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        content_type=TYPES[name],
    )
