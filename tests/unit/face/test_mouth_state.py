import cv2
import numpy as np
import pytest
from known_faces import astronaut, astronaut_face, drawn, drawn_face

from talkies.face.finding import topology
from talkies.face.judging.mouth_state import mouth_state


def test_closed_lips_are_closed_and_show_no_teeth() -> None:
    state = mouth_state(drawn(), drawn_face())
    assert not state.open
    assert not state.teeth_visible
    assert state.gap < 0.03


def test_a_smile_with_teeth_is_open_and_smiles() -> None:
    state = mouth_state(astronaut(), astronaut_face())
    assert state.open
    assert state.teeth_visible
    assert state.smile > mouth_state(drawn(), drawn_face()).smile + 0.03
    assert state.width > 0.65


def test_closed_lips_that_the_landmarks_read_as_a_gap_are_closed() -> None:
    """The points of an open mouth over the picture of a closed one, as the network often errs."""
    face = drawn_face()
    points = face.points.copy()
    points[list(topology.LIPS_INNER_LOWER[1:-1]), 1] += 0.04 * face.eye_distance
    wrong = type(face)(points=points, region=face.region, presence=1.0)
    state = mouth_state(drawn(), wrong)
    assert state.gap > 0.045
    assert not state.open


@pytest.mark.parametrize("brightness", [0.5, 1.0])
def test_a_dark_opening_without_teeth_is_open(brightness: float) -> None:
    face = drawn_face()
    points = face.points.copy()
    points[list(topology.LIPS_INNER_LOWER[1:-1]), 1] += 0.10 * face.eye_distance
    points[list(topology.LIPS_OUTER_LOWER[1:-1]), 1] += 0.10 * face.eye_distance
    opened = type(face)(points=points, region=face.region, presence=1.0)
    ring = [*topology.LIPS_INNER_UPPER, *topology.LIPS_INNER_LOWER[-2:0:-1]]
    picture = drawn().copy()
    cv2.fillPoly(picture, [np.round(points[ring, :2]).astype(np.int32)], (40, 12, 14))
    state = mouth_state((picture * brightness).astype(np.uint8), opened)
    assert state.open
    assert not state.teeth_visible
