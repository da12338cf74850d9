import numpy as np
import pytest
from puppet_stage import drawn

from talkies.face.puppet.backdrop import covering, cut_out, lay_before, plain
from talkies.media.yuv import Planes, to_planes, to_rgb


def frame(alpha: np.ndarray) -> Planes:
    return to_planes(np.full((*alpha.shape, 3), (200, 40, 40), np.uint8), alpha)


def test_a_backdrop_shows_where_the_person_is_not() -> None:
    alpha = np.zeros((16, 24), np.uint8)
    alpha[:, 12:] = 255
    front = frame(alpha)
    front = lay_before(front, plain((20, 60, 220), 24, 16))
    picture = to_rgb(front)
    assert picture[8, 3].astype(float) == pytest.approx(np.array([20.0, 60, 220]), abs=4)
    assert picture[8, 20].astype(float) == pytest.approx(np.array([200.0, 40, 40]), abs=4)


def test_a_half_covered_pixel_is_half_of_each() -> None:
    front = frame(np.full((8, 8), 128, np.uint8))
    red = front.y[0, 0]
    front = lay_before(front, plain((0, 0, 0), 8, 8))
    assert front.y[4, 4] == pytest.approx((int(red) + 16) / 2, abs=1)


def test_an_opaque_frame_is_left_alone() -> None:
    front = to_planes(np.full((8, 8, 3), 99, np.uint8))
    front = lay_before(front, plain((0, 0, 0), 8, 8))
    assert (to_rgb(front) > 90).all()


@pytest.mark.parametrize("size", [(40, 20), (20, 40), (13, 17)])
def test_a_picture_covers_the_whole_frame(size: tuple[int, int]) -> None:
    pixels = np.full((size[1], size[0], 3), 77, np.uint8)
    backdrop = covering(pixels, 32, 24)
    assert backdrop.y.shape == (24, 32)
    assert np.ptp(backdrop.y) == 0


def test_the_edge_of_a_cut_out_person_keeps_no_old_background() -> None:
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:, :20], pixels[:, 20:] = (0, 255, 0), (180, 120, 100)
    matte = np.clip((np.arange(40) - 14) / 10, 0, 1).astype(np.float32)
    cut = cut_out(pixels, np.tile(matte, (40, 1)))
    assert cut[20, 17].astype(float) == pytest.approx(np.array([180.0, 120, 100]), abs=12)
    assert (cut[:, 30:] == pixels[:, 30:]).all()


def test_a_real_person_is_cut_out_without_change_inside() -> None:
    stage = drawn()
    cut = cut_out(stage.pixels, stage.matte)
    inside = stage.matte > 0.99
    assert (cut[inside] == stage.pixels[inside]).all()
