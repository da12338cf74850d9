"""What `talkies render` is told about engines: their own options, presets, source videos."""

from pathlib import Path

import numpy as np
import pytest
from command_line import PORTRAIT, Talkies, write_wav


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "speech.wav", np.zeros(1_600))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "take1.mp4"
    path.write_bytes(b"never read")
    return path


def test_a_source_video_takes_the_one_file_for_its_speech(
    talkies: Talkies, source: Path, speech: Path
) -> None:
    line = ("render", "--source-video", str(source), str(speech), "-o", "talk.mp4")
    refused = talkies(*line, "--engine", "portrait")
    assert refused.status == 2
    assert "The engine portrait takes no `source_video`." in refused.err


def test_a_portrait_beside_a_source_video_is_refused(
    talkies: Talkies, source: Path, speech: Path
) -> None:
    line = ("render", "--source-video", str(source), str(PORTRAIT), str(speech), "-o", "talk.mp4")
    refused = talkies(*line)
    assert refused.status == 2
    assert "There is both a portrait and a `source_video`." in refused.err


def test_nothing_to_see_is_told_with_the_way_to_write_it(talkies: Talkies) -> None:
    refused = talkies("render", "--text", "Hi.", "-o", "talk.mp4")
    assert refused.status == 2
    assert "There is no portrait." in refused.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--option", "steps"), "`--option` cannot be “steps”."),
        (("--option", "=8"), "`--option` cannot be “=8”."),
        (("--option", "steps=8", "--option", "steps=9"), "`steps` is given twice"),
        (("--option", "steps=8"), "The engine portrait has no option `steps`."),
        (("--preset", "fast"), "The engine portrait has no option `preset`."),
        (("--preset", "fast", "--option", "preset=fine"), "`preset` is given twice"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(
    talkies: Talkies, options: tuple[str, ...], said: str
) -> None:
    line = ("render", str(PORTRAIT), "--text", "Hi.", "-o", "talk.mp4", "--engine", "portrait")
    refused = talkies(*line, *options)
    assert refused.status == 2
    assert said in refused.err


def test_an_engine_that_is_not_installed_says_so_before_any_work(talkies: Talkies) -> None:
    line = ("render", str(PORTRAIT), "--text", "Hi.", "-o", "talk.mp4", "--engine", "sadtalker")
    refused = talkies(*line)
    assert refused.status == 4
    assert "ENGINE_NOT_INSTALLED" in refused.err
    assert "speaking" not in refused.err
