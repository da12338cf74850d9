"""What is sent where an origin has no writer of its own: type, time, and the job."""

from collections.abc import Mapping
from typing import Any

from talkies.jobs.records import Document, Job, Status
from talkies.kit.clock import rfc3339


def event_moment(job: Job, event: str) -> int:
    """When the event happened, in UTC milliseconds."""
    moment = job.started_at if event == "job.started" else job.finished_at
    return moment or job.created_at


def minimal_payload(job: Job, event: str, urls: Mapping[str, str] | None = None) -> Document:
    """The job in the names of the API's own answers, as it was at the event.

    Nothing in it expires or gives access: a delivery may arrive a day later, so links to files
    are for the receiver to ask for. Neither is there what was asked, such as a text to say.
    """
    shown = {**_identity(job), **_state(job), **_result(job)}
    return {
        "type": event,
        "timestamp": rfc3339(event_moment(job, event)),
        "data": {"job": shown if urls is None else {**shown, "urls": dict(urls)}},
    }


def _identity(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "object": job.kind,
        "kind": job.kind,
        "engine": job.engine,
        "external_id": job.external_id,
        "user_id": job.user_id,
        "metadata": dict(job.metadata),
    }


def _state(job: Job) -> dict[str, Any]:
    return {
        "status": job.status.value,
        "done": job.done,
        "run": job.run,
        "attempts": job.attempts,
        "dead_letter": job.dead_letter,
        "created_at": rfc3339(job.created_at),
        "started_at": rfc3339(job.started_at),
        "finished_at": rfc3339(job.finished_at),
        "error": None if job.error is None else dict(job.error),
    }


def _result(job: Job) -> dict[str, Any]:
    result = dict(job.result or {})
    return {
        "warnings": list(job.warnings),
        "quality": result.pop("quality", None),
        "output": result if job.status is Status.SUCCEEDED else None,
        "metrics": dict(job.metrics),
    }
