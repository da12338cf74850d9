import numpy as np
from puppet_stage import drawn_puppet, posed

from talkies.face.puppet.lids import Lid, close_lids
from talkies.media.yuv import Planes


def eye_patch(planes: Planes, lid: Lid) -> np.ndarray:
    """The middle of an eye's opening."""
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
    lid = puppet.lids[0]
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
