import cv2
import numpy as np
from puppet_stage import drawn, drawn_puppet, posed

from talkies.face.finding import topology
from talkies.face.puppet.lids import ClosingLid, Lid, close_lids, lids
from talkies.media.yuv import Planes, to_planes


def of_people(lid: ClosingLid) -> Lid:
    assert isinstance(lid, Lid)
    return lid


def eye_patch(planes: Planes, closing: ClosingLid) -> np.ndarray:
    """The middle of an eye's opening."""
    lid = of_people(closing)
    rows, columns = lid.box.slices
    inside = (lid.v > lid.upper) & (lid.v < lid.lower) & (lid.lower - lid.upper > 0.03)
    return planes.y[rows, columns][inside]


def test_a_blink_hides_the_eye_with_skin() -> None:
    puppet = drawn_puppet()
    shut = posed(puppet, blink=1.0)
    for lid in puppet.lids:
        before, after = eye_patch(puppet.source, lid), eye_patch(shut, lid)
        assert np.abs(before.astype(int) - after).mean() > 20
        assert after.std() < 0.75 * before.std()


def test_both_eyes_close_and_only_they_change() -> None:
    puppet = drawn_puppet()
    assert len(puppet.lids) == 2
    target = puppet.source.copy()
    close_lids(puppet.lids, puppet.source, target, 0.8)
    changed = target.y != puppet.source.y
    for lid in puppet.lids:
        assert changed[lid.box.slices].any()
        changed[lid.box.slices] = False
    assert not changed.any()


def test_half_a_blink_leaves_the_lower_half_of_the_eye() -> None:
    puppet = drawn_puppet()
    target = puppet.source.copy()
    close_lids(puppet.lids, puppet.source, target, 0.5)
    lid = of_people(puppet.lids[0])
    low = (lid.v > lid.upper + 0.75 * (lid.lower - lid.upper)) & (lid.v < lid.lower)
    rows, columns = lid.box.slices
    same = target.y[rows, columns][low] == puppet.source.y[rows, columns][low]
    assert same.all()


def test_opening_again_restores_the_eye() -> None:
    puppet = drawn_puppet()
    target = puppet.source.copy()
    close_lids(puppet.lids, puppet.source, target, 1.0)
    close_lids(puppet.lids, puppet.source, target, 0.0)
    assert (target.y == puppet.source.y).all()
    assert (target.u == puppet.source.u).all()


def test_a_lid_reaches_to_the_lower_edge_of_an_eye_larger_than_its_landmarks() -> None:
    stage = drawn()
    pixels = stage.pixels.copy()
    points = stage.axes.to_face(stage.face.points[:, :2])
    for lower in (topology.LEFT_EYE_LOWER, topology.RIGHT_EYE_LOWER):
        middle = stage.axes.to_picture(points[[lower[len(lower) // 2]]] + (0.0, -0.02))[0]
        x, y = np.round(middle).astype(int)
        size = (round(0.12 * stage.axes.unit), round(0.055 * stage.axes.unit))
        cv2.ellipse(pixels, (int(x), int(y)), size, 0, 0, 180, (235, 240, 240), -1)
    as_drawn = lids(stage.axes, stage.face.points, to_planes(stage.pixels))
    larger = lids(stage.axes, stage.face.points, to_planes(pixels))
    for before, after in zip(as_drawn, larger, strict=True):
        assert (after.lower - before.lower).max() > 0.005


def test_a_closed_lid_leaves_the_shade_of_its_socket() -> None:
    shaded = drawn().pixels.astype(np.float32)
    puppet = drawn_puppet()
    for lid in puppet.lids:
        rows, columns = lid.box.slices
        above = (lid.v < lid.upper - 0.01) & (lid.v > lid.start)
        shaded[rows, columns][above] *= 0.5
    made = lids(drawn().axes, drawn().face.points, to_planes(shaded.astype(np.uint8)))
    for lid in made:
        skin = (lid.v < lid.upper - 0.02) & (lid.v > lid.start + 0.02)
        rows, columns = lid.box.slices
        assert (
            lid.smooth.y[skin].mean()
            > to_planes(shaded.astype(np.uint8)).y[rows, columns][skin].mean() + 10
        )
