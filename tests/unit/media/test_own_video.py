import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from talkies.media.own_video import OwnVideo
from talkies.media.video import VideoWriter, probe
from talkies.media.yuv import to_planes

#: Brightness of a frame is FIRST and STEP for each frame before it.
FIRST, STEP = 20, 2


def video(folder: Path, frames: int) -> OwnVideo:
    path = folder / "own.mp4"
    with VideoWriter(path, width=64, height=48, fps=Fraction(25), format="seekable") as writer:
        for number in range(frames):
            level = FIRST + STEP * number
            writer.write(to_planes(np.full((48, 64, 3), level, np.uint8)))
    return OwnVideo(path)


def numbers(frames: Iterator[NDArray[np.uint8]]) -> list[float]:
    return [(float(frame.mean()) - FIRST) / STEP for frame in frames]


@pytest.mark.parametrize("count", [1, 2, 24, 25, 26, 60, 101])
def test_frames_are_read_forwards_and_backwards(tmp_path: Path, count: int) -> None:
    own = video(tmp_path, count)
    assert (own.frames, own.width, own.height) == (count, 64, 48)
    assert numbers(own.forwards()) == pytest.approx(list(range(count)), abs=0.8)
    assert numbers(own.backwards()) == pytest.approx(list(range(count))[::-1], abs=0.8)


@pytest.mark.parametrize("count", [1, 2, 3, 30])
def test_there_and_back_turns_without_standing_still(tmp_path: Path, count: int) -> None:
    turn = [*range(count), *range(count - 2, 0, -1)]
    expected = list(itertools.islice(itertools.cycle(turn), 3 * count + 2))
    frames = itertools.islice(video(tmp_path, count).there_and_back(), 3 * count + 2)
    assert numbers(frames) == pytest.approx(expected, abs=0.8)


def test_a_seekable_video_is_an_mp4_like_others(tmp_path: Path) -> None:
    video(tmp_path, 30)
    info = probe(tmp_path / "own.mp4")
    assert (info.container, info.codec, info.frames) == ("MP4", "h264", 30)
    assert info.fps == 25
