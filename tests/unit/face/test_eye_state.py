import cv2
import numpy as np
from known_faces import Pixels, astronaut, astronaut_face, drawn, drawn_face, landmarker

from talkies.face.axes import FaceAxes
from talkies.face.finding import topology
from talkies.face.finding.landmarks import Face
from talkies.face.judging.eye_state import eye_state
from talkies.face.judging.gate import judge


def _with_dark_glasses(pixels: Pixels, face: Face) -> Pixels:
    axes = FaceAxes.of(face.points)
    points = axes.to_face(face.points[:, :2])
    around = np.linspace(0, 2 * np.pi, 40)
    glasses = pixels.copy()
    for eye in (topology.LEFT_EYE_UPPER, topology.RIGHT_EYE_UPPER):
        middle = points[[eye[0], eye[-1]]].mean(axis=0)
        rim = middle + np.column_stack([0.24 * np.cos(around), 0.04 + 0.17 * np.sin(around)])
        cv2.fillPoly(glasses, [np.round(axes.to_picture(rim)).astype(np.int32)], (20, 20, 24))
    return glasses


def test_open_eyes_are_seen_and_open() -> None:
    for pixels, face in ((drawn(), drawn_face()), (astronaut(), astronaut_face())):
        state = eye_state(pixels, face)
        assert state.visible
        assert state.open
        assert 0.2 < state.openness < 0.5


def test_a_dark_picture_hides_no_eyes() -> None:
    assert eye_state((drawn() * 0.3).astype(np.uint8), drawn_face()).visible


def test_dark_glasses_hide_the_eyes_and_are_warned_of_not_called_blur() -> None:
    glasses = _with_dark_glasses(drawn(), drawn_face())
    (face,) = landmarker().find(glasses)
    assert not eye_state(glasses, face).visible
    verdict = judge(glasses, face, landmarker=landmarker())
    assert verdict.usable
    assert any("will not blink" in warning for warning in verdict.warnings)


def test_closed_eyes_are_closed() -> None:
    points = drawn_face().points.copy()
    for upper, lower in (
        (topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER),
        (topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER),
    ):
        points[list(upper[1:-1]), 1] = points[list(lower[1:-1]), 1] - 4
    closed = Face(points=points, region=drawn_face().region, presence=1.0)
    state = eye_state(drawn(), closed)
    assert not state.open
    assert state.openness < 0.1
