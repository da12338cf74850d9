"""Server-sent events over real HTTP: order, resuming, ends, and who hears what."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
from api_client import key_with
from job_play import begun, ended, failed, queued, told
from service_stage import Stage, built

from talkies.api.app import create_app
from talkies.api.live import Live
from talkies.studio.access.principal import Scope
from talkies.wiring.http_wire import HttpWire


@dataclass
class Server:
    stage: Stage
    url: str
    live: Live
    client: httpx.Client
    #: What tests leave open.
    kept: list[object] = field(default_factory=list)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    stage = built(tmp_path_factory.mktemp("service"))
    app = create_app(stage.services)
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    running = uvicorn.Server(uvicorn.Config(app, http=HttpWire, log_config=None, access_log=False))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not running.started:
        thread.join(0.01)
    limits = httpx.Limits(max_connections=200)
    with httpx.Client(timeout=120, limits=limits) as client:
        yield Server(stage, f"http://127.0.0.1:{listener.getsockname()[1]}", app.state.live, client)
    app.state.live.end()
    running.should_exit = True
    thread.join(60)
    assert not thread.is_alive(), "open streams keep the server from stopping"
    listener.close()


def events_in(lines: Iterator[str]) -> Iterator[dict]:
    """The events of a stream, each with its own lines checked against its data."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            data = json.loads(fields["data"])
            assert (str(data["id"]), data["type"]) == (fields["id"], fields["event"])
            yield data
            fields = {}


def all_of(server: Server, path: str, **headers: str) -> list[dict]:
    """The events of a stream that ends by itself."""
    headers = {"X-API-Key": server.stage.key, **headers}
    with server.client.stream("GET", f"{server.url}{path}", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        return list(events_in(answer.iter_lines()))


def test_a_job_is_told_from_its_beginning_to_its_end(server: Server, tmp_path: Path) -> None:
    job = queued(server.stage)

    def work() -> None:
        begun(server.stage, job.id)
        for step in range(5):
            told(server.stage, job.id, step / 5)
            time.sleep(0.05)
        ended(server.stage, job.id, tmp_path)

    worker = threading.Thread(target=work)
    worker.start()
    story = all_of(server, f"/v1/videos/{job.id}/events")
    worker.join()
    assert [event["type"] for event in story] == ["status"] * 2 + ["progress"] * 5 + ["status"]
    assert [event["id"] for event in story] == sorted(event["id"] for event in story)
    assert story[-1]["data"]["status"] == "succeeded"
    assert {event["job_id"] for event in story} == {job.id}


def test_a_reader_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    job = queued(server.stage)
    begun(server.stage, job.id)
    told(server.stage, job.id, 0.5)
    ended(server.stage, job.id, tmp_path)
    whole = all_of(server, f"/v1/operations/{job.id}/events")
    last = whole[1]["id"]
    path = f"/v1/videos/{job.id}/events"
    assert all_of(server, path, **{"Last-Event-ID": str(last)}) == whole[2:]
    assert all_of(server, f"{path}?after={last}") == whole[2:]
    assert all_of(server, path, **{"Last-Event-ID": "nonsense"}) == whole


def test_a_browser_that_has_heard_all_is_told_to_stay_away(server: Server, tmp_path: Path) -> None:
    job = queued(server.stage)
    ended(server.stage, job.id, tmp_path)
    headers = {"X-API-Key": server.stage.key, "Last-Event-ID": str(10**30)}
    answer = httpx.get(f"{server.url}/v1/videos/{job.id}/events", headers=headers, timeout=120)
    assert answer.status_code == 204


def test_a_retried_job_goes_on_after_its_first_end(server: Server, tmp_path: Path) -> None:
    job = queued(server.stage)
    begun(server.stage, job.id)
    failed(server.stage, job.id)
    answer = httpx.post(
        f"{server.url}/v1/operations/{job.id}/retry",
        headers={"X-API-Key": server.stage.key},
        timeout=120,
    )
    assert (answer.status_code, answer.json()["run"]) == (200, 2)
    threading.Timer(0.3, lambda: ended(server.stage, job.id, tmp_path)).start()
    story = all_of(server, f"/v1/videos/{job.id}/events")
    statuses = [event["data"]["status"] for event in story]
    assert statuses == ["queued", "running", "failed", "queued", "succeeded"]


def test_a_key_hears_of_its_own_jobs_alone(server: Server, tmp_path: Path) -> None:
    keys = server.stage.services.keys
    secret = key_with(server.stage, Scope.VIDEOS)
    key_id = keys.authenticate(secret).key_id
    heard: list[dict] = []
    opened = threading.Event()

    def listen() -> None:
        with httpx.stream(
            "GET", f"{server.url}/v1/events", headers={"X-API-Key": secret}, timeout=20
        ) as answer:
            lines = answer.iter_lines()
            for line in lines:
                if line.startswith(":"):
                    break
            opened.set()
            for event in events_in(lines):
                heard.append(event)
                if len(heard) == 2:
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    assert opened.wait(60)
    other, own = queued(server.stage), queued(server.stage, key_id=key_id)
    ended(server.stage, other.id, tmp_path)
    ended(server.stage, own.id, tmp_path)
    listener.join(60)
    assert [(event["job_id"], event["data"]["status"]) for event in heard] == [
        (own.id, "queued"),
        (own.id, "succeeded"),
    ]


def test_a_hundred_clients_hear_everything_in_order_and_leave_nothing(
    server: Server, tmp_path: Path
) -> None:
    job = queued(server.stage)
    stories: list[list[int]] = []

    def listen() -> None:
        stories.append([event["id"] for event in all_of(server, f"/v1/videos/{job.id}/events")])

    threads = [threading.Thread(target=listen) for _ in range(100)]
    for thread in threads:
        thread.start()
    wait_for(lambda: server.live.listeners == 100)
    begun(server.stage, job.id)
    for step in range(20):
        told(server.stage, job.id, step / 20)
    ended(server.stage, job.id, tmp_path)
    for thread in threads:
        thread.join(120)
    assert len(stories) == 100
    assert all(story == stories[0] for story in stories)
    assert len(stories[0]) == 23
    wait_for(lambda: server.live.listeners == 0)


def test_who_leaves_is_listened_for_no_longer(server: Server) -> None:
    job = queued(server.stage)
    with httpx.stream(
        "GET",
        f"{server.url}/v1/videos/{job.id}/events",
        headers={"X-API-Key": server.stage.key},
        timeout=120,
    ) as answer:
        # A generator that nobody holds is closed, and the connection with it.
        lines = answer.iter_lines()
        next(lines)
        wait_for(lambda: server.live.listeners == 1)
    wait_for(lambda: server.live.listeners == 0)


def test_a_stream_still_open_does_not_keep_the_server(server: Server) -> None:
    """The fixture's end checks it: this stream is never closed by its client."""
    job = queued(server.stage)
    client = httpx.Client(timeout=120)
    request = client.build_request(
        "GET", f"{server.url}/v1/videos/{job.id}/events", headers={"X-API-Key": server.stage.key}
    )
    lines = client.send(request, stream=True).iter_lines()
    assert next(lines) == "retry: 2000"
    # The client outlives this test.
    server.kept.append((client, lines))


def wait_for(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
