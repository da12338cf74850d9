"""Between the rows of the tables and the records of jobs."""

from collections.abc import Mapping
from typing import Any

from talkies.db import tables
from talkies.jobs.records import Job, JobEvent, NewJob, Output, Status, WorkerRecord

#: The columns that a job's record has; the others are the machinery's.
JOB_COLUMNS = tuple(tables.jobs.c[name] for name in Job.__dataclass_fields__)


def job_of(values: Mapping[Any, Any]) -> Job:
    """The record of a row that has (at least) `JOB_COLUMNS`."""
    events = values["webhook_events"]
    return Job(
        **_fields(Job, values)
        | {
            "status": Status(values["status"]),
            "warnings": tuple(values["warnings"]),
            "webhook_events": None if events is None else tuple(events),
        }
    )


def new_row(new: NewJob, fair_tag: int, now: int) -> dict[str, Any]:
    """The row of a job that is accepted now; its queue is not known yet."""
    events = new.webhook_events
    return {
        "id": new.id,
        "kind": new.kind,
        "origin": new.origin,
        "key_id": new.key_id,
        "user_id": new.user_id,
        "external_id": new.external_id,
        "engine": new.engine,
        "request": dict(new.request),
        "metadata": dict(new.metadata),
        "priority": int(new.priority),
        "queue": "",
        "fair_tag": fair_tag,
        "run": 1,
        "deadline_at": new.deadline_at,
        "webhook_url": new.webhook_url,
        "webhook_events": None if events is None else list(events),
        "created_at": now,
        **fresh_run(),
    }


def fresh_run() -> dict[str, Any]:
    """What every run of a job begins with."""
    nothing = (
        *("stage", "eta_seconds", "result", "error", "attempt_token", "cancel_requested_at"),
        *("enqueued_at", "started_at", "heartbeat_at", "progressed_at"),
        *("finished_at", "expires_at", "swept_at"),
    )
    begins: dict[str, Any] = {
        "status": Status.QUEUED.value,
        "progress": 0.0,
        "warnings": [],
        "metrics": {},
        "phase": 0,
        "waiting": True,
        "attempts": 0,
        "strikes": 0,
        "dead_letter": False,
    }
    return dict.fromkeys(nothing) | begins


def event_of(values: Mapping[Any, Any]) -> JobEvent:
    return JobEvent(**_fields(JobEvent, values))


def output_of(values: Mapping[Any, Any]) -> Output:
    return Output(**_fields(Output, values))


def worker_of(values: Mapping[Any, Any]) -> WorkerRecord:
    return WorkerRecord(**_fields(WorkerRecord, values) | {"engines": tuple(values["engines"])})


def _fields(record: type[Any], values: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: values[name] for name in record.__dataclass_fields__}
