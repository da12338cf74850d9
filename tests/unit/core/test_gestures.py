from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.core import gestures
from talkies.core.prosody import Emphasis, Pause

SEEDS = st.integers(min_value=0, max_value=10_000)
TIMES = np.arange(0, 20, 0.04)


def begins(seed: int, silences: tuple[Pause, ...] = (), seconds: float = 60.0) -> list[float]:
    return gestures.blink_times(silences, seconds, np.random.default_rng(seed))


@given(SEEDS)
def test_blinks_come_at_the_rate_of_people(seed: int) -> None:
    for before, after in pairwise(begins(seed)):
        double = after - before == pytest.approx(gestures.BLINK_SECONDS)
        assert double or 2.2 <= after - before <= 4.8 + 1e-9


@given(SEEDS, st.floats(min_value=0, max_value=30))
def test_no_blink_is_cut_off_by_either_end(seed: int, seconds: float) -> None:
    times = begins(seed, seconds=seconds)

    assert all(time >= 0.4 for time in times)
    assert all(time + gestures.BLINK_SECONDS <= seconds for time in times)


@given(SEEDS)
def test_a_due_blink_waits_for_the_end_of_a_phrase(seed: int) -> None:
    silences = tuple(Pause(start=t, end=t + 0.4) for t in np.arange(2.0, 60, 2.0))
    ends = {round(pause.start + gestures.BLINK_INTO_PAUSE, 6) for pause in silences}
    times = begins(seed, silences)
    doubled = {round(time + gestures.BLINK_SECONDS, 6) for time in times}

    assert all(round(time, 6) in ends | doubled for time in times)


def test_some_blinks_are_double_and_most_are_not() -> None:
    gaps = np.concatenate([np.diff(begins(seed)) for seed in range(100)])

    assert 0.03 < np.mean(gaps < 1) < 0.15


def test_a_blink_closes_fast_and_opens_slowly() -> None:
    times = np.arange(0, 1, 0.001)
    curve = gestures.blinks([0.3], times)
    shut = times[curve > 0.99]

    assert curve[times < 0.3].max() == 0
    assert shut[0] == pytest.approx(0.39, abs=0.02)
    assert shut[-1] == pytest.approx(0.43, abs=0.03)
    assert curve[times > 0.6].max() < 1e-6


@pytest.mark.parametrize("fps", [10, 24, 25, 30])
def test_the_lids_meet_on_a_frame_at_any_rate(fps: int) -> None:
    curve = gestures.blinks([0.517], np.arange(0, 2, 1 / fps))

    assert curve.max() == 1


@pytest.mark.parametrize("seed", range(20))
def test_wandering_stays_within_its_amplitude_and_is_smooth(seed: int) -> None:
    curve = gestures.wandering(gestures.YAW, TIMES, np.random.default_rng(seed))

    assert np.abs(curve).max() <= gestures.YAW.amplitude
    assert np.abs(np.diff(curve)).max() < 0.3 * gestures.YAW.amplitude


def test_an_accent_peaks_on_its_syllable() -> None:
    curve = gestures.emphatic([Emphasis(time=4.0, strength=0.8)], TIMES)

    assert TIMES[curve.argmax()] == pytest.approx(4.0)
    assert curve.max() == pytest.approx(0.8)
    assert curve[TIMES < 3.8].max() == 0
    assert curve[TIMES > 4.4].max() == 0


def test_only_strong_emphases_raise_the_brows() -> None:
    weak, strong = Emphasis(time=4.0, strength=0.6), Emphasis(time=8.0, strength=1.0)
    curve = gestures.raised_brows([weak, strong], TIMES)

    assert curve[TIMES < 6].max() == 0
    assert curve.max() == pytest.approx(gestures.BROW_RAISE)


def test_breath_is_deeper_before_a_phrase() -> None:
    calm = gestures.breathing([], TIMES)
    deep = gestures.breathing([Pause(start=5.0, end=5.6)], TIMES)

    assert calm[0] == 0
    assert calm.max() == pytest.approx(gestures.BREATH_RISE, rel=0.01)
    assert TIMES[(deep - calm).argmax()] == pytest.approx(5.6, abs=0.05)
