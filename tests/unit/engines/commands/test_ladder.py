from dataclasses import replace
from pathlib import Path

import pytest
from odd_stage import PLAIN, description
from prepared_stage import Context, made, request, speech

from talkies.engines.base import RenderRequest
from talkies.engines.commands.description import Description, Intake, Option, PresetDescription
from talkies.engines.commands.ladder import ENGINE_SHARE, Ladder
from talkies.engines.commands.orders import Hear, Order
from talkies.errors import (
    Canceled,
    EngineNoOutput,
    EngineStalled,
    GpuOutOfMemory,
    HostOutOfMemory,
    TalkiesError,
)
from talkies.media.video import probe


def preset(smaller: str | None, **options: str | int) -> PresetDescription:
    return replace(PLAIN, smaller=smaller, options=options)


ENGINE = description(
    options={
        "size": Option(type="string", default="480", choices=("240", "480", "720"), description=""),
        "steps": Option(type="integer", default=40, description=""),
        "pose": Option(type="integer", default=0, description=""),
    },
    presets={
        "big": preset("offloaded", size="720"),
        "offloaded": preset("small", size="720"),
        "small": preset(None, size="240"),
    },
)


class Scripted:
    """A runner that fails as it is told, and then makes plain videos."""

    def __init__(self, *failures: TalkiesError | None) -> None:
        self.failures = list(failures)
        self.orders: list[Order] = []
        self.closed = 0

    def run(self, order: Order, hear: Hear) -> Path:
        self.orders.append(order)
        hear(0.5)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        hear(1.0)
        order.scratch.mkdir(exist_ok=True)
        return made(order)

    def close(self) -> None:
        self.closed += 1


def climb(
    tmp_path: Path,
    runner: Scripted,
    engine: Description = ENGINE,
    usable: tuple[str, ...] = ("big", "offloaded", "small"),
    wanted: RenderRequest | None = None,
) -> tuple[Path, Context]:
    context = Context(tmp_path / "room")
    context.work_dir.mkdir(exist_ok=True)
    ladder = Ladder(engine, runner, usable.__contains__)
    wanted = wanted or asked(tmp_path)
    return ladder.render(wanted, context, next(iter(engine.presets))), context


def asked(tmp_path: Path, seconds: float = 0.4, **options: str | int) -> RenderRequest:
    return request(tmp_path, speech((seconds, True)), options=options)


def test_a_video_is_made_at_the_first_try(tmp_path: Path) -> None:
    runner = Scripted()
    video, context = climb(tmp_path, runner)
    assert probe(video).frames == 10
    assert video.parent == context.work_dir
    assert context.warnings == []
    assert runner.orders[0].options == {"size": "720", "steps": 40, "pose": 0, "preset": "big"}
    assert [path.name for path in context.work_dir.iterdir()] == [video.name]


def test_progress_is_the_engine_s_and_then_the_repair_s(tmp_path: Path) -> None:
    _, context = climb(tmp_path, Scripted(), wanted=asked(tmp_path, 4.0))
    assert context.seen[0] == (round(50 * ENGINE_SHARE - 0.5), 100)
    assert context.seen[-1] == (100, 100)
    assert context.seen == sorted(context.seen)


def test_too_little_gpu_memory_goes_down_the_ladder(tmp_path: Path) -> None:
    runner = Scripted(GpuOutOfMemory("full"), GpuOutOfMemory("full"))
    video, context = climb(tmp_path, runner)
    assert probe(video).frames == 10
    assert [order.options["preset"] for order in runner.orders] == ["big", "offloaded", "small"]
    assert [order.options["size"] for order in runner.orders] == ["720", "720", "240"]
    first, second = context.warnings
    assert first.endswith("for the preset 'big': the video was rendered with 'offloaded'.")
    assert second.endswith("'offloaded': the video was rendered with 'small' (size 240).")
    assert runner.closed == 2
    assert len({order.scratch for order in runner.orders}) == 3


