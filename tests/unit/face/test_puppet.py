from collections.abc import Callable

import numpy as np
import pytest
from puppet_stage import (
    A,
    I,
    P,
    Stage,
    U,
    drawn,
    drawn_puppet,
    gap,
    mouth_width,
    posed,
    seen,
    smiling,
    smiling_puppet,
    tilted,
)

from talkies.face.finding.landmarks import Face
from talkies.face.puppet.head import HeadPose
from talkies.face.puppet.mouth_shape import MouthShape
from talkies.face.puppet.puppet import Painter, Pose, make_puppet
from talkies.media.yuv import Planes, to_planes


def difference(one: Planes, other: Planes) -> np.ndarray:
    return np.abs(one.y.astype(int) - other.y.astype(int))


def test_a_resting_pose_is_the_portrait_itself() -> None:
    frame = posed(drawn_puppet())
    assert difference(frame, drawn_puppet().source).max() <= 2
    assert np.abs(frame.u.astype(int) - drawn_puppet().source.u.astype(int)).max() <= 2


def test_a_network_sees_a_wider_gap_the_further_the_mouth_opens() -> None:
    openings = (0.0, 0.04, 0.08, 0.12, 0.16)
    faces = [seen(posed(drawn_puppet(), MouthShape(opening=h)), drawn().face) for h in openings]
    gaps = [gap(face) for face in faces]
    assert gaps == sorted(gaps)
    assert gaps[-1] - gaps[0] == pytest.approx(0.16, rel=0.35)


def test_the_mouth_narrows_for_u_and_widens_for_i() -> None:
    rest, rounded, spread = (
        mouth_width(seen(posed(drawn_puppet(), shape), drawn().face))
        for shape in (MouthShape(), U, I)
    )
    assert rounded < 0.9 * rest
    assert spread > 1.03 * rest


def test_a_rounded_mouth_is_open() -> None:
    face = seen(posed(drawn_puppet(), U), drawn().face)
    closed = seen(posed(drawn_puppet()), drawn().face)
    assert gap(face) > gap(closed) + 0.02


@pytest.mark.parametrize("stage", [drawn, tilted])
def test_nose_and_eyes_stay_where_they_are_while_the_mouth_opens(
    stage: Callable[[], Stage],
) -> None:
    scene = stage()
    face = seen(posed(scene.puppet(), A), scene.face)
    still = [33, 133, 362, 263, 168, 6, 1]
    moved = np.hypot(*(face.points[still] - scene.face.points[still]).T[:2])
    assert moved.mean() < 0.012 * scene.face.eye_distance


def test_a_tilted_head_opens_its_mouth_along_its_own_axis() -> None:
    face = seen(posed(tilted().puppet(), A), tilted().face)
    across = face.points[14, :2] - face.points[13, :2]
    along_face = across / np.hypot(*across) @ tilted().axes.down
    assert gap(face) > 0.09
    assert along_face > 0.95


def test_teeth_that_smile_disappear_behind_closed_lips() -> None:
    frame = posed(smiling_puppet(), P)
    open_gap, closed_gap = gap(smiling().face), gap(seen(frame, smiling().face))
    assert closed_gap < 0.6 * open_gap
    rest = smiling_puppet().rest
    line = smiling().axes.to_picture(np.array([[rest.middle, rest.seam[8]]]))[0]
    x, y = np.round(line).astype(int)
    teeth = to_planes(smiling().pixels).y[y - 1 : y + 2, x - 8 : x + 9]
    lips = frame.y[y - 1 : y + 2, x - 8 : x + 9]
    assert lips.mean() < teeth.mean() - 35  # gloss on the lower lip is light as well


def test_a_smile_relaxes_when_the_lips_round() -> None:
    def lift(face: Face) -> float:
        points = smiling().axes.to_face(face.points[:, :2])
        return points[[13, 14], 1].mean() - points[[61, 291], 1].mean()

    spread = seen(posed(smiling_puppet(), I), smiling().face)
    rounded = seen(posed(smiling_puppet(), U), smiling().face)
    assert lift(rounded) < lift(spread) - 0.01


def test_the_background_and_the_picture_s_edges_stay_put() -> None:
    frame = posed(drawn_puppet(), A, HeadPose(yaw=0.06, pitch=0.05, roll=0.05, breath=0.02))
    moved = difference(frame, drawn_puppet().source)
    assert moved[:2].max() == moved[:, :2].max() == moved[:, -2:].max() == 0
    corner = drawn().matte < 0.02
    corner[80:] = False
    assert moved[corner].mean() < 1.0


def test_the_head_turns_nods_and_tilts_the_way_the_curves_say() -> None:
    def shift(**pose: float) -> np.ndarray:
        face = seen(posed(drawn_puppet(), head=HeadPose(**pose)), drawn().face)
        return (face.points - drawn().face.points)[:, :2] / drawn().face.eye_distance

    assert shift(yaw=0.06)[1, 0] > 0.02
    assert shift(pitch=0.06)[1, 1] > 0.02
    assert shift(roll=0.04)[10, 0] > 0.03
    assert shift(yaw=0.06)[1, 0] > shift(yaw=0.06)[[234, 454], 0].mean()


def test_frames_do_not_depend_on_the_frames_before_them() -> None:
    painter, frame = Painter(drawn_puppet()), drawn_puppet().source.copy()
    pose = Pose(mouth=A, head=HeadPose(roll=0.02), blink=0.0)
    painter.paint(Pose(mouth=U, head=HeadPose(yaw=-0.05), blink=0.9), frame)
    painter.paint(pose, frame)
    assert (difference(frame, posed(drawn_puppet(), A, HeadPose(roll=0.02))) == 0).all()


def test_a_cut_puppet_carries_its_outline_with_the_head() -> None:
    puppet = drawn().puppet(cut=True)
    still = posed(puppet)
    tilted_ = posed(puppet, head=HeadPose(roll=0.05))
    assert still.alpha is not None
    assert tilted_.alpha is not None
    assert still.alpha[5, 5] == 0
    assert still.alpha[puppet.source.height // 2, puppet.source.width // 2] == 255
    assert (still.alpha != tilted_.alpha).any()


def test_eyes_out_of_sight_do_not_blink() -> None:
    puppet = make_puppet(drawn().pixels, drawn().face.points, closed=True, blinks=False)
    assert (posed(puppet, blink=1.0).y == posed(puppet, blink=0.0).y).all()
