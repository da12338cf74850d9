"""The warm runner and the host against an upstream that fails in every way."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_upstream import FRAMES, about, order, toy, toy_home

from talkies.engines.commands.description import Description, Watchdog
from talkies.engines.commands.orders import CannotStart
from talkies.engines.commands.warm import WarmRunner
from talkies.engines.home import EngineHome
from talkies.engines.terms import RenderTerms
from talkies.errors import (
    Canceled,
    ChildCrashed,
    EngineNoOutput,
    EngineStalled,
    GpuOutOfMemory,
    GpuUnavailable,
    HostOutOfMemory,
    TalkiesError,
    WeightsMissing,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> EngineHome:
    return toy_home(tmp_path_factory.mktemp("home"))


Make = Callable[..., WarmRunner]


@pytest.fixture
def warm(home: EngineHome) -> Iterator[Make]:
    """Makes runners of the toy, which are closed in the end."""
    made: list[WarmRunner] = []

    def make(description: Description | None = None, **settings: Any) -> WarmRunner:
        made.append(WarmRunner(description or toy(), home, **settings))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


def ignore(_: float) -> None:
    pass


def gone(pid: int, seconds: float = 60.0) -> bool:
    """Whether a process ends in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.02)
    return False


def pid_of(runner: WarmRunner, folder: Path) -> int:
    """The host, once it has rendered a video."""
    return int(about(runner.run(order(folder), ignore))["pid"])


def test_the_second_video_is_made_without_a_second_load(warm: Make, tmp_path: Path) -> None:
    runner, heard = warm(), []
    first = about(runner.run(order(tmp_path, steps=8, pause=0.03), heard.append))
    second = about(runner.run(order(tmp_path), ignore))
    assert (first["loads"], second["loads"]) == (1, 1)
    assert first["pid"] == second["pid"]
    assert heard == sorted(heard)
    assert 0 < heard[-2] < heard[-1] == 1.0


def test_the_host_is_given_the_whole_order(warm: Make, tmp_path: Path) -> None:
    given = about(warm().run(order(tmp_path), ignore))["order"]
    assert given["visual"] == str(tmp_path / "portrait.png")
    assert given["output"] == str(tmp_path / "run" / "output")
    assert (given["width"], given["frames"], given["seed"]) == (64, FRAMES, 7)
    assert given["prompt"] == "a person talks"


def test_another_model_is_loaded_in_the_same_host(warm: Make, tmp_path: Path) -> None:
    runner = warm()
    first = about(runner.run(order(tmp_path), ignore))
    second = about(runner.run(order(tmp_path, model="b"), ignore))
    assert (second["loads"], second["pid"]) == (2, first["pid"])


def test_who_cancels_between_two_steps_finds_the_models_still_loaded(
    warm: Make, tmp_path: Path
) -> None:
    def stop(done: float) -> None:
        if done > 0:
            raise Canceled

    runner = warm()
    with pytest.raises(Canceled):
        runner.run(order(tmp_path, steps=600, pause=0.1), stop)
    assert not (tmp_path / "run").exists()
    assert about(runner.run(order(tmp_path), ignore))["loads"] == 1


def test_a_step_that_does_not_end_is_ended_with_its_host(warm: Make, tmp_path: Path) -> None:
    runner = warm(cancel_seconds=0.5)
    pid = pid_of(runner, tmp_path)
    began: list[float] = []

    def stop(done: float) -> None:
        if done > 0:
            began.append(time.monotonic())
            raise Canceled

    with pytest.raises(Canceled):
        runner.run(order(tmp_path, steps=2, pause=30.0, do="hang"), hear_soon(stop))
    assert gone(pid)
    assert about(runner.run(order(tmp_path), ignore))["loads"] == 1


def hear_soon(stop: Callable[[float], None]) -> Callable[[float], None]:
    """A listener that has had enough at the third word."""
    heard: list[float] = []

    def hear(done: float) -> None:
        heard.append(done)
        if len(heard) > 3:
            stop(1.0)

    return hear


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("die", ChildCrashed),
        ("kill", HostOutOfMemory),
        ("CUDA error: an illegal memory access was encountered", GpuUnavailable),
    ],
)
def test_a_host_that_breaks_is_replaced(
    warm: Make, tmp_path: Path, how: str, kind: type[TalkiesError]
) -> None:
    runner = warm()
    pid = pid_of(runner, tmp_path)
    with pytest.raises(kind):
        runner.run(order(tmp_path, do=how), ignore)
    assert gone(pid)
    assert not (tmp_path / "run").exists()
    assert pid_of(runner, tmp_path) != pid


def test_a_host_that_runs_out_of_gpu_memory_goes_on(warm: Make, tmp_path: Path) -> None:
    runner = warm()
    pid = pid_of(runner, tmp_path)
    with pytest.raises(GpuOutOfMemory) as caught:
        runner.run(order(tmp_path, do="CUDA out of memory. Tried to allocate 2.00 GiB"), ignore)
    log = caught.value.details["log"]
    assert isinstance(log, list)
    assert "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB" in log
    assert pid_of(runner, tmp_path) == pid


