"""The pods of the settings, as the installation builds them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import Reply
from pod_server import PodServer, Script
from runpod_server import KEY, RunPodServer

from talkies.errors import Misconfigured
from talkies.pods.pod import Contract, TokenPlace
from talkies.pods.runpod import Blueprint
from talkies.pods.sadtalker_client import SadTalkerClient
from talkies.pods.serverless_client import ServerlessClient
from talkies.pods.talkies_client import TalkiesClient
from talkies.settings import load
from talkies.wiring.operator import operator
from talkies.wiring.pod_terms import terms_of
from talkies.wiring.pods import Pods


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Any]:
    """Opens the pods of an installation with these settings."""
    parts = []

    def call(**settings: str) -> Pods:
        given = load({"data_dir": tmp_path}, environ=settings, env_file=None)
        parts.append(operator(given))
        pods = parts[-1].parts.work.pods
        assert pods is not None
        return pods

    yield call
    for one in parts:
        one.close()


def terms(**settings: str) -> Any:
    return terms_of(load(environ=settings, env_file=None))


def test_without_pods_there_is_nothing_to_keep(tmp_path: Path) -> None:
    parts = operator(load({"data_dir": tmp_path}, environ={}, env_file=None))
    assert parts.parts.work.pods is None
    parts.close()
    assert terms().listed == ()


def test_every_list_of_pods_is_read() -> None:
    found = terms(
        PODS='[{"url": "https://a.example", "engines": ["x"], "concurrency": 2}]',
        SADTALKER_RUNPOD_ENDPOINTS="https://b.example|t|k,https://c.example",
        RUNPOD_API_URL="https://d.example",
        SADTALKER_REMOTE_API_KEY="common",
        SADTALKER_TOKEN_QUERY="true",  # noqa: S106 - a switch
        POD_CONCURRENCY="3",
        SADTALKER_REMOTE_CREATE_PATH="/old",
    )
    pods = {pod.name: pod for pod in found.listed}
    assert {name: pod.contract for name, pod in pods.items()} == {
        "a.example": Contract.TALKIES,
        "b.example": Contract.SADTALKER,
        "c.example": Contract.SADTALKER,
        "d.example": Contract.TALKIES,
    }
    assert (pods["b.example"].api_key, pods["c.example"].api_key) == ("k", "common")
    assert pods["b.example"].token_place is TokenPlace.QUERY
    assert (pods["a.example"].concurrency, pods["c.example"].concurrency) == (2, 3)
    assert (found.paths.create, found.paths.status) == ("/old", "/v1/jobs")
    with pytest.raises(Misconfigured, match="Entry 1 of PODS"):
        terms(PODS="ftp://x")


def test_what_renting_may_cost_is_read() -> None:
    assert terms(RUNPOD_TEMPLATE_ID="tpl").runpod is None
    found = terms(
        RUNPOD_API_KEY=KEY,
        RUNPOD_TEMPLATE_ID="tpl",
        RUNPOD_GPU_TYPES="NVIDIA L40S,NVIDIA A40",
        RUNPOD_ALLOW_CREATE="true",
        POD_MAX="4",
        POD_MIN_WARM="1",
        POD_IDLE_MINUTES="2.5",
        POD_CONTRACT="sadtalker",
    ).runpod
    assert found.blueprint == Blueprint(template_id="tpl", gpu_types=("NVIDIA L40S", "NVIDIA A40"))
    rules = found.rules
    assert (rules.may_start, rules.max_pods, rules.min_warm) == (True, 4, 1)
    assert (rules.idle_seconds, rules.start_seconds) == (150, 480)
    assert (found.pattern.contract, found.pattern.engines) == (Contract.SADTALKER, ("sadtalker",))
    assert KEY not in repr(found)


def test_pods_that_are_listed_rented_and_serverless_are_one_pool(opened: Any) -> None:
    endpoints = {"ep": {"workersMax": 5}}
    with RunPodServer(endpoints=endpoints) as runpod, PodServer(Script()) as pod:
        runpod.add("abc")
        pods = opened(
            SADTALKER_RUNPOD_ENDPOINTS=json.dumps([{"url": pod.url, "name": "seed"}]),
            RUNPOD_API_KEY=KEY,
            RUNPOD_REST_URL=runpod.url,
            RUNPOD_PROXY_URL=f"{pod.url}/{{id}}",
            RUNPOD_SERVERLESS_URL=f"{pod.url}/v2",
            RUNPOD_TEMPLATE_ID="tpl",
            RUNPOD_ENDPOINT_IDS="ep",
            POD_ENGINES="infinitetalk",
            POD_JOBS="6",
        )
        pods.look()
        known = {one.name: one for one in pods.pool.pods}
        assert set(known) == {"seed", "abc", "ep"}
        kinds = {name: type(pods.connect(one)) for name, one in known.items()}
        assert kinds == {"seed": SadTalkerClient, "abc": TalkiesClient, "ep": ServerlessClient}
        assert known["ep"].concurrency == 5
        # None of them is installed here.
        assert pods.engines == {"sadtalker", "infinitetalk"}
        assert pods.followed == {"sadtalker": 6, "infinitetalk": 6}
        assert pods.remote.takes("sadtalker")
        assert not pods.remote.takes("portrait")
        (chore,) = pods.chores
        assert (chore.name, chore.every_seconds) == ("pods", 10)
        chore.run()
        runpod.failing = Reply(status=500)
        chore.run()


def test_a_worker_tells_what_it_has_on_pods_until_it_ends(opened: Any) -> None:
    with PodServer(Script()) as pod:
        pods = opened(SADTALKER_RUNPOD_ENDPOINTS=pod.url)
        assert pods.chores == ()
        pods.stop()
        pods.look()
        pods.start("w1", tuple)
        for _ in range(1200):
            if pods.book.states():
                break
            pod.leaving.wait(0.05)
        assert [one.state for one in pods.book.states()] == ["ready"]
        pods.stop()
