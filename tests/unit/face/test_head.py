import numpy as np
import pytest
from puppet_stage import drawn

from talkies.face.puppet.head import HeadMotion, HeadPose, head_motion


def motion(matte: bool = True) -> HeadMotion:
    stage = drawn()
    size = (stage.pixels.shape[1], stage.pixels.shape[0])
    return head_motion(stage.axes, stage.face.points, size, stage.matte if matte else None)


def at(place: tuple[float, float], pose: HeadPose, *, matte: bool = True) -> np.ndarray:
    """Motion of what is seen at a face place, in D: minus the inverse field."""
    heads, axes = motion(matte), drawn().axes
    pixel = axes.to_picture(np.array([place]))
    return -heads.grid.sample(heads.field(pose), pixel)[0] / axes.unit


NOSE, EYES, CHEST = (0.0, -0.3), (0.0, -0.7), (0.0, 1.7)


def test_no_pose_is_no_motion() -> None:
    assert np.abs(motion().field(HeadPose())).max() == 0


def test_the_nose_swings_further_than_the_side_of_the_head() -> None:
    turned = HeadPose(yaw=0.1)
    assert at(NOSE, turned)[0] > 1.5 * at((0.62, -0.6), turned)[0] > 0


def test_a_nod_moves_the_face_down_and_a_tilt_swings_it_about_the_neck() -> None:
    assert at(NOSE, HeadPose(pitch=0.1))[1] > 0.05
    tilt = HeadPose(roll=0.1)
    assert at(EYES, tilt)[0] == pytest.approx(0.1 * (0.7 + 1.15), rel=0.15)
    assert at(EYES, tilt)[0] > at(NOSE, tilt)[0]


def test_breath_lifts_the_chest_and_not_the_face() -> None:
    breath = HeadPose(breath=0.02)
    assert at(CHEST, breath)[1] < -0.005
    assert np.abs(at(NOSE, breath)).max() < 1e-3


def test_brows_rise_while_the_eyes_below_stay() -> None:
    raised = HeadPose(brows=1.0)
    face = drawn().face_points
    brow, lid = face[105], face[159]
    assert at(tuple(brow), raised)[1] < -0.012
    assert abs(at((lid[0], lid[1] + 0.02), raised)[1]) < 0.004


@pytest.mark.parametrize("matte", [True, False])
def test_nothing_moves_at_the_picture_s_edge(matte: bool) -> None:
    heads = motion(matte)
    height, width = drawn().pixels.shape[:2]
    x = np.linspace(0, width - 1, 40)
    edges = np.concatenate(
        [
            np.stack([x, np.zeros(40)], -1),
            np.stack([x, np.full(40, height - 1.0)], -1),
            np.stack([np.zeros(40), np.linspace(0, height - 1, 40)], -1),
        ]
    )
    pose = HeadPose(yaw=0.1, pitch=0.1, roll=0.1, breath=0.05)
    assert np.abs(heads.grid.sample(heads.field(pose), edges)).max() < 0.35


def test_the_background_beside_the_head_hardly_moves_with_a_matte() -> None:
    stage, pose = drawn(), HeadPose(roll=0.1)
    background = np.argwhere(stage.matte < 0.01)[:, ::-1]
    face = stage.axes.to_face(background)
    near = background[(np.hypot(face[:, 0], face[:, 1] + 0.6) > 1.5)][::53]
    heads = motion()
    moved = np.abs(heads.grid.sample(heads.field(pose), near)).mean()
    assert moved < 0.012 * stage.axes.unit


def test_the_fields_never_fold() -> None:
    heads = motion()
    field = heads.field(HeadPose(yaw=0.05, pitch=0.05, roll=0.04, breath=0.02, brows=1.0))
    for axis, channel in ((1, 0), (0, 1)):
        slope = np.diff(field[..., channel], axis=axis) / heads.grid.step
        assert slope.min() > -0.8


def test_another_face_in_the_picture_stays_still() -> None:
    stage = drawn()
    size = (stage.pixels.shape[1], stage.pixels.shape[0])
    beside = stage.face.points + np.array([1.9 * stage.axes.unit, 0.0, 0.0], np.float32)
    heads = head_motion(stage.axes, stage.face.points, size, None, [beside])
    field = heads.field(HeadPose(roll=0.1, yaw=0.1))
    assert np.abs(heads.grid.sample(field, beside[:, :2])).max() < 0.3
    assert np.abs(heads.grid.sample(field, stage.face.points[[1, 33], :2])).max() > 5
