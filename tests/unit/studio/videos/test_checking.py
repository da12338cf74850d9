from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from talkies.engines.base import VideoFormat
from talkies.errors import EngineFailure
from talkies.media.samples import Sound
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes
from talkies.studio.videos.checking import Expected, check_video

EXPECTED = Expected(width=64, height=96, fps=Fraction(25), frames=25, format=VideoFormat.MP4)


def written(folder: Path, format_: str = "mp4", *, sound: bool = True) -> Path:
    path = folder / f"made.{format_}"
    with VideoWriter(
        path,
        width=64,
        height=96,
        fps=Fraction(25),
        format=format_,
        sound=Sound(np.zeros((48_000, 1), np.float32), 48_000) if sound else None,
    ) as writer:
        for _ in range(25):
            writer.write(to_planes(np.zeros((96, 64, 3), np.uint8)))
    return path


@pytest.mark.parametrize("format_", VideoFormat)
def test_what_was_asked_for_passes(tmp_path: Path, format_: VideoFormat) -> None:
    info = check_video(
        written(tmp_path, format_.value), replace(EXPECTED, format=format_), tmp_path / "first.jpg"
    )
    assert (info.width, info.height) == (64, 96)


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (replace(EXPECTED, width=66), "64 x 96, not 66 x 96"),
        (replace(EXPECTED, frames=40), "25 frames, not 40"),
        (replace(EXPECTED, frames=40), "not 1.60 s"),
        (replace(EXPECTED, fps=Fraction(50)), "not 0.50 s"),
    ],
)
def test_anything_else_is_told(tmp_path: Path, wanted: Expected, fault: str) -> None:
    with pytest.raises(EngineFailure) as caught:
        check_video(written(tmp_path), wanted, tmp_path / "first.jpg")
    assert fault in caught.value.message
    assert caught.value.exit_status == 6


def test_a_video_without_sound_is_not_a_talking_one(tmp_path: Path) -> None:
    with pytest.raises(EngineFailure, match="no sound"):
        check_video(written(tmp_path, sound=False), EXPECTED, tmp_path / "first.jpg")
