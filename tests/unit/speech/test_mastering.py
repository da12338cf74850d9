"""Speech at the wanted loudness, without peaks."""

import numpy as np
import pytest

from talkies.core.timing import SPEECH_RATE
from talkies.media.sounds import Sound, loudness
from talkies.speech.mastering import PEAK, Samples, mastered


@pytest.fixture(scope="module")
def bursts() -> Samples:
    """Four seconds of tone in bursts, with the peaks of speech: 12 dB over the mean."""
    time = np.arange(4 * SPEECH_RATE) / SPEECH_RATE
    swell = np.clip(np.sin(2 * np.pi * 3 * time), 0, None) ** 6
    return (0.02 * swell * np.sin(2 * np.pi * 300 * time)).astype(np.float32)


def loudness_of(samples: Samples) -> float:
    return loudness(Sound(samples[:, None], SPEECH_RATE))


@pytest.mark.parametrize("target", [-40.0, -23.0])
def test_speech_gets_the_loudness_that_is_asked_for(bursts: Samples, target: float) -> None:
    assert loudness_of(mastered(bursts, SPEECH_RATE, target)) == pytest.approx(target, abs=0.15)


def test_peaks_are_turned_down_and_not_cut_off(bursts: Samples) -> None:
    loud = mastered(bursts, SPEECH_RATE, -11.0)
    assert np.abs(loud).max() == pytest.approx(PEAK, abs=1e-3)
    assert np.mean(np.abs(loud) > PEAK - 1e-6) < 1e-3
    assert loudness_of(loud) == pytest.approx(-11, abs=3)


@pytest.mark.parametrize(
    "samples", [np.zeros(SPEECH_RATE, "f"), np.ones(100, "f"), np.zeros(0, "f")]
)
def test_what_cannot_be_measured_stays_as_it_is(samples: Samples) -> None:
    assert mastered(samples, SPEECH_RATE, -16.0) is samples
