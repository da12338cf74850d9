"""Jobs of all kinds over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_client import client_of, key_with
from job_play import begun, ended, failed, queued
from service_stage import Stage, built

from talkies.studio.access.principal import Scope


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


@pytest.fixture
def client(stage: Stage) -> Iterator[httpx.Client]:
    with client_of(stage) as client:
        yield client


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["data"]]


def test_jobs_are_listed_by_kind_status_and_death(stage: Stage, client: httpx.Client) -> None:
    film, speech = queued(stage), queued(stage, kind="speech")
    begun(stage, film.id)
    failed(stage, film.id)
    assert ids(client.get("/v1/operations")) == [speech.id, film.id]
    assert ids(client.get("/v1/operations", params={"kind": "speech"})) == [speech.id]
    assert ids(client.get("/v1/operations", params={"status": ["failed"]})) == [film.id]
    assert ids(client.get("/v1/operations", params={"dead_letter": "true"})) == []
    assert client.get("/v1/operations", params={"status": "unheard"}).status_code == 422


def test_a_job_that_is_no_video_lives_here_alone(stage: Stage, client: httpx.Client) -> None:
    speech = queued(stage, kind="speech")
    record = client.get(f"/v1/operations/{speech.id}").json()
    home = f"http://localhost/v1/operations/{speech.id}"
    assert record["object"] == "speech"
    assert record["urls"] == {
        "self": home,
        "cancel": f"{home}/cancel",
        "events": f"{home}/events",
        "retry": f"{home}/retry",
    }
    assert client.get(f"/v1/videos/{speech.id}").status_code == 404


def test_only_what_failed_or_was_canceled_runs_again(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    job = queued(stage)
    retry = f"/v1/operations/{job.id}/retry"
    assert client.post(retry).json()["error"]["code"] == "CONFLICT"
    assert client.post(f"/v1/operations/{job.id}/cancel").json()["status"] == "canceled"
    again = client.post(retry).json()
    assert (again["status"], again["run"]) == ("queued", 2)
    ended(stage, job.id, tmp_path)
    assert client.post(retry).status_code == 409


def test_a_job_is_waited_for(stage: Stage, client: httpx.Client, tmp_path: Path) -> None:
    job = queued(stage)
    assert client.get(f"/v1/operations/{job.id}", params={"wait": 1}).json()["done"] is False
    ended(stage, job.id, tmp_path)
    assert client.get(f"/v1/operations/{job.id}", params={"wait": 60}).json()["done"] is True


def test_a_deleted_job_leaves_a_receipt(stage: Stage, client: httpx.Client) -> None:
    job = queued(stage)
    receipt = client.delete(f"/v1/operations/{job.id}").json()
    assert receipt["object"] == "deletion"
    assert client.get(f"/v1/operations/{job.id}").status_code == 404


def test_another_keys_jobs_are_not_there(stage: Stage, client: httpx.Client) -> None:
    job = queued(stage)
    with client_of(stage, key_with(stage, Scope.VIDEOS)) as other:
        assert ids(other.get("/v1/operations")) == []
        for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "")):
            answer = other.request(method, f"/v1/operations/{job.id}{path}")
            assert answer.json()["error"]["code"] == "NOT_FOUND"
    assert not client.get(f"/v1/operations/{job.id}").json()["done"]


def test_a_stalled_job_says_since_when(stage: Stage, client: httpx.Client) -> None:
    import sqlalchemy as sa

    from talkies.db.engine import writing
    from talkies.db.tables import jobs

    job = begun(stage, queued(stage).id)
    assert client.get(f"/v1/operations/{job.id}").json()["stalled_since"] is None
    with writing(stage.engine) as connection:
        connection.execute(sa.update(jobs).values(heartbeat_at=1_000))
    record = client.get(f"/v1/operations/{job.id}").json()
    assert record["stalled_since"] == "1970-01-01T00:00:01.000Z"
