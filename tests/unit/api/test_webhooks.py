from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import client_of, key_with
from service_stage import Stage, built

from talkies.studio.access.principal import Scope

URL = "https://example.com/hooks"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


@pytest.fixture
def client(stage: Stage) -> Iterator[httpx.Client]:
    with client_of(stage) as client:
        yield client


def make(client: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": URL, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_an_address_is_made_with_a_secret_that_is_shown_once(client: httpx.Client) -> None:
    made = make(client, events=["job.failed"])
    assert made["secret"].startswith("whsec_")
    shown = client.get(f"/v1/webhooks/{made['id']}")
    assert "secret" not in shown.json()
    assert shown.json()["events"] == ["job.failed"]
    assert made["secret"] not in client.get("/v1/webhooks").text


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"url": "http://169.254.169.254/latest"}, "UNSAFE_ADDRESS"),
        ({"url": "https://127.0.0.1/hook"}, "UNSAFE_ADDRESS"),
        ({"url": URL, "events": ["job.exploded"]}, "INVALID_REQUEST"),
        ({"url": URL, "events": []}, "INVALID_REQUEST"),
        ({}, "INVALID_REQUEST"),
    ],
)
def test_an_address_that_is_not_sent_to_is_refused(
    client: httpx.Client, wrong: dict[str, Any], code: str
) -> None:
    answer = client.post("/v1/webhooks", json=wrong)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def test_lists_are_paged(client: httpx.Client) -> None:
    ids = [make(client)["id"] for _ in range(3)]
    first = client.get("/v1/webhooks", params={"limit": 2}).json()
    rest = client.get("/v1/webhooks", params={"limit": 2, "after": first["next_after"]}).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == ids[::-1]
    assert not rest["has_more"]


def test_what_is_left_out_of_a_change_stays(client: httpx.Client) -> None:
    path = f"/v1/webhooks/{make(client, events=['job.failed'])['id']}"
    assert client.patch(path, json={"enabled": False}).json()["events"] == ["job.failed"]
    changed = client.patch(path, json={"events": None, "enabled": True, "url": f"{URL}/2"}).json()
    assert (changed["events"], changed["enabled"], changed["url"]) == (None, True, f"{URL}/2")


def test_a_disabled_address_says_why_and_hears_no_ping(client: httpx.Client) -> None:
    path = f"/v1/webhooks/{make(client)['id']}"
    disabled = client.patch(path, json={"enabled": False}).json()
    assert not disabled["enabled"]
    assert disabled["disabled_reason"]
    assert client.post(f"{path}/ping").json()["error"]["code"] == "CONFLICT"


def test_a_rotated_secret_is_another_one(client: httpx.Client) -> None:
    made = make(client)
    rotated = client.post(f"/v1/webhooks/{made['id']}/rotate-secret").json()
    assert rotated["secret"] != made["secret"]
    assert rotated["previous_secret_expires_at"]


def test_a_ping_is_on_its_way_and_can_be_sent_again(client: httpx.Client) -> None:
    made = make(client)
    pinged = client.post(f"/v1/webhooks/{made['id']}/ping")
    assert pinged.status_code == 202
    assert pinged.json()["status"] == "pending"
    path = f"/v1/webhooks/deliveries/{pinged.json()['id']}"
    log = client.get(path).json()
    assert log["payload"]["type"] == "webhook.ping"
    assert log["tries"] == []
    again = client.post(f"{path}/redeliver")
    assert (again.status_code, again.json()["id"]) == (202, pinged.json()["id"])


def test_deliveries_are_listed_by_address_and_status(client: httpx.Client) -> None:
    one, other = make(client), make(client)
    ids = [client.post(f"/v1/webhooks/{one['id']}/ping").json()["id"] for _ in range(2)]
    path = f"/v1/webhooks/{one['id']}/deliveries"
    assert {found["id"] for found in client.get(path).json()["data"]} == set(ids)
    assert client.get(path, params={"status": "failed"}).json()["data"] == []
    assert client.get(f"/v1/webhooks/{other['id']}/deliveries").json()["data"] == []
    assert len(client.get("/v1/webhooks/deliveries").json()["data"]) == 2
    page = client.get("/v1/webhooks/deliveries", params={"limit": 1}).json()
    assert page["has_more"]
    of_job = client.get("/v1/webhooks/deliveries", params={"job_id": "vid_1"}).json()
    assert of_job["data"] == []


def test_a_removed_address_is_gone(client: httpx.Client) -> None:
    path = f"/v1/webhooks/{make(client)['id']}"
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_nobody_sees_the_addresses_of_another_key(stage: Stage, client: httpx.Client) -> None:
    made = make(client)
    delivery = client.post(f"/v1/webhooks/{made['id']}/ping").json()["id"]
    home = f"/v1/webhooks/{made['id']}"
    with client_of(stage, key_with(stage, Scope.VIDEOS)) as other:
        assert other.get("/v1/webhooks").json()["data"] == []
        assert other.get("/v1/webhooks/deliveries").json()["data"] == []
        for method, path in (
            ("GET", home),
            ("PATCH", home),
            ("DELETE", home),
            ("POST", f"{home}/ping"),
            ("POST", f"{home}/rotate-secret"),
            ("GET", f"{home}/deliveries"),
            ("GET", f"/v1/webhooks/deliveries/{delivery}"),
            ("POST", f"/v1/webhooks/deliveries/{delivery}/redeliver"),
        ):
            body = {"enabled": False} if method == "PATCH" else None
            assert other.request(method, path, json=body).status_code == 404, path


def test_the_same_request_again_adds_no_second_address(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "once"}
    first = client.post("/v1/webhooks", json={"url": URL}, headers=headers).json()
    again = client.post("/v1/webhooks", json={"url": URL}, headers=headers)
    assert (again.json()["id"], again.json()["secret"]) == (first["id"], None)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(client.get("/v1/webhooks").json()["data"]) == 1
