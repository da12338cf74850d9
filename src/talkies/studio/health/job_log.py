"""The lines that are written about every job: accepted, begun, ended, and with what."""

import logging
from typing import Any

from sqlalchemy import Connection

from talkies.jobs.records import Job

log = logging.getLogger("talkies.jobs")


def log_job(_connection: Connection, job: Job, event: str) -> None:
    """An observer of jobs. What was asked for, and what was said, is not written."""
    failed = job.error is not None and event == "job.failed"
    log.log(
        logging.WARNING if failed else logging.INFO,
        "%s %s",
        event,
        job.id,
        extra={
            "job_id": job.id,
            "key_id": job.key_id,
            "kind": job.kind,
            "engine": job.engine,
            **_ending(job),
        },
    )


def _ending(job: Job) -> dict[str, Any]:
    if not job.done:
        return {}
    measured = {
        name: job.metrics[name] for name in ("work_seconds", "media_seconds") if name in job.metrics
    }
    error = {} if job.error is None else {"error_code": job.error.get("code")}
    return {**measured, **error, "attempts": job.attempts, "dead_letter": job.dead_letter}