@pytest.mark.parametrize("how", ["garble", "another", "exit", "the shape is not what it was"])
def test_what_says_nothing_of_the_order_is_left_to_the_command(
    warm: Make, tmp_path: Path, how: str
) -> None:
    runner = warm()
    pid = pid_of(runner, tmp_path)
    with pytest.raises(CannotStart):
        runner.run(order(tmp_path, do=how), ignore)
    assert gone(pid)
    assert about(runner.run(order(tmp_path), ignore))["loads"] == 1


def test_models_that_do_not_load_are_not_tried_again(warm: Make, tmp_path: Path) -> None:
    runner = warm()
    with pytest.raises(CannotStart, match="load_state_dict"):
        runner.run(order(tmp_path, on_load="load_state_dict() got an unexpected key"), ignore)
    with pytest.raises(CannotStart, match="could not be loaded"):
        runner.run(order(tmp_path), ignore)


def test_missing_weights_are_said_to_be_missing(warm: Make, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        warm().run(order(tmp_path, on_load="invalid load key, '<'."), ignore)


@pytest.mark.parametrize("content", [b"", b"no video"], ids=["empty", "garbage"])
def test_a_host_that_made_no_video_says_so_in_vain(tmp_path: Path, content: bytes) -> None:
    home = toy_home(tmp_path / "other")
    (home.repository("toy") / "video.mp4").write_bytes(content)
    runner = WarmRunner(toy(), home)
    with pytest.raises(EngineNoOutput):
        runner.run(order(tmp_path), ignore)
    runner.close()


def test_a_video_that_is_too_short_is_none(warm: Make, tmp_path: Path) -> None:
    longer = replace(order(tmp_path), frames=2 * FRAMES, seconds=2 * FRAMES / 25)
    with pytest.raises(EngineNoOutput, match="instead of"):
        warm().run(longer, ignore)


def test_stray_lines_do_not_garble_the_pipe(warm: Make, tmp_path: Path) -> None:
    assert about(warm().run(order(tmp_path, do="print"), ignore))["loads"] == 1


def test_a_host_that_falls_silent_is_ended(warm: Make, tmp_path: Path) -> None:
    runner = warm(replace(toy(), watchdog=Watchdog(silence_seconds=1.0)))
    pid = pid_of(runner, tmp_path)
    with pytest.raises(EngineStalled):
        runner.run(order(tmp_path, do="hang"), ignore)
    assert gone(pid)


def test_models_leave_the_memory_when_nobody_needs_them(warm: Make, tmp_path: Path) -> None:
    runner = warm(terms=RenderTerms(idle_seconds=0.5))
    pid = pid_of(runner, tmp_path)
    assert gone(pid)
    assert pid_of(runner, tmp_path) != pid


def test_a_closed_runner_leaves_no_host(warm: Make, tmp_path: Path) -> None:
    runner = warm()
    pid = pid_of(runner, tmp_path)
    runner.close()
    assert gone(pid)
    runner.close()


def test_a_host_does_not_outlive_who_asked_for_it(tmp_path: Path, home: EngineHome) -> None:
    code = (
        "import os, pathlib, sys\n"
        "from toy_upstream import FRAMES, about, order, toy\n"
        "from talkies.engines.commands.warm import WarmRunner\n"
        "from talkies.engines.home import EngineHome\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "runner = WarmRunner(toy(), EngineHome(root=pathlib.Path(sys.argv[2])))\n"
        "pid = about(runner.run(order(folder), lambda _: None))['pid']\n"
        "(folder / 'pid').write_text(str(pid))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    support = Path(__file__).parents[3] / "support"
    environment = {**os.environ, "PYTHONPATH": str(support)}
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(home.root)], env=environment, check=False
    )
    assert gone(int((tmp_path / "pid").read_text()))


def test_without_the_environment_there_is_no_host(tmp_path: Path) -> None:
    runner = WarmRunner(toy(), EngineHome(root=tmp_path / "nothing"))
    with pytest.raises(CannotStart, match="did not start"):
        runner.run(order(tmp_path), ignore)


@pytest.mark.parametrize(
    "first",
    ['{"event": "ready", "version": 99}', "Welcome!", ""],
    ids=["another version", "no message", "nothing"],
)
def test_a_host_of_another_kind_is_not_used(tmp_path: Path, home: EngineHome, first: str) -> None:
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho '{first}'\n")
    python.chmod(0o700)
    other = replace(home, environments=(("toy", tmp_path / "environment"),))
    runner = WarmRunner(toy(), other)
    with pytest.raises(CannotStart, match="did not start"):
        runner.run(order(tmp_path), ignore)
