"""Levels and loudness of recordings, on sounds made here and on real synthesized speech."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from talkies.core.timing import SPEECH_RATE
from talkies.speech.espeak.client import utter
from talkies.speech.loudness import levels, loudness_curve

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


@pytest.mark.parametrize(
    "samples", [rest(1.0), rest(0.0), tone(1.0, 1e-4)], ids=["zeros", "none", "hum"]
)
def test_silence_has_no_loudness(samples: NDArray[np.float32]) -> None:
    assert not loudness_curve(samples, RATE, 25, 25).any()


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
