"""Our own service as a pod, played by a server that says what a test wants."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from loopback import Hit, Reply, Server
from pod_stage import QUICK, order, ways

from talkies.errors import FaceNotFound, GpuOutOfMemory, MediaTooLarge, PodFailure
from talkies.pods.client import Look, RemoteState
from talkies.pods.pod import Pod
from talkies.pods.talkies_client import TalkiesClient
from talkies.pods.wire import Limits


def client(server: Server, limits: Limits = QUICK) -> TalkiesClient:
    pod = Pod(name="p", url=server.url("/base"), api_key="tk_1")
    return TalkiesClient(pod, ways(), limits, sleep=lambda _: None)


def says(document: Any, status: int = 200, **headers: str) -> Callable[[Hit], Reply]:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda _: Reply(status=status, body=json.dumps(document).encode(), headers=named)


def in_turn(replies: list[Callable[[Hit], Reply]]) -> Callable[[Hit], Reply]:
    def answer(hit: Hit) -> Reply:
        return replies.pop(0)(hit)

    return answer


def error(code: str, message: str = "So it is.") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "hint": "", "details": {}}}


RUNNING = {"id": "vid_1", "status": "running", "progress": 0.25, "error": None}


def test_a_plain_video_is_asked_for(tmp_path: Path) -> None:
    with Server(says(RUNNING, 202)) as server:
        wanted = order(
            tmp_path, key="vid_9-1", engine="infinitetalk", prompt="a man", options={"steps": 8}
        )
        accepted = client(server).submit(wanted)
    assert accepted.remote_id == "vid_1"
    assert (accepted.look.state, accepted.look.progress) == (RemoteState.WORKING, 0.25)
    (hit,) = server.hits
    assert (hit.method, hit.path) == ("POST", "/base/v1/videos")
    assert hit.headers["idempotency-key"] == "vid_9-1.1"
    assert hit.headers["x-api-key"] == "tk_1"
    for name, value in (("engine", "infinitetalk"), ("score", "false"), ("prompt", "a man")):
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in hit.body
    assert b'"framing": "source"' in hit.body
    assert b'"captions": "off"' in hit.body
    assert b'{"steps": 8}' in hit.body
    assert b'name="portrait"; filename="portrait.png"' in hit.body


def test_a_source_video_goes_in_place_of_the_portrait(tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(b"frames")
    with Server(says(RUNNING, 202)) as server:
        client(server).submit(order(tmp_path, source_video=source))
    assert b'name="source_video"; filename="source.mp4"' in server.hits[0].body
    assert b'name="portrait"' not in server.hits[0].body


def test_an_earlier_job_that_failed_is_passed_over(tmp_path: Path) -> None:
    failed = {"id": "vid_1", "status": "failed", "error": error("CHILD_CRASHED")["error"]}
    replies = [says(failed, 202, idempotency_replayed="true"), says({**RUNNING, "id": "vid_2"})]
    with Server(in_turn(replies)) as server:
        assert client(server).submit(order(tmp_path)).remote_id == "vid_2"
    assert [hit.headers["idempotency-key"][-1] for hit in server.hits] == ["1", "2"]


def test_a_job_that_fails_again_and_again_under_one_key_is_given_up(tmp_path: Path) -> None:
    canceled = {"id": "vid_1", "status": "canceled"}
    with (
        Server(says(canceled, 202, idempotency_replayed="true")) as server,
        pytest.raises(PodFailure, match="failed at this before"),
    ):
        client(server).submit(order(tmp_path))


def test_the_answer_to_a_worker_that_died_is_waited_for(tmp_path: Path) -> None:
    replies = [says(error("IDEMPOTENCY_IN_PROGRESS"), 409)] * 2 + [says(RUNNING, 202)]
    with Server(in_turn(replies)) as server:
        assert client(server).submit(order(tmp_path)).remote_id == "vid_1"
    with (
        Server(says(error("IDEMPOTENCY_IN_PROGRESS"), 409)) as server,
        pytest.raises(PodFailure, match="still answers an earlier request"),
    ):
        client(server).submit(order(tmp_path))


@pytest.mark.parametrize(
    ("status", "document", "reason"),
    [
        (401, error("UNAUTHENTICATED"), "refused"),
        (403, error("FORBIDDEN"), "refused"),
        (429, error("QUEUE_FULL"), "busy"),
        (503, error("UNAVAILABLE"), "busy"),
        (422, error("UNKNOWN_ENGINE"), "answer"),
        (422, error("INVALID_OPTION"), "answer"),
        (501, error("ENGINE_NOT_INSTALLED"), "answer"),
        (500, error("INTERNAL"), "answer"),
        (500, "no object", "answer"),
        (302, {}, "answer"),
        (200, "no object", "answer"),
        (200, {"status": "queued"}, "answer"),
        (200, {"id": "a/b", "status": "queued"}, "answer"),
    ],
)
def test_what_is_wrong_with_the_pod_is_its_failure(
    tmp_path: Path, status: int, document: object, reason: str
) -> None:
    with Server(says(document, status)) as server, pytest.raises(PodFailure) as raised:
        client(server).submit(order(tmp_path))
    assert raised.value.details == {"pod": "p", "reason": reason}


def test_what_is_wrong_with_the_order_is_the_users(tmp_path: Path) -> None:
    with Server(says(error("FACE_NOT_FOUND", "No\nface."), 422)) as server:
        with pytest.raises(FaceNotFound, match="No face"):
            client(server).submit(order(tmp_path))
        with pytest.raises(MediaTooLarge):
            client(server, Limits(most_sent=10)).submit(order(tmp_path))


def test_every_state_is_understood_or_said_to_be_unknown() -> None:
    states: list[tuple[object, RemoteState]] = [
        ("queued", RemoteState.WAITING),
        ("succeeded", RemoteState.SUCCEEDED),
        ("failed", RemoteState.FAILED),
        ("canceled", RemoteState.CANCELED),
        ("dreaming", RemoteState.UNKNOWN),
        (7, RemoteState.UNKNOWN),
        (["queued"], RemoteState.UNKNOWN),
        ({}, RemoteState.UNKNOWN),
    ]
    for status, state in states:
        with Server(says({"id": "vid_1", "status": status, "progress": "half"})) as server:
            look = client(server).look("vid_1")
        assert (look.state, look.progress) == (state, None)
        assert server.hits[0].path == "/base/v1/videos/vid_1?wait=1"


def test_a_failed_job_brings_its_error_without_more_than_people_should_read() -> None:
    long = {"code": "GPU_OOM", "message": "x" * 9_999, "details": {"secret": "s"}}
    with Server(says({"id": "v", "status": "failed", "error": long})) as server:
        look = client(server).look("v")
    assert isinstance(look.error, GpuOutOfMemory)
    assert len(look.error.message) == 500
    assert look.error.details == {}


def test_a_job_that_is_gone_is_lost() -> None:
    for status in (404, 410):
        with Server(says({}, status)) as server:
            assert client(server).look("vid_1").state is RemoteState.LOST
    with Server(lambda _: Reply(status=404)) as server, pytest.raises(PodFailure, match="behind"):
        client(server).look("vid_1")
    with Server(says({}, 500)) as server, pytest.raises(PodFailure, match="answered 500"):
        client(server).look("vid_1")


def test_the_video_is_fetched_from_the_pod_or_its_storage(tmp_path: Path) -> None:
    with Server(lambda _: Reply(body=b"video")) as bucket:
        replies = [Reply(body=b"own"), Reply(status=302, headers={"location": bucket.url("/b")})]
        with Server(lambda _: replies.pop(0)) as server:
            pod = Pod(name="p", url=server.url(""), api_key="tk_1")
            one = TalkiesClient(pod, ways(bucket.place), QUICK)
            done = Look(state=RemoteState.SUCCEEDED)
            one.fetch("vid_1", done, tmp_path / "1.mp4")
            one.fetch("vid_1", done, tmp_path / "2.mp4")
    assert (tmp_path / "1.mp4").read_bytes() == b"own"
    assert (tmp_path / "2.mp4").read_bytes() == b"video"
    assert server.hits[0].path == "/v1/videos/vid_1/content"
    assert "tk_1" not in str(bucket.hits)


def test_a_job_is_canceled_or_was_over() -> None:
    with Server(says({})) as server:
        client(server).cancel("vid_1")
    assert (server.hits[0].method, server.hits[0].path) == ("POST", "/base/v1/videos/vid_1/cancel")
    with Server(says({}, 404)) as server:
        client(server).cancel("vid_1")
    with Server(says({}, 500)) as server, pytest.raises(PodFailure):
        client(server).cancel("vid_1")


def test_a_job_of_whose_beginning_nobody_heard_is_found_and_canceled(tmp_path: Path) -> None:
    ours = {**RUNNING, "metadata": {"talkies_order": "vid_1-1"}}
    listed = {"data": [{"id": "vid_7", "metadata": {}}, ours, {**ours, "status": "succeeded"}]}
    replies = [says({"data": []}), says(listed), says({})]
    with Server(in_turn(replies)) as server:
        client(server).withdraw(order(tmp_path))
    assert [hit.path for hit in server.hits][1:] == [
        "/base/v1/videos?limit=100",
        "/base/v1/videos/vid_1/cancel",
    ]
    with Server(says({"data": []})) as server:
        client(server).withdraw(order(tmp_path))
    assert len(server.hits) == 3


def test_a_probe_asks_for_engines_and_load() -> None:
    engines = [
        {"id": "a", "ready": True, "queue": {"waiting": 2, "running": 1}},
        {"id": "b", "ready": False, "queue": {"waiting": -5, "running": "x"}},
        {"id": "c", "ready": True},
        "nonsense",
    ]
    with Server(says({"data": engines})) as server:
        probe = client(server).probe()
    assert probe.engines == {"a", "c"}
    assert (probe.waiting, probe.running) == (2, 1)
    for document in ({"data": "x"}, {}):
        with Server(says(document)) as server:
            assert client(server).probe().engines == frozenset()
    for reply in (says({}, 401), says("text")):
        with Server(reply) as server, pytest.raises(PodFailure):
            client(server).probe()
