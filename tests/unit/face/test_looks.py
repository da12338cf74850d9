"""What eyes, brows and cheeks do in an expression, and what a smile does to the lips."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from puppet_stage import drawn

from talkies.face.finding import topology
from talkies.face.puppet.deformation import chin_lift
from talkies.face.puppet.head import HeadPose
from talkies.face.puppet.lips import lip_rest, shaped_lines
from talkies.face.puppet.looks import Look, LookMotion, look_motion
from talkies.face.puppet.mouth_shape import MouthShape
from talkies.face.puppet.puppet import Painter, Pose, Puppet, make_puppet
from talkies.media.yuv import Planes

REST = lip_rest(drawn().face_points, closed=True)


@cache
def figure() -> Puppet:
    stage = drawn()
    return make_puppet(
        stage.pixels, stage.face.points, closed=True, matte=stage.matte, cut=True, figure=True
    )


@cache
def motion() -> LookMotion:
    return look_motion(figure().axes, drawn().face.points, figure().mouth.grid)


def moved(look: Look, *points: int) -> np.ndarray:
    """How far landmarks of the portrait move, in D: right and down, (n, 2)."""
    puppet = figure()
    forward = -motion().field(look)
    pixels = drawn().face.points[list(points), :2]
    shift = puppet.mouth.grid.sample(np.ascontiguousarray(forward), pixels)
    axes = puppet.axes
    return np.stack([shift @ axes.along, shift @ axes.down], -1) / axes.unit


def posed(pose: Pose, looks: LookMotion | None) -> Planes:
    frame = figure().source.copy()
    Painter(figure(), looks).paint(pose, frame)
    return frame


def test_raised_brows_go_up_and_the_eyes_stay() -> None:
    brows, eyes = moved(Look(raised=1.0), 52, 282), moved(Look(raised=1.0), 159, 386)
    assert (brows[:, 1] < -0.03).all()
    assert np.abs(eyes).max() < 0.01


def test_furrowed_brows_draw_together_and_down() -> None:
    left, right = moved(Look(furrowed=1.0), 55, 285)
    assert left[0] > 0.015 > -0.015 > right[0]
    assert left[1] > 0.02
    assert right[1] > 0.02


def test_worried_brows_rise_at_their_inner_ends_only() -> None:
    inner, outer = moved(Look(worried=1.0), 55, 46)
    assert inner[1] < -0.03
    assert outer[1] > 0


def test_wide_eyes_open_both_ways_and_squinting_lifts_the_lower_lid() -> None:
    top, bottom = moved(Look(wide=1.0), 159, 145)
    assert top[1] < -0.004
    assert bottom[1] > 0
    assert moved(Look(squint=1.0), 145)[0, 1] < -0.01


def test_cheeks_rise() -> None:
    assert (moved(Look(cheeks=1.0), 50, 280)[:, 1] < -0.02).all()


def test_every_look_is_still_at_the_edges_of_what_it_moves() -> None:
    for base in motion().bases:
        edges = (base[0], base[-1], base[:, 0], base[:, -1])
        assert max(float(np.abs(edge).max()) for edge in edges) < 1e-9


def test_a_painter_without_looks_draws_none() -> None:
    pose = Pose(mouth=MouthShape(), head=HeadPose(), look=Look(raised=1.0))
    plain = replace(pose, look=None)
    assert (posed(pose, None).y == posed(plain, None).y).all()
    assert (posed(plain, motion()).y == posed(plain, None).y).all()
    assert (posed(pose, motion()).y != posed(plain, None).y).any()


def corners_over_middle(shape: MouthShape) -> float:
    """How far the corners lie above the middle of the lips, in D."""
    line = shaped_lines(REST, shape).lower_inner
    return float(line[len(line) // 2, 1] - (line[0, 1] + line[-1, 1]) / 2)


def width_of(shape: MouthShape) -> float:
    left, right = shaped_lines(REST, shape).corners()
    return float(right[0] - left[0])


def test_a_smile_lifts_the_corners_and_widens_the_mouth() -> None:
    plain = MouthShape()
    assert corners_over_middle(MouthShape(smile=1.0)) > corners_over_middle(plain) + 0.04
    assert width_of(MouthShape(smile=1.0)) > 1.08 * width_of(plain)


def test_a_frown_lowers_the_corners_and_lifts_the_chin() -> None:
    assert corners_over_middle(MouthShape(smile=-1.0)) < corners_over_middle(MouthShape()) - 0.03
    assert width_of(MouthShape(smile=-1.0)) == pytest.approx(width_of(MouthShape()))
    assert chin_lift(MouthShape(smile=-1.0)) > 0 == chin_lift(MouthShape(smile=1.0))


def test_the_head_of_a_figure_moves_further_out_than_that_of_a_photo() -> None:
    """What is beside a photo's head is background, which would be dragged along."""
    photo = drawn().puppet().head
    turn = HeadPose(roll=0.1)
    beside = drawn().face.points[[topology.CHIN], :2] + figure().axes.turned(
        np.array([[-1.25, -1.2]])
    )
    free = figure().head.grid.sample(figure().head.field(turn), beside)
    bound = photo.grid.sample(photo.field(turn), beside)
    assert np.hypot(*free[0]) > 1.1 * np.hypot(*bound[0])
