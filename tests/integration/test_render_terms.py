"""What the settings grant a render, as the makers of an installation have it."""

from pathlib import Path
from typing import Any

import pytest
from studio_made_up import PORTRAIT
from toy_upstream import describe_toy, toy_home

from talkies.errors import EngineFailure
from talkies.settings import load
from talkies.studio.maker_process import Patience
from talkies.studio.submissions import Source
from talkies.studio.videos.steps import INPUTS, write_order
from talkies.studio.videos.submission import OutputOptions, VideoSubmission
from talkies.wiring.operator import operator

PATIENT = Patience(wall_seconds=60)


def step(stage: str, folder: Path) -> dict[str, Any]:
    return {"do": "step", "stage": stage, "folder": str(folder)}


def test_a_render_is_given_up_after_the_time_of_the_settings(tmp_path: Path) -> None:
    home = toy_home(tmp_path / "engines")
    describe_toy(home)
    settings = load(
        {"data_dir": tmp_path / "data", "engines_root": home.root},
        environ={"RENDER_LEAST_SECONDS": "0.7", "RENDER_PATIENCE": "0.1"},
        env_file=None,
    )
    parts = operator(settings)
    makers = parts.parts.work.makers
    asked = VideoSubmission(
        portrait=Source(sha256="a"),
        text="Bob.",
        output=OutputOptions(resolution="480p", fps=25),
        options={"do": "hang"},
    )
    folder = tmp_path / "job"
    (folder / INPUTS).mkdir(parents=True)
    (folder / INPUTS / "portrait").write_bytes(PORTRAIT.read_bytes())
    write_order(folder, asked, "toy")
    with makers.keep("toy", lambda _: None, 5) as maker:
        for stage in ("fetch", "speak", "animate"):
            maker.do(step(stage, folder), PATIENT, lambda _: None)
        with pytest.raises(EngineFailure, match="longer than the 1 s that it may take"):
            maker.do(step("render", folder), PATIENT, lambda _: None)
    makers.close()
    parts.close()
