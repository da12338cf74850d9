from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_client import client_of, key_with
from service_stage import Stage, built

from talkies.api.auth import COOKIE, secret_in
from talkies.api.services import HttpOptions
from talkies.studio.access.audit import Actor
from talkies.studio.access.key_rows import KeyLimits
from talkies.studio.access.limits import RateLimits
from talkies.studio.access.principal import Scope

FRIEND = "https://studio.example.com"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    http = HttpOptions(allowed_origins=(FRIEND,))
    return built(tmp_path, http=http, limits=RateLimits(per_key=1_000, per_user=2))


@pytest.fixture
def stranger(stage: Stage) -> Iterator[httpx.Client]:
    with client_of(stage, "") as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({"authorization": "Bearer tk_1"}, "tk_1"),
        ({"authorization": "bearer  tk_1 "}, "tk_1"),
        ({"x-api-key": "tk_1"}, "tk_1"),
        ({"authorization": "Bearer tk_1", "x-api-key": "tk_2"}, "tk_1"),
        ({"authorization": "Basic abc", "x-api-key": "tk_2"}, "tk_2"),
        ({"authorization": "Bearer ", "x-api-key": " "}, None),
        ({}, None),
    ],
)
def test_a_key_is_found_in_either_header(headers: dict[str, str], secret: str | None) -> None:
    assert secret_in(headers) == secret


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_both_headers_open(stage: Stage, stranger: httpx.Client, header: str) -> None:
    value = f"Bearer {stage.key}" if header == "Authorization" else stage.key
    assert stranger.get("/v1/videos", headers={header: value}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-API-Key": "tk_unknown"}, {"Authorization": "Bearer é".encode("latin-1")}],
)
def test_without_a_known_key_it_is_401_and_says_how(
    stranger: httpx.Client, headers: dict[str, str]
) -> None:
    answer = stranger.get("/v1/videos", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "UNAUTHENTICATED"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="talkies"'
    assert answer.headers["RateLimit-Policy"] == '"key";q=1000;w=60'


def test_a_scope_opens_its_own_routes(stage: Stage) -> None:
    with client_of(stage, key_with(stage, Scope.AUDIO)) as client:
        answer = client.get("/v1/videos")
        assert (answer.status_code, answer.json()["error"]["details"]) == (
            403,
            {"scope": "videos"},
        )
        assert client.get("/v1/operations").status_code == 200


def test_the_key_is_asked_for_before_the_body_is_looked_at(stranger: httpx.Client) -> None:
    answer = stranger.post(
        "/v1/videos", content=b"x", headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 401


def signed_in(stage: Stage, client: httpx.Client) -> None:
    token = stage.services.sessions.make_link_token()
    client.cookies.set(COOKIE, stage.services.sessions.exchange(token).value)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 404),
        ({"Origin": "http://localhost"}, 404),
        ({"Sec-Fetch-Site": "cross-site", "Origin": FRIEND}, 404),
    ],
)
def test_a_cookie_changes_things_only_from_our_own_pages(
    stage: Stage, stranger: httpx.Client, headers: dict[str, str], status: int
) -> None:
    signed_in(stage, stranger)
    assert stranger.get("/v1/videos").status_code == 200
    assert stranger.post("/v1/videos/vid_1/cancel", headers=headers).status_code == status


def test_an_ended_session_opens_nothing(stage: Stage, stranger: httpx.Client) -> None:
    stranger.cookies.set(COOKIE, "made-up")
    assert stranger.get("/v1/videos").status_code == 401


def test_every_counted_answer_says_how_many_are_left(stage: Stage) -> None:
    with client_of(stage) as client:
        first = client.get("/v1/videos").headers["RateLimit"]
        second = client.get("/v1/videos/vid_none").headers["RateLimit"]
    assert first.startswith('"key";r=999;t=')
    assert second.startswith('"key";r=998;t=')


def test_one_request_too_many_says_when_to_come_again(stage: Stage) -> None:
    issued = stage.services.keys.create(
        "slow", [Scope.VIDEOS], limits=KeyLimits(requests_per_minute=1), by=Actor(name="test")
    )
    with client_of(stage, issued.secret) as client:
        assert client.get("/v1/videos").status_code == 200
        answer = client.get("/v1/videos")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit"].startswith('"key";r=0;t=')
    assert answer.json()["error"]["retryable"]


def test_guessing_routes_is_counted_too(tmp_path: Path) -> None:
    stage = built(tmp_path, limits=RateLimits(per_key=2, per_user=0))
    with client_of(stage, "") as client:
        answers = [client.get("/wp-login.php") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert answers[0].headers["RateLimit"].startswith('"key";r=1;t=')


def test_guessing_keys_is_counted_by_address(tmp_path: Path) -> None:
    stage = built(tmp_path, limits=RateLimits(per_key=3, per_user=0))
    with client_of(stage, "tk_wrong", address=("203.0.113.9", 1)) as client:
        statuses = [client.get("/v1/videos").status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    with client_of(stage, address=("203.0.113.9", 1)) as client:
        assert client.get("/v1/videos").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/session", None),
        ("POST", "/v1/session", {"token": "guessed"}),
        ("GET", "/signin?token=guessed", None),
        ("GET", "/timelines", None),
    ],
)
def test_no_door_lets_guess_without_counting(
    tmp_path: Path, method: str, path: str, body: dict[str, str] | None
) -> None:
    stage = built(tmp_path, limits=RateLimits(per_key=2, per_user=0))
    with client_of(stage, "tk_wrong", address=("203.0.113.9", 1)) as client:
        statuses = [client.request(method, path, json=body).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


def test_a_user_of_a_key_has_a_limit_of_its_own(stage: Stage) -> None:
    with client_of(stage) as client:
        answers = [
            client.post("/v1/videos", json={"text": "Hi", "user_id": user})
            for user in ("a", "a", "a", "b")
        ]
    assert [answer.status_code for answer in answers] == [422, 422, 429, 422]
    assert answers[2].json()["error"]["details"]["policy"] == "user"
