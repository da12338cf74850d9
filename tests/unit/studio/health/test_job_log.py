import logging
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from talkies.db.engine import connect, reading
from talkies.jobs.records import Job, Status
from talkies.studio.health.job_log import log_job


def job_of(**values: Any) -> Job:
    usual = {
        "id": "vid_1",
        "kind": "video",
        "origin": "v1",
        "key_id": "key_1",
        "engine": "portrait",
        "request": {"text": "my secret"},
        "metadata": {"note": "my secret"},
        "status": Status.RUNNING,
        "warnings": (),
        "metrics": {},
        "attempts": 1,
        "dead_letter": False,
    }
    return Job(**{**{place.name: None for place in fields(Job)}, **usual, **values})


@pytest.fixture
def connection(tmp_path: Path) -> Any:
    with reading(connect(f"sqlite:///{tmp_path}/a.db")) as connection:
        yield connection


def test_a_job_is_written_with_its_ids_and_without_what_it_says(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "talkies.jobs")
    log_job(connection, job_of(), "job.started")
    (record,) = caplog.records
    assert record.getMessage() == "job.started vid_1"
    known = vars(record)
    assert (known["job_id"], known["key_id"], known["engine"]) == ("vid_1", "key_1", "portrait")
    assert "my secret" not in str(known)
    assert "attempts" not in known


def test_the_end_of_a_job_is_written_with_what_it_took(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "talkies.jobs")
    took = {"work_seconds": 4.5, "media_seconds": 2.0, "seconds": {"render": 3}}
    log_job(connection, job_of(status=Status.SUCCEEDED, metrics=took), "job.succeeded")
    error = {"code": "FACE_NOT_FOUND", "message": "my secret"}
    log_job(connection, job_of(status=Status.FAILED, error=error), "job.failed")
    good, bad = map(vars, caplog.records)
    assert (good["levelname"], good["work_seconds"], good["media_seconds"]) == ("INFO", 4.5, 2.0)
    assert (bad["levelname"], bad["error_code"]) == ("WARNING", "FACE_NOT_FOUND")
    assert "my secret" not in str(bad)