def test_progress_never_goes_back(tmp_path: Path) -> None:
    _, context = climb(tmp_path, Scripted(GpuOutOfMemory("full")))
    assert context.seen == sorted(context.seen)


def test_a_smaller_preset_goes_before_what_the_user_said_of_the_same(tmp_path: Path) -> None:
    runner = Scripted(GpuOutOfMemory("full"), GpuOutOfMemory("full"))
    climb(tmp_path, runner, wanted=asked(tmp_path, size="480", steps=9, preset="big"))
    assert [order.options["size"] for order in runner.orders] == ["480", "720", "240"]
    assert {order.options["steps"] for order in runner.orders} == {9}


def test_presets_without_weights_are_left_out(tmp_path: Path) -> None:
    runner = Scripted(GpuOutOfMemory("full"))
    climb(tmp_path, runner, usable=("big", "small"))
    assert [order.options["preset"] for order in runner.orders] == ["big", "small"]


def test_the_ladder_has_an_end(tmp_path: Path) -> None:
    full = [GpuOutOfMemory(str(number)) for number in range(3)]
    runner = Scripted(*full)
    with pytest.raises(GpuOutOfMemory, match="2"):
        climb(tmp_path, runner)
    assert len(runner.orders) == 3
    assert list((tmp_path / "room").iterdir()) == []


def test_too_little_memory_of_the_machine_makes_segments_shorter_once(tmp_path: Path) -> None:
    runner = Scripted(HostOutOfMemory("killed"))
    video, context = climb(tmp_path, runner, wanted=asked(tmp_path, 6.0))
    assert probe(video).frames == 150
    first, *rest = runner.orders
    assert first.frames >= 150
    assert len(rest) >= 2
    assert max(order.seconds for order in rest) < first.seconds
    assert any("shorter segments" in warning for warning in context.warnings)
    again = Scripted(HostOutOfMemory("killed"), HostOutOfMemory("killed"))
    with pytest.raises(HostOutOfMemory):
        climb(tmp_path, again, wanted=asked(tmp_path, 6.0))
    assert len(again.orders) == 2


def test_segments_have_a_least_length(tmp_path: Path) -> None:
    runner = Scripted(HostOutOfMemory("killed"))
    with pytest.raises(HostOutOfMemory):
        climb(tmp_path, runner)
    needs_three = replace(ENGINE, intake=Intake(least_seconds=3.5))
    runner = Scripted(HostOutOfMemory("killed"))
    with pytest.raises(HostOutOfMemory):
        climb(tmp_path, runner, needs_three, wanted=asked(tmp_path, 6.0))


def test_no_output_is_asked_for_once_more(tmp_path: Path) -> None:
    runner = Scripted(EngineNoOutput("none"))
    video, _ = climb(tmp_path, runner)
    assert probe(video).frames == 10
    assert runner.orders[0] == runner.orders[1]
    runner = Scripted(EngineNoOutput("none"), EngineNoOutput("again"))
    with pytest.raises(EngineNoOutput, match="again"):
        climb(tmp_path, runner)
    assert len(runner.orders) == 2


def test_each_segment_may_have_no_output_once(tmp_path: Path) -> None:
    long = replace(ENGINE, intake=Intake(segment_seconds=3.0))
    runner = Scripted(EngineNoOutput("one"), None, EngineNoOutput("two"))
    video, _ = climb(tmp_path, runner, long, wanted=asked(tmp_path, 5.0))
    assert probe(video).frames == 125
    assert len({order.scratch for order in runner.orders}) == len(runner.orders) - 2


@pytest.mark.parametrize("failure", [EngineStalled("x"), Canceled("x")])
def test_what_would_only_happen_again_is_not_tried_again(
    tmp_path: Path, failure: TalkiesError
) -> None:
    runner = Scripted(failure)
    with pytest.raises(type(failure)):
        climb(tmp_path, runner)
    assert len(runner.orders) == 1
    assert list((tmp_path / "room").iterdir()) == []
