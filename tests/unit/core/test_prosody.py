from fractions import Fraction

import numpy as np
import pytest
from speech_made_up import spoken

from talkies.core.prosody import EMPHASIS_SPACING, Pause, activity, emphases, pauses

FPS = Fraction(25)
#: Syllables of 200 ms, the third one longer and more open.
SENTENCE = (
    [("t", 80.0), ("ɪ", 120.0)] * 4 + [("t", 80.0), ("a", 260.0)] + [("t", 80), ("ɪ", 120)] * 4
)


def test_long_silences_are_pauses_and_short_ones_are_not() -> None:
    alignment = spoken(("", 300), ("a", 200), ("", 100), ("a", 200), ("", 400))

    assert pauses(alignment) == (Pause(start=0.0, end=0.3), Pause(start=0.8, end=1.2))


def test_neighbouring_silences_are_one_pause() -> None:
    alignment = spoken(("a", 200), ("", 150), ("", 150), ("a", 200))

    assert pauses(alignment) == (Pause(start=0.2, end=0.5),)


def test_the_longest_and_most_open_syllable_is_emphasised() -> None:
    (emphasis,) = emphases(spoken(*SENTENCE), FPS)

    assert emphasis.time == pytest.approx(1.01)
    assert 0.5 < emphasis.strength <= 1


def test_loudness_decides_between_equal_syllables() -> None:
    alignment = spoken(*[("t", 80.0), ("ɪ", 120.0)] * 10)
    loudness = np.full(50, 0.3, np.float32)
    loudness[25:30] = 1.0
    (emphasis,) = emphases(alignment, FPS, loudness)

    assert emphasis.time == pytest.approx(1.14)


def test_emphases_keep_their_distance() -> None:
    alignment = spoken(*[("t", 80.0), ("ɪ", 60.0), ("t", 80.0), ("a", 200.0)] * 8)
    times = [emphasis.time for emphasis in emphases(alignment, FPS)]

    assert len(times) > 2
    assert np.diff(times).min() >= EMPHASIS_SPACING


def test_even_speech_has_no_emphasis() -> None:
    assert emphases(spoken(*[("t", 80.0), ("ɪ", 120.0)] * 10), FPS) == ()


def test_speech_without_vowels_has_no_emphasis() -> None:
    assert emphases(spoken(("s", 300), ("", 300)), FPS) == ()


def test_nobody_is_active_in_a_pause() -> None:
    times = np.array([0.0, 0.4, 0.5, 0.9, 1.0])

    assert activity([Pause(start=0.5, end=1.0)], times).tolist() == [1, 1, 0, 0, 1]
