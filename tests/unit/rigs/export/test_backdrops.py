from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from talkies.errors import CorruptMedia, FileMissing, UnsupportedMedia
from talkies.face.puppet.backdrop import plain
from talkies.media.pictures import Picture, save_picture
from talkies.media.video import VideoWriter
from talkies.rigs.export.backdrops import MovingBackdrop, StillBackdrop, backdrop_of

SIZE = (32, 48)


def grey_video(path: Path, levels: list[int], fps: Fraction) -> Path:
    """A video whose frames are of these greys."""
    with VideoWriter(path, width=64, height=64, fps=fps) as writer:
        for level in levels:
            writer.write(plain((level, level, level), 64, 64))
    return path


def greys(backdrop: StillBackdrop | MovingBackdrop, count: int) -> Iterator[int]:
    assert isinstance(backdrop, MovingBackdrop)
    for planes in islice(backdrop.frames(), count):
        assert (planes.width, planes.height) == SIZE
        yield round((int(planes.y[20, 10]) - 16) * 255 / 219 / 40)


def test_a_colour_fills_the_frame() -> None:
    backdrop = backdrop_of((200, 40, 10), SIZE, Fraction(25))
    assert isinstance(backdrop, StillBackdrop)
    assert np.array_equal(backdrop.planes.y, plain((200, 40, 10), *SIZE).y)


def test_a_picture_covers_the_frame_and_is_told_by_its_content(tmp_path: Path) -> None:
    pixels = np.zeros((96, 192, 3), np.uint8)
    pixels[:, 64:128] = 255
    save_picture(Picture(pixels=pixels), tmp_path / "a.png")
    backdrop = backdrop_of(tmp_path / "a.png", SIZE, Fraction(25))
    assert isinstance(backdrop, StillBackdrop)
    assert backdrop.planes.y.min() > 230  # the middle of the wide picture
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    assert backdrop_of(tmp_path / "b.png", SIZE, Fraction(25)).key == backdrop.key
    assert backdrop_of((0, 0, 0), SIZE, Fraction(25)).key != backdrop.key


@pytest.mark.parametrize(
    ("fps", "seen"),
    [
        (Fraction(10), [0, 1, 2, 3, 4, 5, 0, 1, 2]),
        (Fraction(20), [0, 0, 1, 1, 2, 2, 3, 3, 4]),
        (Fraction(5), [0, 2, 4, 0, 2, 4, 0, 2, 4]),
    ],
)
def test_a_video_plays_at_its_own_speed_and_begins_again(
    tmp_path: Path, fps: Fraction, seen: list[int]
) -> None:
    path = grey_video(tmp_path / "back.mp4", [0, 40, 80, 120, 160, 200], Fraction(10))
    assert list(greys(backdrop_of(path, SIZE, fps), len(seen))) == seen


def test_backgrounds_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        backdrop_of(tmp_path / "none.png", SIZE, Fraction(25))
    (tmp_path / "words.txt").write_text("no picture")
    with pytest.raises(UnsupportedMedia):
        backdrop_of(tmp_path / "words.txt", SIZE, Fraction(25))
    (tmp_path / "cut.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(200))
    with pytest.raises(CorruptMedia):
        backdrop_of(tmp_path / "cut.mp4", SIZE, Fraction(25))
