"""What is sent where nobody says otherwise: type, time, and the job without links or inputs."""

from talkies.jobs.records import Document, Job
from talkies.kit.clock import rfc3339


def event_moment(job: Job, event: str) -> int:
    """When the event happened, in UTC milliseconds."""
    moment = job.started_at if event == "job.started" else job.finished_at
    return moment or job.created_at


def minimal_payload(job: Job, event: str) -> Document:
    """Enough to know which job it is and how it ended, and to ask for the rest."""
    return {
        "type": event,
        "timestamp": rfc3339(event_moment(job, event)),
        "data": {
            "job": {
                "id": job.id,
                "kind": job.kind,
                "external_id": job.external_id,
                "user_id": job.user_id,
                "status": job.status.value,
                "done": job.done,
                "error": dict(job.error) if job.error else None,
                "metadata": dict(job.metadata),
                "created_at": rfc3339(job.created_at),
                "started_at": rfc3339(job.started_at),
                "finished_at": rfc3339(job.finished_at),
            }
        },
    }
