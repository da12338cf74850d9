"""The command line as a user calls it, and small inputs of every kind."""

import json
import signal
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talkies.cli.main import run

PORTRAIT = Path(__file__).parents[1] / "fixtures/portrait.png"


@dataclass(frozen=True)
class Answer:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Talkies = Callable[..., Answer]


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


def process(*arguments: object, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own."""
    command = [sys.executable, "-m", "talkies", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **settings)


@pytest.fixture
def portrait() -> Path:
    return PORTRAIT


def write_wav(path: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    """16-bit PCM from float (n,) or (n, channels)."""
    channels = samples.shape[1] if samples.ndim > 1 else 1
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About a second of speech, "Bob moves."."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    answer = process("speak", "Bob moves.", "-o", path)
    assert answer.returncode == 0, answer.stderr
    return path
