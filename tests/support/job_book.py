"""A book of jobs in memory: what the mirror reads of `jobs.Jobs`, and hands to change it."""

from dataclasses import replace
from typing import Any

from talkies.errors import NotFound, StorageUnavailable
from talkies.jobs.records import Job, JobEvent, Output, Status


def job(name: str = "vid_1", **changes: Any) -> Job:
    """A job as it is when it was accepted."""
    fields: dict[str, Any] = {
        "id": name, "kind": "video", "origin": "v1", "key_id": "key_1", "user_id": None,
        "external_id": None, "engine": "portrait", "request": {}, "metadata": {},
        "status": Status.QUEUED, "stage": None, "progress": 0.0, "eta_seconds": None,
        "result": None, "error": None, "warnings": (), "metrics": {}, "priority": 1,
        "queue": "engine.portrait", "run": 1, "attempts": 0, "dead_letter": False,
        "cancel_requested_at": None, "deadline_at": None, "webhook_url": None,
        "webhook_events": None, "created_at": 1_700_000_000_000, "started_at": None,
        "heartbeat_at": None, "progressed_at": None, "finished_at": None, "expires_at": None,
        "swept_at": None,
    }  # fmt: skip
    return Job(**(fields | changes))


def output(name: str = "video", key: str = "videos/vid_1.mp4", **changes: Any) -> Output:
    made = Output(name=name, storage_key=key, sha256="0" * 64, bytes=9, content_type="video/mp4")
    return replace(made, **changes)


class Book:
    """Jobs, their events and outputs; `now` is its clock."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000
        self.jobs: dict[str, Job] = {}
        self.made: dict[str, tuple[Output, ...]] = {}
        self.history: list[JobEvent] = []
        self.storage_is_away = False
        self.read: list[str] = []

    def put(self, job: Job, *outputs: Output) -> None:
        """Write the job's new state and the event of it."""
        self.jobs[job.id] = job
        self.made[job.id] = outputs
        self.happen(job.id)

    def happen(self, job_id: str) -> None:
        number = self.last_event() + 1
        self.history.append(
            JobEvent(seq=number, job_id=job_id, key_id="key_1", type="status", data={}, at=self.now)
        )

    def delete(self, job_id: str) -> None:
        del self.jobs[job_id]
        self.history = [event for event in self.history if event.job_id != job_id]

    def events(
        self,
        *,
        after: int = 0,
        job_id: str | None = None,
        key_id: str | None = None,
        limit: int = 500,
    ) -> tuple[JobEvent, ...]:
        return tuple(event for event in self.history if event.seq > after)[:limit]

    def last_event(self) -> int:
        return max((event.seq for event in self.history), default=0)

    def get(self, job_id: str, /) -> Job:
        self.read.append(job_id)
        if job_id not in self.jobs:
            raise NotFound
        return self.jobs[job_id]

    def outputs(self, job_id: str, /) -> tuple[Output, ...]:
        return self.made[job_id]

    def link(self, output: Output) -> str:
        if self.storage_is_away:
            raise StorageUnavailable
        return f"https://files.example/{output.storage_key}?token=t"


def finished(name: str = "vid_1", **changes: Any) -> Job:
    done = {"status": Status.SUCCEEDED, "progress": 1.0, "finished_at": 1_700_000_060_000}
    return job(name, **{**done, **changes})
