from pathlib import Path

import pytest
from api_client import client_of, key_with
from service_stage import Stage, built

from talkies.api.auth import COOKIE
from talkies.api.services import HttpOptions
from talkies.studio.access.principal import Scope


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


def test_a_link_signs_a_browser_in_once(stage: Stage) -> None:
    token = stage.services.sessions.make_link_token()
    with client_of(stage, "") as browser:
        answer = browser.get("/signin", params={"token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
        assert answer.headers["cache-control"] == "no-store"
        assert browser.get("/v1/session").json()["scopes"] == ["admin"]
    with client_of(stage, "") as late:
        again = late.get("/signin", params={"token": token})
        assert again.status_code == 401
        assert "hint" in again.json()["error"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stage: Stage) -> None:
    with client_of(stage) as client:
        cookie = client.post("/v1/session").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie


@pytest.mark.parametrize(
    ("public_url", "base"),
    [("https://api.example.com", "http://localhost"), (None, "https://localhost")],
)
def test_behind_https_the_cookie_goes_over_https_alone(
    tmp_path: Path, public_url: str | None, base: str
) -> None:
    stage = built(tmp_path, http=HttpOptions(public_url=public_url))
    with client_of(stage) as client:
        client.base_url = base
        assert "Secure" in client.post("/v1/session").headers["set-cookie"]


def test_a_session_opened_by_a_key_can_what_the_key_can(stage: Stage) -> None:
    with client_of(stage, key_with(stage, Scope.AUDIO)) as client:
        opened = client.post("/v1/session").json()
        assert opened["scopes"] == ["audio"]
        del client.headers["X-API-Key"]
        assert client.get("/v1/session").json()["key_id"] == opened["key_id"]
        assert client.get("/v1/keys").status_code == 403


def test_a_session_ends_with_its_key(stage: Stage) -> None:
    secret = key_with(stage, Scope.ADMIN)
    with client_of(stage, secret) as client, client_of(stage) as admin:
        key_id = client.post("/v1/session").json()["key_id"]
        del client.headers["X-API-Key"]
        admin.delete(f"/v1/keys/{key_id}")
        assert client.get("/v1/session").status_code == 401


def test_a_token_can_be_given_in_the_body(stage: Stage) -> None:
    token = stage.services.sessions.make_link_token()
    with client_of(stage, "") as client:
        assert client.post("/v1/session", json={"token": token}).json()["name"] == "session"
        assert client.post("/v1/session", json={"token": token}).status_code == 401


def test_without_token_or_key_nobody_is_signed_in(stage: Stage) -> None:
    with client_of(stage, "") as client:
        assert client.post("/v1/session").json()["error"]["code"] == "UNAUTHENTICATED"
        assert client.get("/v1/session").status_code == 401
        assert client.get("/signin").status_code == 422


def test_another_site_signs_nobody_in(stage: Stage) -> None:
    token = stage.services.sessions.make_link_token()
    with client_of(stage, "") as client:
        answer = client.post(
            "/v1/session", json={"token": token}, headers={"Origin": "https://evil.example"}
        )
        assert answer.status_code == 403
        same = client.post(
            "/v1/session", json={"token": token}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert same.status_code == 200


def test_signing_out_ends_the_session(stage: Stage) -> None:
    with client_of(stage) as client:
        client.post("/v1/session")
        cookie = client.cookies[COOKIE]
        del client.headers["X-API-Key"]
        answer = client.delete("/v1/session", headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 204
        assert COOKIE not in client.cookies
        assert (
            client.get("/v1/session", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401
        )


def test_a_key_that_signs_out_stays_a_key(stage: Stage) -> None:
    with client_of(stage) as client:
        assert client.delete("/v1/session").status_code == 204
        assert client.get("/v1/session").status_code == 200
