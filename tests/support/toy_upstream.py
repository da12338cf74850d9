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

FRAMES = 75

#: The toy as an operator would describe it.
TOML = """
summary = "A grey picture."
quality = 1
load_seconds = 0.1

[licence]
code = "MIT"
weights = "MIT"
commercial_use = true

[intake]

[repository]
url = "https://example.org/toy"
revision = "{revision}"
entry = "video.mp4"

[environment]
python = "3.11"
requirements = "toy.requirements.txt"
programs = []

{options}
[presets.only]
summary = "The only one."
options = {{}}

[[presets.only.speeds]]
device = "any CPU"
seconds_per_video_second = 1.0
vram_gib = 0.0
source = "made up"

[command]
arguments = ["{{python}}", "-c", "raise SystemExit('not kept warm')", "{{visual}}", "{{sound}}"]

[output]
glob = "output.mp4"

[warm]
adapter = "{adapter}"

[warm.load]
model = "{{model}}"
do = "{{on_load}}"

[warm.render]
do = "{{do}}"
pause = "{{pause}}"
steps = "{{steps}}"
journal = "{{repository}}/journal.jsonl"
"""

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


def describe_toy(home: EngineHome) -> None:
    """Put the toy's description where an operator would."""
    options = "".join(
        f'[options.{name}]\ntype = "{_type(default)}"\ndefault = {json.dumps(default)}\n'
        f'description = "{name}"\n'
        for name, default in OPTIONS.items()
    )
    home.descriptions.mkdir()
    text = TOML.format(options=options, adapter=toy_adapter.__file__, revision="0" * 40)
    (home.descriptions / "toy.toml").write_text(text)


def journal(home: EngineHome) -> list[dict[str, Any]]:
    """What the toy's hosts did, in order: loads and renders, with their processes."""
    path = home.repository("toy") / "journal.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


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
