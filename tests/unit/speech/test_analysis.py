"""Levels, activity and faults of recordings, on sounds made here and on real synthesized speech."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from talkies.core.timing import SPEECH_RATE
from talkies.speech.analysis import (
    has_syllables,
    is_silent,
    levels,
    loudness_curve,
    problems,
    speech_activity,
)
from talkies.speech.espeak.client import utter
from talkies.speech.mastering import PEAK, loudness, mastered

RATE = SPEECH_RATE


def tone(seconds: float, amplitude: float = 0.3, hertz: float = 200.0) -> NDArray[np.float32]:
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def rest(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE), np.float32)


@pytest.fixture(scope="module")
def speech() -> NDArray[np.float32]:
    utterance = utter(
        "The quick brown fox jumps over the lazy dog, and then it sleeps all day.", "gmw/en-US"
    )
    return np.interp(
        np.arange(0, len(utterance.samples), utterance.rate / RATE),
        np.arange(len(utterance.samples)),
        utterance.samples,
    ).astype(np.float32)


def test_the_level_of_a_tone_is_its_root_mean_square() -> None:
    measured = levels(tone(1.0, 0.5), RATE)
    assert measured.loud == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.1)


def test_speech_is_found_where_it_is() -> None:
    samples = np.concatenate(
        [rest(0.5), tone(0.6), rest(0.4), tone(0.5), rest(0.1), tone(0.3), rest(0.5)]
    )
    first, second = speech_activity(samples)
    assert first.start == pytest.approx(0.5 * RATE, abs=0.06 * RATE)
    assert first.end == pytest.approx(1.1 * RATE, abs=0.06 * RATE)
    assert (second.start, second.end) == (
        pytest.approx(1.5 * RATE, abs=0.06 * RATE),
        pytest.approx(2.4 * RATE, abs=0.06 * RATE),
    )


def test_activity_is_on_the_speech_grid_whatever_the_rate() -> None:
    samples = np.concatenate([rest(1.0), tone(1.0)])
    (span,) = speech_activity(np.repeat(samples, 3), 3 * RATE)
    assert span.start == pytest.approx(RATE, abs=0.06 * RATE)
    assert span.end == 2 * RATE


def test_clicks_are_no_speech() -> None:
    samples = np.concatenate([rest(0.5), tone(0.02), rest(0.5), tone(0.5)])
    (span,) = speech_activity(samples)
    assert span.start > 0.9 * RATE


@pytest.mark.parametrize(
    "samples", [rest(1.0), rest(0.0), tone(1.0, 1e-4)], ids=["zeros", "none", "hum"]
)
def test_silence_is_silent_everywhere(samples: NDArray[np.float32]) -> None:
    assert is_silent(samples)
    assert speech_activity(samples) == ()
    assert not loudness_curve(samples, RATE, 25, 25).any()
    assert "Hardly anything is said in the recording." in problems(
        np.concatenate([samples, rest(1)])
    )


def test_loudness_follows_the_speech_and_not_the_gain(speech: NDArray[np.float32]) -> None:
    fps = Fraction(30_000, 1001)
    frames = int(len(speech) / RATE * 30) + 10
    curve = loudness_curve(speech, RATE, fps, frames)
    quiet = loudness_curve(speech * np.float32(0.1), RATE, fps, frames)
    assert curve.dtype == np.float32
    assert curve.shape == (frames,)
    assert curve.min() >= 0
    assert curve.max() <= 1
    assert curve.max() > 0.9
    assert curve[-5:].max() == 0
    np.testing.assert_allclose(curve, quiet, atol=0.02)


def test_loudness_is_low_in_rests_also_in_noise() -> None:
    noise = np.random.default_rng(1).normal(0, 0.01, 4 * RATE).astype(np.float32)
    samples = np.concatenate([tone(1), rest(1), tone(1), rest(1)]) + noise
    curve = loudness_curve(samples, RATE, 25, 100)
    assert curve[30:45].max() < 0.2
    assert curve[5:20].min() > 0.8


def test_a_frame_is_the_mean_over_its_own_time() -> None:
    curve = loudness_curve(np.concatenate([rest(0.48), tone(0.52)]), RATE, 25, 25)
    assert curve[10] < 0.05
    assert curve[14] > 0.95


def test_good_speech_has_no_problems(speech: NDArray[np.float32]) -> None:
    assert problems(speech) == ()
    assert has_syllables(speech)
    assert not is_silent(speech)


def test_faults_are_told(speech: NDArray[np.float32]) -> None:
    clipped = np.clip(speech * 20, -1, 1)
    assert problems(clipped) == ("The recording is clipped: it was too loud.",)
    quiet = speech * np.float32(0.004 / np.abs(speech).max())
    assert "The recording is very quiet." in problems(quiet)


@pytest.mark.parametrize("kind", ["chord", "noise"])
def test_held_sounds_are_no_speech(kind: str) -> None:
    chord = tone(3, 0.1, 220) + tone(3, 0.1, 277) + tone(3, 0.1, 330)
    noise = np.random.default_rng(2).normal(0, 0.1, 3 * RATE).astype(np.float32)
    assert any(
        "music or noise" in message for message in problems({"chord": chord, "noise": noise}[kind])
    )


def test_loudness_of_the_reference_tone_is_as_the_standard_says() -> None:
    reference = np.sin(2 * np.pi * 997 * np.arange(48_000 * 3) / 48_000).astype(np.float32)
    assert loudness(reference, 48_000) == pytest.approx(-3.01, abs=0.05)
    assert loudness(reference * np.float32(0.1), 48_000) == pytest.approx(-23.01, abs=0.05)
    assert loudness(np.zeros(48_000, np.float32), 48_000) == float("-inf")


def test_loudness_ignores_rests() -> None:
    reference = tone(3.0, 0.5, 997)
    padded = np.concatenate([reference, rest(6.0)])
    assert loudness(padded, RATE) == pytest.approx(loudness(reference, RATE), abs=0.4)


def test_mastering_reaches_the_target_and_keeps_the_peak(speech: NDArray[np.float32]) -> None:
    result = mastered(speech * np.float32(0.05), RATE, -16.0)
    assert loudness(result, RATE) == pytest.approx(-16, abs=1.5)
    assert np.abs(result).max() <= PEAK + 1e-6
    silent = np.zeros(RATE, np.float32)
    assert mastered(silent, RATE, -16.0) is silent
    soft = mastered(speech, RATE, -40.0)
    assert loudness(soft, RATE) == pytest.approx(-40, abs=0.01)
