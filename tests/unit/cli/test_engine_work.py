"""What is told while an engine is installed."""

import io
from contextlib import redirect_stderr

import pytest

from talkies.cli.engine_work import Steps, telling
from talkies.cli.trying import memory_of
from talkies.studio.upstreams.gpus import Peak
from talkies.studio.upstreams.install import News, State

NEWS = (
    News(step="repository", state=State.BEGINS, text="clone x"),
    News(step="repository", state=State.SAYS, text="Receiving  objects: 1%"),
    News(step="repository", state=State.NOTES, text="it takes an hour"),
    News(step="repository", state=State.ENDS, text="2.0 s"),
)


class Terminal(io.StringIO):
    """An error stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_of_what_programs_say_only_a_line_now_and_then_is_told() -> None:
    told: list[str] = []
    often = Steps(lambda news: told.append(news.text), interval=0.0)
    seldom = Steps(lambda news: told.append(news.text), interval=3600.0)
    for news in NEWS:
        often(news)
    assert told == [news.text for news in NEWS]
    told.clear()
    for news in NEWS:
        seldom(news)
    assert told == ["clone x", "it takes an hour", "2.0 s"]


def test_in_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with telling(as_json=False, quiet=False) as tell:
        for news in NEWS:
            tell(news)
    assert capsys.readouterr().err.splitlines() == [
        "repository   clone x",
        "repository   it takes an hour",
        "repository   done in 2.0 s",
    ]


def test_on_a_terminal_programs_speak_on_one_line() -> None:
    terminal = Terminal()
    with redirect_stderr(terminal), telling(as_json=False, quiet=False) as tell:
        for news in NEWS:
            tell(news)
    shown = terminal.getvalue()
    assert "Receiving objects: 1%" in shown
    assert shown.count("\n") == 3
    assert shown.endswith("\r\x1b[2K")


def test_as_json_and_in_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with telling(as_json=True, quiet=False) as tell:
        tell(NEWS[0])
    with telling(as_json=False, quiet=True) as tell:
        tell(NEWS[0])
    said = capsys.readouterr()
    assert said.out.count("\n") == 1
    assert '"state": "begins"' in said.out
    assert said.err == ""


def test_memory_says_whose_it_is() -> None:
    assert memory_of(None) == "none"
    assert memory_of(Peak(bytes=3 << 30, of="processes")) == "3.0 GiB"
    assert memory_of(Peak(bytes=3 << 30, of="device")) == "3.0 GiB (of the device)"
