from pathlib import Path

import pytest
from odd_stage import OddRoom

from talkies.engines.commands.fallback import PreferredRunner
from talkies.engines.commands.orders import CannotStart, Hear, Order
from talkies.errors import EngineFailure, EngineStalled


class Scripted:
    """A runner that does as it is told, once for each order."""

    def __init__(self, *results: Exception | str) -> None:
        self.results = list(results)
        self.runs = self.closed = 0

    def run(self, order: Order, hear: Hear) -> Path:
        self.runs += 1
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return Path(result)

    def close(self) -> None:
        self.closed += 1


def run(runner: PreferredRunner, tmp_path: Path) -> str:
    return runner.run(OddRoom(tmp_path).order(), lambda _: None).name


def test_the_preferred_one_is_used_while_it_can_start(tmp_path: Path) -> None:
    warm, cold = Scripted("a", "b"), Scripted()
    runner = PreferredRunner(warm, cold)
    assert [run(runner, tmp_path), run(runner, tmp_path)] == ["a", "b"]
    assert runner.reason == ""
    runner.close()
    assert (warm.closed, cold.closed) == (1, 1)


def test_one_that_cannot_start_is_not_tried_again(tmp_path: Path) -> None:
    warm, cold = Scripted(CannotStart("no such adapter")), Scripted("a", "b")
    runner = PreferredRunner(warm, cold)
    assert [run(runner, tmp_path), run(runner, tmp_path)] == ["a", "b"]
    assert runner.reason == "no such adapter"
    assert (warm.runs, warm.closed) == (1, 1)
    runner.close()
    assert (warm.closed, cold.closed) == (1, 1)


def test_what_neither_can_do_is_no_reason_to_give_the_preferred_one_up(tmp_path: Path) -> None:
    warm, cold = Scripted(CannotStart("it failed"), "b"), Scripted(EngineFailure("it failed too"))
    runner = PreferredRunner(warm, cold)
    with pytest.raises(EngineFailure, match="too"):
        run(runner, tmp_path)
    assert run(runner, tmp_path) == "b"
    assert runner.reason == ""


def test_other_failures_are_the_order_s(tmp_path: Path) -> None:
    warm, cold = Scripted(EngineStalled("x"), "b"), Scripted()
    runner = PreferredRunner(warm, cold)
    with pytest.raises(EngineStalled):
        run(runner, tmp_path)
    assert run(runner, tmp_path) == "b"
