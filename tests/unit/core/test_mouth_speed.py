from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.core.mouth.speed import LIP_SPEED, within_lip_speed

CURVES = st.lists(st.floats(0, 0.2), min_size=1, max_size=60)
RATES = st.sampled_from([Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(60)])


@given(CURVES, RATES)
def test_no_frame_changes_faster_than_lips_can(curve: list[float], fps: Fraction) -> None:
    limited = within_lip_speed(np.array(curve), fps)
    assert np.abs(np.diff(limited)).max(initial=0.0) <= LIP_SPEED / float(fps) + 1e-9


@given(CURVES, RATES)
def test_it_only_lowers_and_keeps_every_low_point(curve: list[float], fps: Fraction) -> None:
    given_curve = np.array(curve)
    limited = within_lip_speed(given_curve, fps)
    assert (limited <= given_curve + 1e-9).all()
    assert limited.min() == pytest.approx(given_curve.min())


def test_a_slow_curve_is_left_as_it_is() -> None:
    slow = np.linspace(0, 0.15, 20)
    assert within_lip_speed(slow, Fraction(25)) == pytest.approx(slow)


def test_a_short_vowel_between_two_closures_falls_short() -> None:
    limited = within_lip_speed(np.array([0, 0.16, 0.16, 0]), Fraction(25))
    assert limited == pytest.approx([0, 0.092, 0.092, 0])
