"""A rehearsal counts what a sweep then removes, on both databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_once import migrated
from sqlalchemy import Engine, insert

from talkies.db.character_tables import timelines
from talkies.db.engine import connect, writing
from talkies.db.tables import assets, blobs, idempotency, job_outputs, jobs
from talkies.jobs.records import NewJob
from talkies.jobs.rows import new_row
from talkies.studio.removal.rehearsal import due

HOUR = 3_600_000
NOW = 1_000 * HOUR


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = migrated(tmp_path / "test.db")
    else:
        made = connect(request.getfixturevalue("postgres_with_tables"))
    yield made
    made.dispose()


def job(name: str, **values: Any) -> dict[str, Any]:
    return new_row(NewJob(id=name, kind="video", request={}), 0, 0) | values


def output(job_id: str, **values: Any) -> dict[str, Any]:
    facts = {"name": "video", "storage_key": job_id, "sha256": "0" * 64, "bytes": 10}
    return (
        {"job_id": job_id, "content_type": "x", "created_at": 0, "removed_at": None}
        | facts
        | values
    )


def test_what_is_past_its_time_is_counted(engine: Engine) -> None:
    with writing(engine) as connection:
        done = {"status": "succeeded", "queue": "q"}
        connection.execute(
            insert(jobs),
            [
                job("old", **done, finished_at=NOW - 7 * HOUR),
                job("young", **done, finished_at=NOW - 5 * HOUR),
                job("swept", **done, finished_at=0, swept_at=5),
                job("running", status="running", queue="q"),
            ],
        )
        connection.execute(
            insert(job_outputs),
            [
                *(output(name) for name in ("old", "young", "swept")),
                output("old", name="poster", removed_at=5),
            ],
        )
        connection.execute(
            insert(blobs).values(
                sha256="1" * 64, storage_key="k", bytes=1, content_type="x", created_at=0, kept_at=0
            )
        )
        facts = {"kind": "picture", "content_type": "x", "bytes": 1, "sha256": "1" * 64}
        connection.execute(
            insert(assets),
            [
                {"id": "a", **facts, "created_at": NOW - 7 * HOUR},
                {"id": "b", **facts, "created_at": NOW - HOUR},
            ],
        )
        told = {"character_id": "robin", "document": "{}", "revision": 1, "created_at": 0}
        connection.execute(
            insert(timelines),
            [
                {"id": "old", **told, "updated_at": NOW - 7 * HOUR},
                {"id": "young", **told, "updated_at": NOW - HOUR},
            ],
        )
        connection.execute(
            insert(idempotency).values(
                owner="o",
                route="r",
                token="t",  # noqa: S106
                fingerprint="f",
                resource_id="x",
                created_at=NOW - 25 * HOUR,
                leased_until=0,
            )
        )
    counts = due(engine, 6.0, NOW)
    assert counts == {
        "idempotency": 1,
        "deliveries": 0,
        "sessions": 0,
        "events": 0,
        "jobs": 1,
        "assets": 1,
        "timelines": 1,
        "characters": 0,
        "outputs": 2,
        "bytes": 20,
    }
    kept = due(engine, None, NOW)
    assert (kept["outputs"], kept["bytes"], "jobs" in kept) == (1, 10, False)
