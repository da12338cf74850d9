"""A room in which `odd_program.py` is an installed engine, and orders for it."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prepared_stage import description as made_up
from prepared_stage import grey, write_video

from talkies.engines.base import Speed
from talkies.engines.commands.description import (
    Argument,
    Command,
    Description,
    OutputRule,
    PresetDescription,
)
from talkies.engines.commands.orders import Order
from talkies.engines.home import EngineHome

PROGRAM = Path(__file__).with_name("odd_program.py")
ID = "odd"

SPEED = Speed(device="any CPU", seconds_per_video_second=1.0, vram_gib=0.0, source="made up")
PLAIN = PresetDescription(summary="The only one.", options={}, speeds=(SPEED,))


def description(*actions: str, **changes: Any) -> Description:
    """An engine whose program does this."""
    words = (
        *("{python}", "{repository}/odd_program.py"),
        *("--image", "{visual}", "--audio", "{sound}", "--out", "{output}"),
    )
    command = Command(arguments=(Argument(words=(*words, *actions)),))
    given: dict[str, Any] = {
        "id": ID,
        "command": command,
        "presets": {"plain": PLAIN},
        "output": OutputRule(glob="output*.mp4"),
        "load_seconds": 0.0,
        "repository": replace(made_up().repository, entry="odd_program.py"),
        "environment": replace(made_up().environment, programs=()),
    }
    return made_up(**(given | changes))


@dataclass(frozen=True)
class OddRoom:
    """A folder with an installed engine in it."""

    folder: Path

    @property
    def home(self) -> EngineHome:
        return EngineHome(root=self.folder / "root")

    def install(self) -> "OddRoom":
        repository, python = self.home.repository(ID), self.home.python(ID)
        for path, target in ((repository, PROGRAM.parent), (python, Path(sys.executable))):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        return self

    def video(self, frames: int = 10, name: str = "made.mp4") -> Path:
        """A video of so many frames."""
        path = self.folder / name
        return path if path.exists() else write_video(path, [grey(90, (64, 96))] * frames)

    def order(self, frames: int = 10, **changes: Any) -> Order:
        given: dict[str, Any] = {
            "scratch": self.folder / "run0",
            "visual": self.folder / "portrait.png",
            "sound": self.folder / "speech.wav",
            "seconds": frames / 25,
            "frames": frames,
            "width": 64,
            "height": 96,
            "seed": 7,
            "prompt": "",
            "options": {"preset": "plain"},
        }
        return Order(**(given | changes))


def pids_in(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def put_program(folder: Path, name: str, text: str) -> Path:
    """A program of the shell, as a stand-in for one of the system."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path
