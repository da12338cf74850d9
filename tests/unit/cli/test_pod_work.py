"""`talkies pods` on a real installation, with pods and RunPod on loopback."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pod_server import PodServer, Script
from pod_stage import state
from runpod_server import KEY, RunPodServer

from talkies.cli.main import run
from talkies.pods.book import PodBook
from talkies.settings import load
from talkies.wiring.operator import operator

Talkies = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with contextlib.chdir(tmp_path):
        operator(load({"data_dir": tmp_path / "data"}, environ={}, env_file=None)).close()
        yield tmp_path / "data"


@pytest.fixture
def talkies(folder: Path, capfd: pytest.CaptureFixture[str]) -> Talkies:
    def call(*words: str, **settings: str) -> tuple[int, str, str]:
        capfd.readouterr()
        lines = [f"{name}='{value}'\n" for name, value in settings.items()]
        (folder.parent / ".env").write_text("".join(lines))
        status = run(["pods", *words, "--data-dir", str(folder)])
        told = capfd.readouterr()
        return status, told.out, told.err

    return call


def test_without_pods_it_is_said_how_there_would_be_some(talkies: Talkies) -> None:
    for command in ("list", "watch"):
        status, out, err = talkies(command)
        assert (status, out) == (0, "")
        assert "PODS" in err
    status, _, err = talkies("start")
    assert (status, "RUNPOD_TEMPLATE_ID" in err) == (2, True)


def test_where_no_worker_runs_pods_are_asked_from_here(talkies: Talkies) -> None:
    with PodServer(Script(odd="broken")) as ill, PodServer() as well:
        entries = [{"url": well.url, "name": "well", "token": "s3cret", "pricePerHour": 0.86}]
        listed = json.dumps([*entries, {"url": ill.url, "name": "ill"}])
        status, out, err = talkies("list", SADTALKER_RUNPOD_ENDPOINTS=listed)
    assert status == 0
    head, *rows = out.splitlines()
    assert head.split()[:4] == ["POD", "CONTRACT", "ENGINES", "STATE"]
    assert rows[0].split()[:6] == ["ill", "sadtalker", "sadtalker", "down", "0/1", "closed"]
    assert "answered 500" in rows[0]
    assert rows[1].split() == [
        *("well", "sadtalker", "sadtalker", "ready", "0/1"),
        "closed",
        "0.86",
    ]
    assert "2 pods, as asked from here." in err
    assert "s3cret" not in out + err


def test_what_the_workers_see_is_shown(talkies: Talkies, folder: Path) -> None:
    parts = operator(load({"data_dir": folder}, environ={}, env_file=None))
    seen = state("a", running=2, concurrency=4, last_error="It broke.", used_at=0)
    PodBook(parts.engine).report("w1", [seen])
    parts.close()
    listed = "https://a.example|s3cret"
    status, out, err = talkies("list", PODS=listed)
    assert (status, "2/4" in out, "as the workers see them" in err) == (0, True, True)
    status, out, _ = talkies("list", "--json", PODS=listed)
    (pod,) = [json.loads(line) for line in out.splitlines()]
    assert (pod["event"], pod["name"], pod["running"]) == ("pod", "a", 2)
    assert (pod["last_error"], pod["used_at"]) == ("It broke.", "1970-01-01T00:00:00.000Z")


def test_pods_are_started_and_stopped_by_hand(talkies: Talkies) -> None:
    with RunPodServer() as runpod:
        settings = {
            "RUNPOD_API_KEY": KEY,
            "RUNPOD_TEMPLATE_ID": "tpl",
            "RUNPOD_REST_URL": runpod.url,
        }
        status, _, err = talkies("start", **settings)
        assert (status, "RUNPOD_ALLOW_CREATE=true" in err) == (2, True)
        may = {**settings, "RUNPOD_ALLOW_CREATE": "true"}
        assert "A pod starts" in talkies("start", **may)[1]
        assert "No pod was started" in talkies("start", **may)[1]
        assert json.loads(talkies("start", "--json", **may)[1])["started"] is False
        assert runpod.created[0]["name"] == "talkies-1"
        assert talkies("stop", **settings)[1] == "Stopped: talkies-1.\n"
        assert talkies("stop", **settings)[1] == "None of our pods runs.\n"
        assert json.loads(talkies("stop", "--json", **settings)[1])["stopped"] == []
        assert runpod.running() == []


def test_watching_goes_on_until_it_is_interrupted(folder: Path) -> None:
    def lines(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)

    script = Script()
    with PodServer(script) as pod:
        words = ["pods", "watch", "--look", "--every", "0.1", "--json", "--data-dir", str(folder)]
        process = subprocess.Popen(
            [sys.executable, "-m", "talkies", *words],
            stdout=subprocess.PIPE,
            text=True,
            env={"SADTALKER_RUNPOD_ENDPOINTS": pod.url, "PATH": "/usr/bin"},
        )
        try:
            events = lines(process)
            assert next(events)["state"] == "ready"
            script.odd = "broken"
            assert next(events)["state"] == "down"
        finally:
            process.kill()
            process.wait(30)
            assert process.stdout is not None
            process.stdout.close()
