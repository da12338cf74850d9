import numpy as np
import pytest
from puppet_stage import A, P, U, drawn, drawn_puppet

from talkies.face.deformation import anchor_motion, face_anchors
from talkies.face.lips import KNOTS, MouthShape, shaped_lines

CHIN, NOSE, EAR = 152, 2, 234


def field_at(shape: MouthShape, place: np.ndarray, *, below: bool) -> np.ndarray:
    """Where the skin seen at a face place (2,) comes from, relative to it, in D."""
    mouth = drawn_puppet().mouth
    layers = mouth.layers(shape)
    field = layers.mean - layers.half if below else layers.mean + layers.half
    pixel = mouth.axes.to_picture(place[None])
    return mouth.grid.sample(field, pixel)[0] / mouth.axes.unit


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
    far = np.abs(mouth.where[..., 0] - mouth.rest.middle) > 1.6 * max(mouth.rest.halves)
    assert np.abs(mouth.layers(A).half[far]).max() == 0


def test_the_chin_falls_with_the_jaw_while_nose_and_ears_are_still() -> None:
    points = drawn().face_points
    anchors = face_anchors(points)
    motion = anchor_motion(anchors, 0.12, A)

    def moved(landmark: int) -> np.ndarray:
        return motion[np.abs(anchors.points - points[landmark]).sum(1).argmin()]

    assert moved(CHIN)[1] == pytest.approx(0.096, abs=0.01)
    assert np.abs(moved(NOSE)).max() == np.abs(moved(EAR)).max() == 0


def test_press_and_pucker_lift_the_chin() -> None:
    anchors = face_anchors(drawn().face_points)
    assert anchor_motion(anchors, 0.0, P)[:, 1].min() < -0.005
    assert anchor_motion(anchors, 0.0, U)[:, 1].min() < -0.005


def test_nothing_moves_at_the_edge_of_the_region() -> None:
    mouth = drawn_puppet().mouth
    edge = (np.abs(mouth.where[..., 0]) > 1.0) | (mouth.where[..., 1] < -0.42)
    assert np.abs(mouth.layers(A).mean[edge]).max() == 0
    assert len(KNOTS) == 17
