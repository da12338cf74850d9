"""Measures of how one curve follows another, on curves whose answer is known."""

import numpy as np
import pytest

from talkies.score import sync
from talkies.score.sync import Mask, Series

FPS = 25.0


def speech_like(frames: int = 250, seed: int = 3) -> Series:
    """A smooth random opening between 0 and about .15 D, like syllables at 25 fps."""
    noise = np.random.default_rng(seed).normal(size=frames + 20)
    smooth = np.convolve(noise, np.hanning(7) / np.hanning(7).sum(), mode="same")[10:-10]
    return np.asarray(np.clip(smooth * 0.12 + 0.05, 0, None), np.float64)


def all_valid(frames: int = 250) -> Mask:
    return np.ones(frames, np.bool_)


def late(curve: Series, milliseconds: float) -> Series:
    """The curve as seen in a picture that is late by so much."""
    times = np.arange(len(curve)) / FPS
    return np.interp(times - milliseconds / 1000, times, curve)


def test_a_curve_follows_itself_perfectly() -> None:
    curve = speech_like()
    assert sync.correlation(curve, curve, all_valid()) == pytest.approx(1.0)


def test_correlation_ignores_offset_and_size() -> None:
    curve = speech_like()
    assert sync.correlation(curve * 0.4 + 0.06, curve, all_valid()) == pytest.approx(1.0)


def test_a_mouth_that_stands_still_follows_nothing() -> None:
    assert sync.correlation(np.full(250, 0.07), speech_like(), all_valid()) == 0.0


def test_a_reference_that_stands_still_cannot_be_followed() -> None:
    assert sync.correlation(speech_like(), np.zeros(250), all_valid()) is None


def test_frames_without_a_face_do_not_count() -> None:
    curve = speech_like()
    broken, valid = curve.copy(), all_valid()
    broken[40:90], valid[40:90] = 9.0, False
    assert sync.correlation(broken, curve, valid) == pytest.approx(1.0)


def test_too_few_frames_give_no_correlation() -> None:
    valid = np.zeros(250, np.bool_)
    valid[: sync.FEWEST_FRAMES - 1] = True
    assert sync.correlation(speech_like(), speech_like(), valid) is None


def test_the_reversed_track_is_chance() -> None:
    curve = speech_like()
    r = sync.reversed_correlation(curve, curve, all_valid())
    assert r is not None
    assert abs(r) < 0.3


@pytest.mark.parametrize("milliseconds", [-250.0, -47.0, -10.0, 0.0, 5.0, 33.0, 120.0, 300.0])
def test_a_lag_is_found_between_frames(milliseconds: float) -> None:
    curve = speech_like(400)
    profile = sync.lag_profile(late(curve, milliseconds), curve, all_valid(400), FPS)
    assert profile is not None
    assert sync.best_lag(profile).milliseconds == pytest.approx(milliseconds, abs=6)


def test_a_lag_is_found_through_noise_and_gaps() -> None:
    curve, valid = speech_like(400), all_valid(400)
    valid[100:140] = False
    noisy = late(curve, 120) + np.random.default_rng(0).normal(scale=0.02, size=400)
    profile = sync.lag_profile(noisy, curve, valid, FPS)
    assert profile is not None
    assert sync.best_lag(profile).milliseconds == pytest.approx(120, abs=20)


def test_a_lag_at_the_edge_of_the_search_stays_there() -> None:
    seconds = np.array([-0.01, 0.0, 0.01])
    profile = sync.LagProfile(seconds=seconds, correlation=np.array([0.1, 0.2, 0.9]))
    assert sync.best_lag(profile).milliseconds == pytest.approx(10)


def test_a_flat_peak_is_not_refined() -> None:
    seconds = np.array([-0.01, 0.0, 0.01])
    profile = sync.LagProfile(seconds=seconds, correlation=np.zeros(3))
    assert sync.best_lag(profile).milliseconds == pytest.approx(-10)


def test_a_video_shorter_than_the_search_has_no_lag() -> None:
    assert sync.lag_profile(speech_like(15), speech_like(15), all_valid(15), FPS) is None


def test_half_as_wide_open_is_a_ratio_of_one_half() -> None:
    curve = speech_like()
    assert sync.amplitude_ratio(curve / 2 + 0.06, curve, all_valid()) == pytest.approx(0.5)


def test_no_ratio_without_a_range_or_frames() -> None:
    still = np.zeros(250)
    assert sync.amplitude_ratio(speech_like(), still, all_valid()) is None
    assert sync.amplitude_ratio(still, speech_like(), ~all_valid()) is None


def test_silent_frames_are_counted_by_level() -> None:
    level = np.array([0.0] * 15 + [0.9] * 5)
    silent = all_valid(20)
    assert sync.closed_share(level, silent, all_valid(20), 0.25) == pytest.approx(0.75)
    assert sync.closed_share(level, ~silent, all_valid(20), 0.25) is None


def test_the_longest_run_is_found_anywhere() -> None:
    assert sync.longest_run(np.array([1, 1, 0, 1, 1, 1], np.bool_)) == 3
    assert sync.longest_run(np.zeros(4, np.bool_)) == 0


def test_windows_tell_the_bad_part_from_the_good() -> None:
    curve = speech_like(300)
    spoiled = curve.copy()
    spoiled[200:] = speech_like(100, seed=8)
    found = sync.window_correlations(spoiled, curve, all_valid(300), 100, 50)
    assert min(found, key=lambda pair: pair[1])[0] == 200


def test_windows_in_which_nothing_is_wanted_are_left_out() -> None:
    wanted = np.concatenate([speech_like(100), np.zeros(100)])
    found = sync.window_correlations(wanted, wanted, all_valid(200), 100, 100)
    assert [start for start, _ in found] == [0]
