import numpy as np
import pytest
from puppet_stage import A, P, U, drawn, drawn_puppet

from talkies.face.puppet.deformation import chin_lift, face_anchors
from talkies.face.puppet.lips import shaped_lines
from talkies.face.puppet.mouth_shape import MouthShape

CHIN, NOSE, EAR = 152, 2, 234


def field_at(shape: MouthShape, place: np.ndarray, *, below: bool) -> np.ndarray:
    """Where the skin seen at a face place (2,) comes from, relative to it, in D."""
    mouth = drawn_puppet().mouth
    layers = mouth.layers(shape)
    pixel = mouth.axes.to_picture(place[None])
    mean = mouth.grid.sample(layers.mean, pixel)[0]
    half = mouth.grid.part(mouth.parting).sample(layers.half, pixel)[0]
    return np.asarray(mean - half if below else mean + half) / mouth.axes.unit


def test_a_mouth_at_rest_moves_nothing() -> None:
    layers = drawn_puppet().mouth.layers(MouthShape())
    assert np.abs(layers.mean).max() < 0.05
    assert np.abs(layers.half).max() < 0.05


@pytest.mark.parametrize("shape", [A, U, P], ids=["a", "u", "p"])
def test_the_skin_at_the_lips_edges_comes_from_the_lips_edges(shape: MouthShape) -> None:
    mouth, knot = drawn_puppet().mouth, 8
    moved, rest = shaped_lines(mouth.rest, shape), shaped_lines(mouth.rest, MouthShape())
    for line, below in (("upper_outer", False), ("lower_outer", True)):
        goal = getattr(moved, line)[knot]
        source = goal + field_at(shape, goal, below=below)
        assert source == pytest.approx(getattr(rest, line)[knot], abs=0.012)


def test_the_two_layers_are_one_beyond_the_corners() -> None:
    mouth = drawn_puppet().mouth
    far = np.abs(mouth.across) > 1.6 * max(mouth.rest.halves)
    assert far.any()
    assert np.abs(mouth.layers(A).half[far]).max() == 0
    assert np.abs(mouth.layers(A).half).max() > 5


def test_the_chin_falls_with_the_jaw_while_nose_and_ears_are_still() -> None:
    points = drawn().face_points
    anchors = face_anchors(points)

    def follows(landmark: int) -> np.ndarray:
        return np.asarray(anchors.jaw[np.abs(anchors.points - points[landmark]).sum(1).argmin()])

    assert follows(CHIN)[1] == pytest.approx(0.8, abs=0.05)
    assert np.abs(follows(NOSE)).max() == np.abs(follows(EAR)).max() == 0


def test_press_and_pucker_lift_the_chin_and_nothing_else_does() -> None:
    anchors = face_anchors(drawn().face_points)
    assert min(chin_lift(P), chin_lift(U)) > 0.005
    assert chin_lift(A) == 0
    assert anchors.chin.min() == -1
    assert (anchors.chin < 0).any(1).mean() < 0.2


def test_nothing_moves_at_the_edge_of_the_region() -> None:
    mouth = drawn_puppet().mouth
    where = mouth.axes.to_face(mouth.grid.points())
    edge = (np.abs(where[..., 0]) > 1.0) | (where[..., 1] < -0.42)
    assert np.abs(mouth.layers(A).mean[edge]).max() == 0
