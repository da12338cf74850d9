from dataclasses import replace
from pathlib import Path

import pytest
from odd_stage import PLAIN, SPEED, OddRoom, description

from talkies.engines.commands.description import FailurePattern, Watchdog
from talkies.engines.commands.watchdog import Watch, eta_of
from talkies.errors import EngineFailure, EngineStalled, FaceNotFound, GpuOutOfMemory

RULE = Watchdog(silence_seconds=10.0, repeats=3)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def watch(clock: Clock, most: float = 1_000.0, own: tuple[FailurePattern, ...] = ()) -> Watch:
    return Watch(description(watchdog=RULE, failures=own), most, clock=clock)


def test_output_keeps_a_run_alive(clock: Clock) -> None:
    watching = watch(clock)
    for number in range(10):
        clock.now += 9.0
        watching.hear(f"step {number}", ())
        watching.look(())


def test_silence_ends_it(clock: Clock) -> None:
    watching = watch(clock)
    clock.now += 10.0
    watching.look(())
    clock.now += 0.1
    with pytest.raises(EngineStalled, match="said nothing new for 10 s") as caught:
        watching.look(["the last"])
    assert caught.value.details["log"] == ["the last"]


def test_the_same_line_again_is_silence(clock: Clock) -> None:
    watching = watch(clock)
    for _ in range(100):
        clock.now += 0.1
        watching.hear("a warning for every frame", ())
        watching.look(())
    clock.now += 0.2
    watching.hear("a warning for every frame", ())
    with pytest.raises(EngineStalled):
        watching.look(())


def test_time_ends_it(clock: Clock) -> None:
    watching = watch(clock, most=20.0)
    for _ in range(4):
        clock.now += 5.0
        watching.hear(str(clock.now), ())
        watching.look(())
    clock.now += 0.1
    with pytest.raises(EngineFailure, match="longer than the 20 s") as caught:
        watching.look(())
    # It would take as long again.
    assert not caught.value.retryable
    assert "RENDER_PATIENCE" in caught.value.hint


def test_a_failure_that_is_said_again_and_again_is_that_failure(clock: Clock) -> None:
    watching = watch(clock)
    watching.hear("Warning: out of memory, sleep for 1s", ())
    watching.hear("Warning: out of memory, sleep for 1s", ())
    with pytest.raises(GpuOutOfMemory, match="again and again"):
        watching.hear("Warning: out of memory, sleep for 1s", ("log",))


def test_a_failure_that_is_got_over_ends_nothing(clock: Clock) -> None:
    watching = watch(clock)
    for _ in range(20):
        watching.hear("CUDA out of memory, halving", ())
        watching.hear("step", ())


def test_the_engine_s_own_failures_count_too(clock: Clock) -> None:
    watching = watch(clock, own=(FailurePattern(pattern="no face", code="FACE_NOT_FOUND"),))
    for _ in range(2):
        watching.hear("no face here", ())
    with pytest.raises(FaceNotFound):
        watching.hear("no face here", ())


def test_a_run_should_take_what_it_does_on_the_slowest_gpu_that_is_known(tmp_path: Path) -> None:
    slow = replace(SPEED, device="old", seconds_per_video_second=100.0)
    described = description(
        presets={"plain": replace(PLAIN, speeds=(SPEED, slow))}, load_seconds=50.0
    )
    order = OddRoom(tmp_path).order(frames=50)
    assert eta_of(order, described) == 250.0
