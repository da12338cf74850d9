"""Counts are told as their reader wants them."""

import json

import pytest

from talkies.cli.counting import CountLines, counting

NAMES = {"copy": "copying", "decode": "decoding"}


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_and_the_last_of_each_stage_come_and_others_now_and_then() -> None:
    told: list[tuple[str, int, int]] = []
    clock = Clock()
    lines = CountLines(lambda *count: told.append(count), 10.0, clock)
    for done in range(5):
        clock.now += 4.0
        lines("copy", done, 5)
    lines("copy", 5, 5)
    lines("copy", 5, 5)
    lines("decode", 0, 0)
    assert told == [("copy", 0, 5), ("copy", 3, 5), ("copy", 5, 5), ("decode", 0, 0)]


def test_json_lines_say_how_far_a_stage_is(capsys: pytest.CaptureFixture[str]) -> None:
    with counting(NAMES, as_json=True, quiet=True) as listener:
        listener("copy", 1, 4)
        listener("decode", 0, 0)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {"event": "progress", "stage": "copy", "progress": 0.25, "done": 1, "total": 4}
    assert second["progress"] == 1.0


def test_plain_lines_go_to_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    with counting(NAMES, as_json=False, quiet=False) as listener:
        listener("copy", 1, 4)
    assert capsys.readouterr() == ("", "copying 1 of 4\n")


def test_the_quiet_hear_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with counting(NAMES, as_json=False, quiet=True) as listener:
        listener("copy", 1, 4)
    assert capsys.readouterr() == ("", "")
