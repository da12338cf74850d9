"""An upstream engine that does not exist, kept warm by the real host with `toy_adapter`."""

import json
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import toy_adapter
from prepared_stage import description

from talkies.engines.base import Speed
from talkies.engines.commands.description import (
    Description,
    Environment,
    Option,
    PresetDescription,
    WarmDescription,
)
from talkies.engines.commands.orders import Order
from talkies.engines.home import EngineHome
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes

FRAMES = 5

#: What the toy's host needs to measure its coverage; nothing where none is measured.
MEASURING = {k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")}

OPTIONS = {"model": "a", "on_load": "", "do": "", "pause": 0.0, "steps": 4}


def toy(**changes: Any) -> Description:
    """Its description."""
    speed = Speed(device="any CPU", seconds_per_video_second=1.0, vram_gib=0, source="made up")
    given: dict[str, Any] = {
        "id": "toy",
        "load_seconds": 0.0,
        "environment": Environment(python="3.11", requirements="", variables=MEASURING),
        "options": {
            name: Option(type=_type(default), default=default, description=name)
            for name, default in OPTIONS.items()
        },
        "presets": {"only": PresetDescription(summary="", options={}, speeds=(speed,))},
        "warm": WarmDescription(
            adapter=toy_adapter.__file__,
            load={"model": "{model}", "do": "{on_load}"},
            render={"do": "{do}", "pause": "{pause}", "steps": "{steps}"},
        ),
    }
    return description(**(given | changes))


def toy_home(root: Path) -> EngineHome:
    """A home in which the toy is installed, in the environment of the tests."""
    home = EngineHome(root=root)
    home.repository("toy").mkdir(parents=True)
    home.environment("toy").parent.mkdir()
    home.environment("toy").symlink_to(sys.prefix)
    path = home.repository("toy") / "video.mp4"
    picture = to_planes(np.full((64, 64, 3), 128, np.uint8))
    with VideoWriter(path, width=64, height=64, fps=Fraction(25), format="mp4") as video:
        for _ in range(FRAMES):
            video.write(picture)
    return home


def order(folder: Path, **options: str | float) -> Order:
    """One video of the toy."""
    return Order(
        scratch=folder / "run",
        visual=folder / "portrait.png",
        sound=folder / "speech.wav",
        seconds=FRAMES / 25,
        frames=FRAMES,
        width=64,
        height=64,
        seed=7,
        prompt="a person talks",
        options={**OPTIONS, "preset": "only", **options},
    )


def about(video: Path) -> dict[str, Any]:
    """What the toy wrote down about the run that made a video."""
    known: dict[str, Any] = json.loads((video.parent / "about.json").read_text())
    return known


def _type(default: object) -> Any:
    return {str: "string", float: "number", int: "integer"}[type(default)]
