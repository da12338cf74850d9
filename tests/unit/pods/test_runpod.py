"""RunPod's REST API as it is documented, and what it says on bad days."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from loopback import Reply, Server, client_of
from runpod_server import ALL, KEY, RunPodServer, api_of

from talkies.errors import PodFailure
from talkies.pods.runpod import Blueprint, RunPodApi

PRINT = Blueprint(template_id="tpl", volume_id="vol", gpu_types=("NVIDIA L40S", "NVIDIA A40"))


@contextmanager
def answering(reply: Reply) -> Iterator[RunPodApi]:
    with Server(lambda _: reply) as server, client_of(server) as client:
        yield RunPodApi(client, KEY, url=server.url(""), seconds=5)


def test_pods_of_a_template_are_listed() -> None:
    with RunPodServer() as server:
        server.add("a")
        server.add("b", status="EXITED", costPerHr="0.5", adjustedCostPerHr=None)
        server.add("c", templateId="other")
        server.add("d", networkVolumeId="vol", lastStartedAt="2026-01-01 10:00:00.5 +0000 UTC")
        pods = {pod.id: pod for pod in api_of(server.url).pods(ALL)}
        assert [pod.id for pod in api_of(server.url).pods(PRINT)] == ["d"]
    assert set(pods) == {"a", "b", "d"}
    assert (pods["a"].running, pods["a"].cost_per_hour) == (True, 0.84)
    assert pods["a"].last_started_at == 1_767_225_600_000
    assert (pods["b"].stopped, pods["b"].cost_per_hour) == (True, 0.5)
    assert (pods["d"].has_network_volume, pods["d"].last_started_at) == (True, 1_767_261_600_500)


def test_a_pod_is_rented_with_our_choice_of_gpus_started_stopped_and_given_back() -> None:
    with RunPodServer() as server:
        api = api_of(server.url)
        made = api.create(PRINT, "talkies-1")
        assert (made.id, made.name, made.running) == ("new1", "talkies-1", True)
        api.stop("new1")
        assert server.running() == []
        api.start("new1")
        assert server.running() == ["new1"]
        api.terminate("new1")
        assert server.pods == {}
    assert server.created == [
        {
            "name": "talkies-1",
            "templateId": "tpl",
            "networkVolumeId": "vol",
            "cloudType": "SECURE",
            "gpuTypeIds": ["NVIDIA L40S", "NVIDIA A40"],
            "gpuTypePriority": "custom",
        }
    ]


def test_an_endpoint_says_how_many_workers_it_may_have() -> None:
    with RunPodServer(endpoints={"ep": {"workersMax": 5}, "odd": {"workersMax": "many"}}) as server:
        assert api_of(server.url).most_workers("ep") == 5
        assert api_of(server.url).most_workers("odd") == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=401, body=b"no"), "refused"),
        (Reply(status=429), "busy"),
        (Reply(status=500, body=b'{"error": "There are no instances\\nwith that GPU"}'), "answer"),
        (Reply(body=b"<html>"), "answer"),
        (Reply(body=b'{"pods": []}'), "answer"),
        (Reply(body=b'[{"name": "without an id"}]'), "answer"),
        (Reply(body=b'[{"id": "../x"}]'), "answer"),
        (Reply(body=b"[" + b" " * (9 << 20) + b"]"), "unreachable"),
        (Reply(headers={"content-encoding": "gzip"}), "unreachable"),
    ],
)
def test_what_goes_wrong_is_said(reply: Reply, reason: str) -> None:
    with answering(reply) as api, pytest.raises(PodFailure) as raised:
        api.pods(ALL)
    assert raised.value.details["reason"] == reason
    assert KEY not in raised.value.message


def test_what_is_no_pod_is_not_taken_for_one() -> None:
    with answering(Reply(body=b"[]")) as api, pytest.raises(PodFailure, match="no pod"):
        api.create(PRINT, "x")
    with answering(Reply(body=b"[]")) as api, pytest.raises(PodFailure, match="an id that is none"):
        api.stop("../../endpoints/x")


@pytest.mark.parametrize("text", [None, 7, "yesterday", "yesterday 10:00", ""])
def test_a_moment_that_is_none_is_not_known(text: object) -> None:
    with RunPodServer() as server:
        server.add("a", lastStartedAt=text, costPerHr="free", adjustedCostPerHr=0)
        (pod,) = api_of(server.url).pods(ALL)
    assert (pod.last_started_at, pod.cost_per_hour) == (None, None)


def test_an_account_without_an_answer_is_unreachable() -> None:
    with RunPodServer() as gone:
        url = gone.url
    with pytest.raises(PodFailure, match="does not answer"):
        api_of(url).pods(ALL)
