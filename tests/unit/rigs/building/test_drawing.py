"""The drawing on its canvas, and its face."""

from pathlib import Path

import numpy as np
import pytest
from building_stage import ROBIN

from talkies.errors import FaceNotFound, FaceUnusable, ImageTooSmall, InvalidOption
from talkies.face.puppet.head import HeadPose
from talkies.face.puppet.mouth_shape import MouthShape
from talkies.face.puppet.puppet import Pose
from talkies.media.pictures import Picture, save_picture
from talkies.rigs.building.drawing import (
    found_drawing,
    on_canvas,
    own_size,
    placed_drawing,
    read_canvas,
    seen,
)
from talkies.rigs.building.figure import Figure, FigurePainter

NOT_FACES = Path(__file__).parents[3] / "fixtures"


def plain(width: int, height: int, *, alpha: int | None = None) -> Picture:
    pixels = np.full((height, width, 3), (200, 40, 40), np.uint8)
    cover = None if alpha is None else np.full((height, width), alpha, np.uint8)
    return Picture(pixels=pixels, alpha=cover)


def test_a_picture_stands_in_the_middle_of_the_canvass_lower_edge() -> None:
    canvas = on_canvas(plain(100, 100), (100, 200))
    assert canvas.picture.alpha is not None
    assert canvas.picture.alpha[:100].max() == 0
    assert canvas.picture.alpha[100:].min() == 255
    assert canvas.place((0, 0)) == (0, 100)


def test_points_move_with_the_picture_that_is_scaled() -> None:
    canvas = on_canvas(plain(100, 200), (200, 200))
    assert canvas.inner == (100, 200)
    assert canvas.place((10, 20)) == (60, 20)
    half = on_canvas(plain(800, 800), (400, 400))
    assert half.place((199.5, 99.5)) == (99.5, 49.5)


def test_what_is_transparent_gives_no_colour_to_what_is_not() -> None:
    picture = plain(80, 80, alpha=255)
    assert picture.alpha is not None
    picture.pixels[:, :41] = (0, 255, 0)
    picture.alpha[:, :41] = 0
    small = on_canvas(picture, (64, 64)).picture
    assert small.alpha is not None
    colours = small.pixels[small.alpha > 20]
    assert np.abs(colours.astype(int) - (200, 40, 40)).max() <= 3


@pytest.mark.parametrize(
    ("picture", "size", "times"),
    [(800, 256, 2), (512, 256, 2), (500, 256, 1), (800, 320, 1), (256, 256, 1)],
)
def test_small_characters_are_drawn_twice_as_large_where_the_picture_is(
    picture: int, size: int, times: int, tmp_path: Path
) -> None:
    save_picture(plain(picture, picture), tmp_path / "drawing.png")
    canvas = read_canvas(tmp_path / "drawing.png", (size, size))
    assert canvas.scale == times
    assert canvas.picture.pixels.shape[:2] == (times * size, times * size)


def test_lids_of_a_small_character_close() -> None:
    """Its eyes' green is gone: that of the iris, and that of a lid which is drawn too coarsely."""
    figure = Figure(found_drawing(read_canvas(ROBIN, (192, 288)), None), None)
    painter = FigurePainter(figure)
    still = HeadPose()
    opened, shut = (
        painter.paint(Pose(mouth=MouthShape(), head=still, blink=blink)).astype(int)
        for blink in (0.0, 1.0)
    )
    assert shut.shape == (288, 192, 4)
    green, left = (
        int((picture[..., 1] > picture[..., 0] + 8)[80:140].sum()) for picture in (opened, shut)
    )
    assert green > 40
    assert left == 0


def test_a_drawing_that_is_opaque_stays_opaque() -> None:
    assert on_canvas(plain(100, 100), (64, 64)).picture.alpha is None


@pytest.mark.parametrize(
    ("size", "own"),
    [((101, 99), (100, 98)), ((4096, 3000), (2048, 1500)), ((1000, 4000), (768, 3072))],
)
def test_a_drawings_own_size_is_made_even_and_not_too_large(
    size: tuple[int, int], own: tuple[int, int]
) -> None:
    assert own_size(plain(*size)) == own


def test_a_drawing_of_a_few_pixels_is_refused() -> None:
    with pytest.raises(ImageTooSmall):
        own_size(plain(200, 40))


def test_the_sample_character_passes_the_gate_without_warnings() -> None:
    drawing = found_drawing(read_canvas(ROBIN, (320, 480)), None)
    assert drawing.warnings == ()
    assert drawing.closed
    assert drawing.blinks
    assert drawing.size == (320, 480)
    assert 0.3 < drawing.matte.mean() < 0.7


def test_a_drawing_without_a_face_tells_the_way_by_hand(tmp_path: Path) -> None:
    save_picture(plain(128, 128), tmp_path / "red.png")
    with pytest.raises(FaceNotFound) as refused:
        found_drawing(read_canvas(tmp_path / "red.png", None), None)
    assert "--points" in refused.value.hint
    assert "`points`" in refused.value.hint


def test_a_face_that_the_gate_refuses_tells_the_way_by_hand() -> None:
    with pytest.raises(FaceUnusable) as refused:
        found_drawing(read_canvas(ROBIN, (64, 96)), None)
    assert "--points" in refused.value.hint


POINTS = """{"points": {"left_eye_outer": [355, 595], "right_eye_outer": [668, 595],
  "mouth_left": [440, 767], "mouth_right": [585, 767], "chin": [512, 875]}, "eyes": "hidden"}"""


def test_points_by_hand_are_of_the_drawings_file_whatever_the_canvas() -> None:
    large = placed_drawing(read_canvas(ROBIN, (512, 768)), POINTS)
    found = found_drawing(read_canvas(ROBIN, (512, 768)), None)
    assert large.points[152, :2] == pytest.approx((256, 437.5), abs=1)
    assert np.hypot(*(large.points[13] - found.points[13])[:2]) < 12
    assert not large.blinks
    assert large.closed


def test_points_outside_the_file_are_refused() -> None:
    far = POINTS.replace("[512, 875]", "[512, 1875]")
    with pytest.raises(InvalidOption):
        placed_drawing(read_canvas(ROBIN, (128, 192)), far)


def test_a_photo_on_a_larger_canvas_is_cut_out_and_the_rest_stays_empty(tmp_path: Path) -> None:
    picture = read_canvas(ROBIN, (256, 384)).picture
    opaque = Picture(pixels=np.ascontiguousarray(seen(picture)))
    save_picture(opaque, tmp_path / "photo.png")
    drawing = found_drawing(read_canvas(tmp_path / "photo.png", (256, 512)), None)
    assert drawing.matte[:100].max() == 0
    assert drawing.matte[-30:, 118:138].min() > 0.9
    assert drawing.matte[150:300, :8].max() < 0.1
