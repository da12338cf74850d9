import numpy as np
import pytest
from played_timeline import clip

from talkies.core.timeline.document import View
from talkies.media.yuv import Planes, to_planes
from talkies.rigs.export.camera import WHOLE, inside, look, scaled, views

NEAR = View(zoom=2.0, x=0.5, y=0.4)


def ramp(width: int = 64, height: int = 96) -> Planes:
    """Luma that grows by 3 a pixel to the right, chroma by 3 a sample."""
    across = np.arange(width, dtype=np.uint8) * 3
    y = np.repeat(across[None], height, 0)
    u = np.repeat((np.arange(width // 2, dtype=np.uint8) * 3)[None], height // 2, 0)
    return Planes(y, u, u.copy(), y.copy())


def test_without_clips_all_is_shown() -> None:
    assert set(views((), 5)) == {WHOLE}


def test_a_camera_arrives_after_its_transition_and_comes_back_in_the_same_time() -> None:
    shown = views([clip("c", 10, 30, NEAR, 5)], 50)
    assert shown[9] == shown[10] == WHOLE
    assert shown[15] == shown[29] == NEAR
    zooms = [view.zoom for view in shown]
    assert zooms[10:16] == sorted(zooms[10:16])
    assert zooms[29:36] == sorted(zooms[29:36], reverse=True)
    assert shown[35] == WHOLE


def test_a_transition_of_zero_is_a_cut() -> None:
    shown = views([clip("c", 3, 6, NEAR)], 8)
    assert [view.zoom for view in shown] == [1, 1, 1, 2, 2, 2, 1, 1]


def test_a_clip_within_the_move_of_another_sets_off_from_where_the_camera_is() -> None:
    shown = views([clip("a", 0, 5, NEAR, 10), clip("b", 5, 20, WHOLE, 5)], 20)
    steps = np.diff([view.zoom for view in shown])
    assert np.abs(steps).max() < 0.25
    assert shown[10] == WHOLE


@pytest.mark.parametrize(("zoom", "x"), [(1.0, 0.9), (2.0, 0.0), (3.0, 1.0)])
def test_no_view_reaches_over_an_edge(zoom: float, x: float) -> None:
    view = inside(View(zoom=zoom, x=x, y=0.5))
    assert view.x - 0.5 / zoom >= -1e-9
    assert view.x + 0.5 / zoom <= 1 + 1e-9


def test_the_whole_picture_on_its_own_size_is_itself() -> None:
    planes = ramp()
    assert look(planes, WHOLE, (64, 96)) is planes
    assert scaled(planes, (64, 96)) is planes


def test_a_view_shows_its_part_in_all_planes_alike() -> None:
    part = look(ramp(), View(zoom=2.0, x=0.5, y=0.5), (64, 96))
    # Pixel 0 of the part lies at 16 - 1/4 of the picture; half of the steps.
    expected = (np.arange(64) * 0.5 + 16 - 0.25) * 3
    assert np.abs(part.y[40] - expected).max() <= 1
    assert part.alpha is not None
    assert np.array_equal(part.alpha, part.y)
    expected = (np.arange(32) * 0.5 + 8 - 0.25) * 3
    assert np.abs(part.u[20] - expected).max() <= 1


def test_a_slow_pan_moves_by_parts_of_a_pixel() -> None:
    seen = [
        int(look(ramp(), View(zoom=2.0, x=0.4 + step / 640, y=0.5), (64, 96)).y[40, 30])
        for step in range(40)
    ]
    # A tenth of a pixel a step is 0.3 levels: no step may be seen as more than one.
    assert set(np.diff(seen)) <= {0, 1}
    assert seen[-1] - seen[0] == pytest.approx(12, abs=1)


def test_smaller_pictures_average_what_they_leave_out() -> None:
    stripes = np.zeros((96, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    small = scaled(to_planes(stripes), (16, 24))
    assert small.y.std() < 2
    assert small.u.shape == (12, 8)
