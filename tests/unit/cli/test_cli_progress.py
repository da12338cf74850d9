import json

import pytest

from talkies.cli.progress import (
    Lines,
    progress_facts,
    remaining,
    showing,
    speed,
)
from talkies.studio.progress import Event, Progress, Stage, Warned


def progress(
    fraction: float = 0.5,
    stage: Stage = Stage.RENDER,
    *,
    rate: float | None = None,
    eta: float | None = None,
) -> Progress:
    return Progress(
        stage=stage,
        fraction=fraction,
        done=5,
        total=10,
        units_per_second=rate,
        eta_seconds=eta,
    )


class Clock:
    """Time that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_come_at_intervals_at_new_stages_and_at_the_end() -> None:
    written: list[Event] = []
    clock = Clock()
    lines = Lines(written.append, 10, clock)
    for seconds, event in [
        (0, progress(0.1, Stage.ALIGN)),
        (1, progress(0.2, Stage.ALIGN)),
        (2, progress(0.3)),
        (3, progress(0.4)),
        (13, progress(0.5)),
        (14, Warned(message="Careful.")),
        (15, progress(1.0)),
        (16, progress(1.0)),
    ]:
        clock.now = seconds
        lines(event)
    kept = [event.fraction if isinstance(event, Progress) else "warning" for event in written]
    assert kept == [0.1, 0.3, 0.5, "warning", 1.0]


def test_progress_as_plain_values() -> None:
    assert progress_facts(progress(0.123456, eta=3.14159)) == {
        "stage": "render",
        "progress": 0.1235,
        "done": 5,
        "total": 10,
        "eta_seconds": 3.1,
    }
    assert progress_facts(progress())["eta_seconds"] is None


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (progress(eta=None), ""),
        (progress(eta=59.6), "1:00 left"),
        (progress(eta=61), "1:01 left"),
        (progress(eta=0.4), ""),
        (progress(1.0, eta=0), ""),
    ],
)
def test_the_time_left_as_people_say_it(event: Progress, said: str) -> None:
    assert remaining(event) == said


def test_only_frames_have_a_speed() -> None:
    assert speed(progress(rate=12.4)) == "12 frames/s"
    assert speed(progress(rate=None)) == ""
    assert speed(progress(stage=Stage.ALIGN, rate=12.4)) == ""


def test_json_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with showing(as_json=True, quiet=False) as listener:
        listener(progress())
        listener(Warned(message="Careful with é."))
    said = capsys.readouterr()
    first, second = map(json.loads, said.out.splitlines())
    assert (first["event"], first["progress"]) == ("progress", 0.5)
    assert second == {"event": "warning", "message": "Careful with é."}
    assert said.out.isascii()
    assert said.err == ""


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with showing(as_json=False, quiet=True) as listener:
        listener(Warned(message="Careful."))
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with showing(as_json=False, quiet=False) as listener:
        listener(progress(eta=61))
        listener(Warned(message="A [bold]name[/bold]."))
    said = capsys.readouterr()
    assert said.err == " 50% rendering (1:01 left)\nwarning: A [bold]name[/bold].\n"
    assert said.out == ""
