"""Frames of any timing on one constant grid."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from talkies.face.finding.landmarks import Pixels
from talkies.media.video_reader import VideoInfo
from talkies.score.frame_grid import grid_rate, on_grid


def numbered(times: list[float]) -> Iterator[tuple[float, Pixels]]:
    for number, time in enumerate(times):
        yield time, np.full((2, 2, 3), number, np.uint8)


def shown(times: list[float], fps: int) -> list[int]:
    return [int(pixels[0, 0, 0]) for pixels in on_grid(numbered(times), Fraction(fps))]


def info(fps: Fraction | None) -> VideoInfo:
    return VideoInfo(
        width=2,
        height=2,
        fps=fps,
        frames=None,
        seconds=None,
        container="mp4",
        codec="h264",
        sound_codec=None,
        rotation=0,
        streams=("video",),
    )


def test_a_constant_rate_passes_through() -> None:
    assert shown([0.0, 0.04, 0.08, 0.12], 25) == [0, 1, 2, 3]


def test_rounded_time_stamps_neither_drop_nor_repeat() -> None:
    assert shown([0.0, 0.033, 0.067, 0.1, 0.133, 0.167], 30) == [0, 1, 2, 3, 4, 5]


def test_a_frame_that_lasts_longer_is_repeated() -> None:
    assert shown([0.0, 0.04, 0.16, 0.2], 25) == [0, 1, 1, 1, 2, 3]


def test_frames_that_come_faster_are_thinned_out() -> None:
    assert shown([0.0, 0.02, 0.04, 0.06, 0.08], 25) == [1, 3, 4]


def test_a_picture_that_starts_late_keeps_its_delay() -> None:
    assert shown([0.12, 0.16, 0.2], 25) == [0, 0, 0, 0, 1, 2]


def test_a_clock_that_starts_elsewhere_is_no_delay() -> None:
    assert shown([10.0, 10.04, 10.08], 25) == [0, 1, 2]


def test_no_frames_no_grid() -> None:
    assert shown([], 25) == []


@pytest.mark.parametrize(
    ("fps", "scored"),
    [
        (Fraction(25), Fraction(25)),
        (Fraction(30000, 1001), Fraction(30000, 1001)),
        (Fraction(60), Fraction(60)),
        (Fraction(120), Fraction(60)),
        (Fraction(100), Fraction(50)),
        (None, Fraction(25)),
    ],
)
def test_fast_videos_are_scored_at_an_even_part_of_their_rate(
    fps: Fraction | None, scored: Fraction
) -> None:
    assert grid_rate(info(fps)) == scored
