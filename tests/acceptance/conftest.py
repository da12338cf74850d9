"""The command line in this process, a portrait, and a second of speech."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import PORTRAIT, Answer, Talkies, process

from talkies.cli.main import run


@pytest.fixture
def talkies(capsys: pytest.CaptureFixture[str]) -> Iterator[Talkies]:
    """Runs the command in this process: the same entry point, without the start of Python."""
    hook, signals = sys.excepthook, (signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.getsignal(number) for number in signals]

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(status=status, out=said.out, err=said.err)

    yield call
    sys.excepthook = hook
    for number, handler in zip(signals, handlers, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def portrait() -> Path:
    return PORTRAIT


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About a second of speech, "We move both maps."."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    answer = process("speak", "We move both maps.", "-o", path)
    assert answer.returncode == 0, answer.stderr
    return path
