from itertools import pairwise

import cv2
import numpy as np
import pytest
from known_faces import (
    astronaut,
    astronaut_face,
    drawn,
    drawn_face,
    landmarker,
    mean_distance,
    on_wall,
    reduced,
    turned,
)

from talkies.face.finding import topology
from talkies.face.finding.landmarks import Region


def test_the_mesh_lies_on_the_drawn_face() -> None:
    """The portrait is drawn about x = 511.5, eyes at about a third of its height."""
    face = drawn_face()
    assert face.points.shape == (468, 3)
    assert face.points[topology.NOSE_TIP, 0] == pytest.approx(512, abs=12)
    assert face.eye_distance == pytest.approx(251, abs=8)
    assert abs(face.roll) < 0.03
    assert face.presence > 0.99


def test_features_are_in_their_order_from_top_to_bottom() -> None:
    points = drawn_face().points
    heights = [
        points[list(ring), 1].mean()
        for ring in (
            topology.LEFT_BROW_UPPER,
            topology.LEFT_EYE_UPPER,
            topology.LEFT_EYE_LOWER,
            topology.NOSE_BASE,
            topology.LIPS_OUTER_UPPER,
            topology.LIPS_OUTER_LOWER,
            (topology.CHIN,),
        )
    ]
    assert all(upper < lower for upper, lower in pairwise(heights))


@pytest.mark.parametrize("ring", topology.SYMMETRIC_RINGS)
def test_symmetric_rings_are_their_own_mirror_images(ring: topology.Ring) -> None:
    face = drawn_face()
    x = face.points[list(ring), 0] - face.points[list(topology.NOSE_BRIDGE), 0].mean()
    assert np.abs(x + x[::-1]).max() < 0.08 * face.eye_distance


@pytest.mark.parametrize("degrees", [-45, 30, 90, 180])
def test_a_turned_picture_gives_the_turned_points(degrees: float) -> None:
    pixels, turn = turned(drawn(), degrees)
    (face,) = landmarker().find(pixels)
    expected = drawn_face().points[:, :2] @ turn[:, :2].T + turn[:, 2]
    assert mean_distance(face, expected) < 0.02
    difference = (np.degrees(face.roll - drawn_face().roll) - degrees + 180) % 360 - 180
    assert abs(difference) < 2


@pytest.mark.parametrize("height", [110, 75])
def test_a_small_face_in_a_wide_picture_is_found(height: int) -> None:
    """A tenth and a fourteenth of 1080 rows."""
    _, top, _, bottom = astronaut_face().box
    ratio = height / (bottom - top)
    wall = on_wall(reduced(astronaut(), ratio), (1920, 1080), (1200, 500))
    face = landmarker().find(wall)[0]
    expected = (astronaut_face().points[:, :2] + 0.5) * ratio - 0.5 + (1200, 500)
    assert mean_distance(face, expected) < 0.04


def test_several_faces_come_largest_first() -> None:
    wall = on_wall(reduced(drawn(), 0.5), (1100, 640), (0, 0))
    wall[100:612, 550:1062] = astronaut()
    faces = landmarker().find(wall)
    assert len(faces) == 2
    assert faces[0].eye_distance > faces[1].eye_distance
    assert faces[0].points[1, 0] < 512 < faces[1].points[1, 0]


def test_a_picture_without_a_face_gives_none() -> None:
    grain = np.random.default_rng(3).integers(0, 255, (240, 320, 3)).astype(np.uint8)
    assert landmarker().find(cv2.GaussianBlur(grain, (0, 0), 6)) == ()


def test_tracking_a_still_frame_gives_the_same_points() -> None:
    once = landmarker().track(drawn(), drawn_face())
    assert once is not None
    twice = landmarker().track(drawn(), once)
    assert twice is not None
    assert np.array_equal(once.points, twice.points)


def test_tracking_follows_a_shift_to_a_fraction_of_a_pixel() -> None:
    previous = drawn_face()
    for step in range(1, 8):
        shift = np.array([[1.0, 0.0, 1.3 * step], [0.0, 1.0, -0.7 * step]])
        frame = cv2.warpAffine(
            drawn(), shift, drawn().shape[1::-1], borderMode=cv2.BORDER_REPLICATE
        )
        face = landmarker().track(np.asarray(frame, np.uint8), previous)
        assert face is not None
        moved = (face.points - drawn_face().points)[:, :2].mean(axis=0)
        assert np.abs(moved - (1.3 * step, -0.7 * step)).max() < 0.004 * face.eye_distance
        previous = face


def test_tracking_finds_a_face_that_jumped() -> None:
    jumped = np.roll(drawn(), -260, axis=0)
    face = landmarker().track(jumped, drawn_face())
    assert face is not None
    assert (face.points - drawn_face().points)[:, 1].mean() == pytest.approx(-260, abs=4)


def test_tracking_gives_none_where_the_face_is_gone() -> None:
    assert landmarker().track(np.full((640, 512, 3), 90, np.uint8), drawn_face()) is None


def test_the_mirror_image_of_a_good_face_gives_the_same_points() -> None:
    assert landmarker().mirror_distance(drawn(), drawn_face()) < 0.02


def test_a_region_shows_its_middle_in_the_middle() -> None:
    region = Region(x=40.0, y=70.0, side=96.0, angle=0.7)
    view = region.view()
    assert view @ (40.0, 70.0, 1.0) == pytest.approx([95.5, 95.5])
    assert np.hypot(*view[:, 0]) == pytest.approx(2.0)
