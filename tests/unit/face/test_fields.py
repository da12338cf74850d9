import numpy as np
import pytest

from talkies.face.puppet.fields import Box, Grid, after, inverted, shifted, smoothstep
from talkies.face.puppet.thin_plate import thin_plate


def bump(grid: Grid, x: float, y: float) -> np.ndarray:
    """A smooth forward field that pushes the middle by (x, y) pixels."""
    points = grid.points() - np.array([100.0, 80.0])
    weight = np.exp(-(points**2).sum(-1) / 40.0**2)
    return np.stack([weight * x, weight * y], -1).astype(np.float32)


GRID = Grid.over(Box(0, 0, 200, 160), 4)


def test_a_grid_covers_its_box_with_a_ring_to_spare() -> None:
    grid = Grid.over(Box(11, 7, 101, 52), 5)
    assert grid.step == 6
    inner = grid.inner
    assert inner.x0 <= 11
    assert inner.y0 <= 7
    assert inner.x1 >= 101
    assert inner.y1 >= 52
    assert grid.points().shape[:2] == grid.shape


def test_boxes_intersect_shrink_to_even_corners_and_halve() -> None:
    box = Box(3, 4, 11, 9)
    assert box.even() == Box(4, 4, 10, 8)
    assert box.even().halved() == Box(2, 2, 5, 4)
    assert box.within(Box(0, 0, 5, 5)) == Box(3, 4, 5, 5)
    assert box.within(Box(20, 20, 30, 30)).empty


def test_values_are_read_between_samples() -> None:
    values = GRID.points().astype(np.float32)
    wanted = np.array([[50.3, 60.7], [101.0, 33.5]])
    assert GRID.sample(values, wanted) == pytest.approx(wanted, abs=0.07)


def test_an_inverse_field_undoes_the_forward_field() -> None:
    forward = bump(GRID, 6.0, -9.0)
    inverse = inverted(forward, GRID.step)
    places = np.array([[100.0, 80.0], [120.0, 70.0], [60.0, 90.0]])
    there = places + GRID.sample(forward, places)
    back = there + GRID.sample(inverse, there)
    assert back == pytest.approx(places, abs=0.15)


def test_fields_compose_as_motions_do() -> None:
    first, then = (
        inverted(bump(GRID, 5.0, 0.0), GRID.step),
        inverted(bump(GRID, 0.0, 7.0), GRID.step),
    )
    both = after(first, then, GRID.step)
    place = np.array([[104.0, 88.0]])
    one_back = place + GRID.sample(then, place)
    two_back = one_back + GRID.sample(first, one_back)
    assert place + GRID.sample(both, place) == pytest.approx(two_back, abs=0.1)


def test_a_field_shifted_by_nothing_is_itself() -> None:
    field = bump(GRID, 3.0, 4.0)
    assert shifted(field, np.zeros_like(field), GRID.step) == pytest.approx(field, abs=1e-4)


def test_smoothstep_is_flat_outside_and_rises_between() -> None:
    assert smoothstep(np.array([-1.0, 0.0, 0.5, 1.0, 3.0]), 0.0, 1.0).tolist() == [0, 0, 0.5, 1, 1]


def test_a_thin_plate_passes_through_its_controls_and_keeps_affine_maps() -> None:
    rng = np.random.default_rng(3)
    controls, values = rng.uniform(-1, 1, (30, 2)), rng.uniform(-0.1, 0.1, (30, 2))
    assert thin_plate(controls, controls) @ values == pytest.approx(values, abs=5e-3)
    queries = rng.uniform(-1, 1, (10, 2))
    affine = np.array([[0.3, -0.2], [0.1, 0.4]])
    assert thin_plate(controls, queries) @ (controls @ affine) == pytest.approx(
        queries @ affine, abs=1e-3
    )
