from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.core.timing import TimeRange, convert, frame_count, to_seconds

RATES = st.sampled_from(
    [Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(16000)]
)
TICKS = st.integers(min_value=-(10**9), max_value=10**9)


@pytest.mark.parametrize(
    ("tick", "source", "target", "expected"),
    [(16000, 16000, 25, 25), (320, 16000, 25, 1), (319, 16000, 25, 0), (960, 16000, 25, 2)],
)
def test_conversion_goes_to_the_nearest_tick_and_halves_go_up(
    tick: int, source: Fraction, target: Fraction, expected: int
) -> None:
    assert convert(tick, source, target) == expected


@given(TICKS, TICKS, RATES, RATES)
def test_conversion_keeps_order(
    first: int, second: int, source: Fraction, target: Fraction
) -> None:
    low, high = sorted((first, second))

    assert convert(low, source, target) <= convert(high, source, target)


@given(TICKS, RATES)
def test_conversion_to_the_same_grid_changes_nothing(tick: int, rate: Fraction) -> None:
    assert convert(tick, rate, rate) == tick


@given(st.integers(min_value=0, max_value=10**8), RATES)
def test_seconds_still_tell_ticks_apart(tick: int, rate: Fraction) -> None:
    assert round(Fraction(to_seconds(tick, rate)) * rate) == tick


@given(st.integers(min_value=0, max_value=10**8), RATES)
def test_frames_cover_the_recording_and_no_more(length: int, fps: Fraction) -> None:
    frames = frame_count(length, 16000, fps)

    assert Fraction(frames) / fps >= Fraction(length, 16000)
    assert Fraction(frames - 1) / fps < Fraction(length, 16000)


def test_a_range_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        TimeRange(2, 1)


def test_a_range_knows_its_length_and_middle() -> None:
    span = TimeRange(10, 15)

    assert (span.length, span.middle, span.shifted(5)) == (5, 12, TimeRange(15, 20))


@pytest.mark.parametrize(
    ("span", "inside"),
    [
        (TimeRange(2, 5), TimeRange(2, 5)),
        (TimeRange(-3, 5), TimeRange(0, 5)),
        (TimeRange(8, 15), TimeRange(8, 10)),
        (TimeRange(12, 15), TimeRange(10, 10)),
        (TimeRange(-9, -5), TimeRange(0, 0)),
    ],
)
def test_clamping_keeps_what_is_inside(span: TimeRange, inside: TimeRange) -> None:
    assert span.clamped(TimeRange(0, 10)) == inside
