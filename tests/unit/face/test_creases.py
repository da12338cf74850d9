import numpy as np
from puppet_stage import drawn_puppet

from talkies.face.puppet.creases import STEPS, fade_creases


def test_pushed_out_lips_lose_the_dark_lines_at_their_corners() -> None:
    puppet = drawn_puppet()
    target = puppet.source.copy()
    fade_creases(puppet.creases, puppet.source, target, STEPS)
    assert len(puppet.creases) == 2
    for crease in puppet.creases:
        place = crease.box.slices
        covered = crease.cover > 0.9
        before, after = puppet.source.y[place][covered], target.y[place][covered]
        assert after.min() > before.min() + 10
        assert np.median(after) >= np.median(before) - 2


def test_only_the_corners_change_and_nothing_does_at_rest() -> None:
    puppet = drawn_puppet()
    target = puppet.source.copy()
    fade_creases(puppet.creases, puppet.source, target, STEPS // 2)
    changed = target.y != puppet.source.y
    for crease in puppet.creases:
        changed[crease.box.slices] = False
    assert not changed.any()
    fade_creases(puppet.creases, puppet.source, target, 0)
    assert (target.y == puppet.source.y).all()
