from pathlib import Path

import pytest
from api_client import client_of, key_with
from service_stage import Stage, built
from sqlalchemy import insert

from talkies.db.engine import writing
from talkies.db.tables import jobs, usage, workers
from talkies.kit.clock import now
from talkies.studio.access.principal import Scope
from talkies.studio.health.fleet import LOST_AFTER


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


def add_worker(stage: Stage, name: str = "w1", *, draining: bool = False, age: int = 0) -> None:
    with writing(stage.engine) as connection:
        connection.execute(
            insert(workers).values(
                executor_id=name,
                host="render-1",
                namespace="n",
                pid=7,
                pid_started=1,
                engines=["portrait"],
                concurrency=2,
                version="1",
                started_at=now() - age,
                seen_at=now() - age,
                draining=draining,
            )
        )


def add_job(stage: Stage, name: str, status: str, *, waiting: bool) -> None:
    with writing(stage.engine) as connection:
        connection.execute(
            insert(jobs).values(
                id=name,
                kind="video",
                engine="portrait",
                request={},
                metadata={},
                status=status,
                warnings=[],
                metrics={},
                queue="prepare",
                waiting=waiting,
                created_at=now(),
            )
        )


def test_an_engine_without_a_worker_is_not_ready_and_says_why(stage: Stage) -> None:
    with client_of(stage) as client:
        engines = client.get("/v1/engines").json()["data"]
    assert [engine["id"] for engine in engines] == ["character", "portrait"]
    engine = engines[1]
    assert not engine["ready"]
    assert "worker" in engine["reason"]
    assert engine["commercial_use"]
    assert set(engine["formats"]) == {"mp4", "webm", "gif"}
    assert engine["option_schema"] is not None


def test_an_engine_tells_who_works_for_it_and_what_waits(stage: Stage) -> None:
    add_worker(stage)
    add_worker(stage, "w2", draining=True)
    add_job(stage, "a", "queued", waiting=True)
    add_job(stage, "b", "running", waiting=False)
    add_job(stage, "c", "succeeded", waiting=False)
    with client_of(stage) as client:
        engine = client.get("/v1/engines/portrait").json()
    assert (engine["ready"], engine["reason"], engine["workers"]) == (True, "", 1)
    assert engine["queue"] == {"waiting": 1, "running": 1}


def test_its_speed_is_learned_from_what_it_did(stage: Stage) -> None:
    with client_of(stage) as client:
        claimed = client.get("/v1/engines/portrait").json()
        assert claimed["samples"] == 0
        assert claimed["seconds_per_video_second"] > 0
        with writing(stage.engine) as connection:
            connection.execute(
                insert(usage).values(
                    job_id="a",
                    run=1,
                    kind="video",
                    engine="portrait",
                    status="succeeded",
                    media_seconds=2.0,
                    work_seconds=14.0,
                    gpu_seconds=0.0,
                    stored_bytes=0,
                    cost=0.0,
                    at=now(),
                )
            )
        learned = client.get("/v1/engines/portrait").json()
    assert (learned["seconds_per_video_second"], learned["samples"]) == (7.0, 1)


def test_an_engine_that_is_not_there_is_not_found(stage: Stage) -> None:
    with client_of(stage) as client:
        answer = client.get("/v1/engines/none")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert answer.json()["error"]["details"]["engines"] == ["character", "portrait"]


def test_voices_are_listed_by_language(stage: Stage) -> None:
    with client_of(stage) as client:
        english = client.get("/v1/voices", params={"language": "EN", "limit": 100}).json()["data"]
        assert {voice["language"].partition("-")[0] for voice in english} == {"en"}
        first = client.get("/v1/voices", params={"limit": 1}).json()
        assert first["has_more"]
        assert first["data"][0]["synthesizer"] == "kokoro"
        assert client.get("/v1/voices", params={"language": "e"}).json()["data"] == []


def test_a_voice_is_found_by_its_names(stage: Stage) -> None:
    with client_of(stage) as client:
        assert client.get("/v1/voices/heart").json()["id"] == "kokoro:af_heart"
        assert client.get("/v1/voices/espeak:de+f2").json()["gender"] == "female"
        missing = client.get("/v1/voices/nobody")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_workers_say_how_they_are(stage: Stage) -> None:
    add_worker(stage, "ready")
    add_worker(stage, "draining", draining=True, age=1_000)
    add_worker(stage, "lost", age=LOST_AFTER * 2)
    with client_of(stage) as client:
        told = client.get("/v1/workers").json()["data"]
    assert [worker["state"] for worker in told] == ["ready", "draining", "lost"]
    assert told[0]["engines"] == ["portrait"]
    assert told[0]["concurrency"] == 2


def test_workers_are_for_admins(stage: Stage) -> None:
    with client_of(stage, key_with(stage, Scope.VIDEOS)) as client:
        assert client.get("/v1/workers").status_code == 403
        assert client.get("/v1/engines").status_code == 200
