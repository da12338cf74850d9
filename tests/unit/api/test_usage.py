from pathlib import Path

import pytest
from api_client import client_of, key_with
from service_stage import Stage, built
from sqlalchemy import insert

from talkies.db.engine import writing
from talkies.db.tables import usage
from talkies.kit.clock import DAY, now
from talkies.studio.access.principal import Scope


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


def use(stage: Stage, job_id: str, **more: object) -> None:
    row = {
        "job_id": job_id,
        "run": 1,
        "kind": "video",
        "key_id": "key_other",
        "user_id": "ann",
        "engine": "portrait",
        "status": "succeeded",
        "media_seconds": 4.0,
        "work_seconds": 8.0,
        "gpu_seconds": 2.0,
        "stored_bytes": 100,
        "cost": 0.5,
        "at": now(),
    }
    with writing(stage.engine) as connection:
        connection.execute(insert(usage).values({**row, **more}))


def test_days_are_named_by_their_moment(stage: Stage) -> None:
    use(stage, "a")
    use(stage, "b", status="failed", error_code="INTERNAL")
    with client_of(stage) as client:
        told = client.get("/v1/usage").json()
    (line,) = told["data"]
    assert line["name"].endswith("T00:00:00.000Z")
    assert (line["runs"], line["succeeded"], line["failed"], line["cost"]) == (2, 1, 1, 1.0)
    assert told["total"]["media_seconds"] == 8.0
    assert told["currency"] == "USD"


@pytest.mark.parametrize(
    ("by", "names"), [("key", ["key_other"]), ("user", ["ann", "bob"]), ("engine", ["portrait"])]
)
def test_usage_is_summed_by_what_is_asked(stage: Stage, by: str, names: list[str]) -> None:
    use(stage, "a")
    use(stage, "b", user_id="bob")
    with client_of(stage) as client:
        told = client.get("/v1/usage", params={"by": by}).json()
    assert [line["name"] for line in told["data"]] == names


def test_a_key_sees_its_own_usage_alone(stage: Stage) -> None:
    secret = key_with(stage, Scope.VIDEOS)
    with client_of(stage, secret) as client:
        mine = client.get("/v1/session").json()["key_id"]
        use(stage, "a", key_id=mine)
        use(stage, "b")
        for params in ({}, {"key_id": "key_other"}):
            assert client.get("/v1/usage", params=params).json()["total"]["runs"] == 1


def test_an_admin_can_look_at_one_key_or_user(stage: Stage) -> None:
    use(stage, "a")
    use(stage, "b", key_id="key_x", user_id="bob")
    with client_of(stage) as client:
        for params in ({"key_id": "key_x"}, {"user_id": "bob"}):
            assert client.get("/v1/usage", params=params).json()["total"]["runs"] == 1


def test_a_time_can_be_chosen(stage: Stage) -> None:
    use(stage, "a", at=1_000 * DAY)
    with client_of(stage) as client:
        assert client.get("/v1/usage").json()["total"]["runs"] == 0
        params = {"since": "1972-09-27T00:00:00Z", "until": "1972-09-28T00:00:00Z"}
        told = client.get("/v1/usage", params=params).json()
        assert told["total"]["runs"] == 1
        assert told["data"][0]["name"] == "1972-09-27T00:00:00.000Z"


@pytest.mark.parametrize(
    "params", [{"by": "moon"}, {"since": "yesterday"}, {"since": "2026-01-01T00:00:00"}]
)
def test_what_cannot_be_read_is_refused(stage: Stage, params: dict[str, str]) -> None:
    with client_of(stage) as client:
        assert client.get("/v1/usage", params=params).json()["error"]["code"] == "INVALID_REQUEST"
