from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_client import client_of, key_with
from service_stage import Stage, built

from talkies.studio.access.audit import AuditLog
from talkies.studio.access.principal import Scope


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


@pytest.fixture
def client(stage: Stage) -> Iterator[httpx.Client]:
    with client_of(stage) as client:
        yield client


def make(client: httpx.Client, **more: object) -> dict:
    answer = client.post("/v1/keys", json={"name": "app", "scopes": ["videos"], **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_new_key_opens_what_its_scopes_say(stage: Stage, client: httpx.Client) -> None:
    made = make(client)
    assert made["secret"].startswith("tk_")
    assert made["webhook_secret"].startswith("whsec_")
    with client_of(stage, made["secret"]) as other:
        assert other.get("/v1/session").json()["scopes"] == ["videos"]
        refused = other.get("/v1/keys")
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "FORBIDDEN"


def test_the_secret_is_shown_once(client: httpx.Client) -> None:
    made = make(client)
    for path in ("/v1/keys", f"/v1/keys/{made['id']}"):
        assert made["secret"] not in client.get(path).text
        assert made["prefix"] in client.get(path).text


def test_an_expiry_is_kept_to_the_millisecond(client: httpx.Client) -> None:
    made = make(client, expires_at="2031-05-01T12:00:00.123+02:00")
    assert made["expires_at"] == "2031-05-01T10:00:00.123Z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_at": "2031-05-01T12:00:00"},
        {"expires_at": "2001-05-01T12:00:00Z"},
        {"expires_at": 4_000_000_000},
        {"expires_at": "4000000000"},
        {"requests_per_minute": -1},
        {"unknown": 1},
        {"name": "env-1"},
    ],
)
def test_a_key_that_makes_no_sense_is_refused(client: httpx.Client, wrong: dict) -> None:
    answer = client.post("/v1/keys", json={"name": "app", "scopes": ["videos"], **wrong})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_lists_are_paged_newest_first(client: httpx.Client) -> None:
    ids = [make(client)["id"] for _ in range(3)]
    first = client.get("/v1/keys", params={"limit": 2}).json()
    assert [key["id"] for key in first["data"]] == ids[:0:-1]
    assert first["has_more"]
    rest = client.get("/v1/keys", params={"limit": 2, "after": first["next_after"]}).json()
    assert rest["data"][0]["id"] == ids[0]
    assert not rest["has_more"]


def test_a_page_after_nothing_we_know_is_refused(client: httpx.Client) -> None:
    answer = client.get("/v1/keys", params={"after": "key_unknown"})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["fields"][0]["pointer"] == "query/after"


def test_a_revoked_key_opens_nothing(stage: Stage, client: httpx.Client) -> None:
    made = make(client)
    revoked = client.delete(f"/v1/keys/{made['id']}")
    assert revoked.json()["revoked_at"]
    with client_of(stage, made["secret"]) as other:
        assert other.get("/v1/session").status_code == 401
    assert made["id"] not in client.get("/v1/keys").text
    assert made["id"] in client.get("/v1/keys", params={"revoked": True}).text


def test_a_rotated_key_has_another_secret_at_once(stage: Stage, client: httpx.Client) -> None:
    made = make(client)
    rotated = client.post(f"/v1/keys/{made['id']}/rotate").json()
    assert rotated["webhook_secret"] is None
    with client_of(stage, made["secret"]) as old, client_of(stage, rotated["secret"]) as new:
        assert old.get("/v1/session").status_code == 401
        assert new.get("/v1/session").status_code == 200


def test_within_the_grace_period_both_secrets_are_good(stage: Stage, client: httpx.Client) -> None:
    made = make(client)
    client.post(f"/v1/keys/{made['id']}/rotate", json={"grace_seconds": 60})
    with client_of(stage, made["secret"]) as old:
        assert old.get("/v1/session").status_code == 200


def test_a_webhook_secret_can_be_replaced(client: httpx.Client) -> None:
    made = make(client)
    answer = client.post(f"/v1/keys/{made['id']}/rotate-webhook-secret")
    assert answer.json()["webhook_secret"] not in {made["webhook_secret"], None}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/keys/key_x"),
        ("DELETE", "/v1/keys/key_x"),
        ("POST", "/v1/keys/key_x/rotate"),
        ("POST", "/v1/keys/key_x/rotate-webhook-secret"),
    ],
)
def test_a_key_that_is_not_there_is_not_found(client: httpx.Client, method: str, path: str) -> None:
    assert client.request(method, path).json()["error"]["code"] == "NOT_FOUND"


def test_who_did_what_stands_in_the_audit_log(stage: Stage, client: httpx.Client) -> None:
    made = make(client)
    client.delete(f"/v1/keys/{made['id']}", headers={"X-Request-Id": "req-7"})
    entries = AuditLog(stage.engine).list(subject=made["id"])
    assert [entry.action for entry in entries] == ["key.revoke", "key.create"]
    assert entries[0].request_id == "req-7"
    assert entries[0].actor.startswith("key_")


def test_only_admins_manage_keys(stage: Stage) -> None:
    secret = key_with(stage, *(scope for scope in Scope if scope is not Scope.ADMIN))
    with client_of(stage, secret) as client:
        assert client.get("/v1/keys").status_code == 403
        assert client.post("/v1/keys", json={"name": "a", "scopes": ["admin"]}).status_code == 403


def test_the_same_request_again_makes_no_second_key_and_shows_no_secret(
    client: httpx.Client,
) -> None:
    body, headers = {"name": "app", "scopes": ["videos"]}, {"Idempotency-Key": "once"}
    first = client.post("/v1/keys", json=body, headers=headers).json()
    again = client.post("/v1/keys", json=body, headers=headers)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json()["id"] == first["id"]
    assert again.json()["secret"] is None
    assert again.json()["webhook_secret"] is None
