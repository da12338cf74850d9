"""What the acceptance tests share: the command as a user calls it, and small inputs."""

import json
import subprocess
import sys
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

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


def process(*arguments: object, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own."""
    command = [sys.executable, "-m", "talkies", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **settings)


def write_wav(path: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    """16-bit PCM from float (n,) or (n, channels)."""
    channels = samples.shape[1] if samples.ndim > 1 else 1
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return path
