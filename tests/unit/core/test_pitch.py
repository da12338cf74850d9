from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from talkies.core.pitch import HOP_SECONDS, melody, pitches

RATE = 16_000


def voice(*parts: tuple[float, float], harmonics: int = 12) -> NDArray[np.float32]:
    """Tones of (hertz, seconds) one after another, with falling overtones; 0 Hz is silence."""
    phase, pieces = 0.0, []
    for pitch, seconds in parts:
        turns = phase + np.cumsum(np.full(round(seconds * RATE), pitch / RATE))
        phase = float(turns[-1]) % 1
        overtones = range(1, harmonics + 1 if pitch else 1)
        tone = sum((np.sin(2 * np.pi * n * turns) / n for n in overtones), np.zeros(len(turns)))
        pieces.append(0.2 * tone)
    return np.concatenate(pieces).astype(np.float32)


@pytest.mark.parametrize("pitch", [70.0, 110.0, 180.0, 260.0, 400.0])
def test_the_pitch_of_a_steady_voice_is_found(pitch: float) -> None:
    found = pitches(voice((pitch, 0.6)), RATE)[5:-5]

    assert np.isfinite(found).all()
    assert found == pytest.approx(np.full(len(found), pitch), rel=0.03)


def test_a_voice_without_its_fundamental_is_heard_an_octave_right() -> None:
    turns = np.cumsum(np.full(RATE, 150 / RATE))
    sound = sum(np.sin(2 * np.pi * n * turns) for n in (2, 3, 4, 5)).astype(np.float32) * 0.1

    assert np.nanmedian(pitches(sound, RATE)) == pytest.approx(150, rel=0.03)


def test_silence_and_noise_have_no_pitch() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)

    assert np.isnan(pitches(np.zeros(RATE, np.float32), RATE)).all()
    assert np.isfinite(pitches(noise, RATE)).mean() < 0.05
    assert np.isnan(pitches(np.zeros(0, np.float32), RATE)).all()


def test_what_is_far_softer_than_the_voice_is_not_heard() -> None:
    sound = np.concatenate([voice((150, 0.5)), 0.001 * voice((90, 0.5))])
    found = pitches(sound, RATE)

    assert np.isnan(found[60:]).all()


def test_a_long_recording_is_read_in_blocks_as_a_short_one() -> None:
    sound = voice((120, 6), (180, 6))
    found = pitches(sound, RATE)

    assert len(found) == round(12 / HOP_SECONDS) + 1
    assert np.nanmedian(found[:590]) == pytest.approx(120, rel=0.03)
    assert np.nanmedian(found[610:]) == pytest.approx(180, rel=0.03)


def test_melody_is_in_semitones_over_the_speakers_middle() -> None:
    sound = voice((150, 1.0), (0, 0.4), (150 * 2 ** (4 / 12), 0.4))
    curve = melody(sound, RATE, Fraction(25), 50)

    assert curve.dtype == np.float32
    assert np.nanmedian(curve[:24]) == pytest.approx(0, abs=0.5)
    assert np.isnan(curve[27:33]).all()
    assert np.nanmedian(curve[36:44]) == pytest.approx(4, abs=0.5)
    assert np.isnan(curve[46:]).all()


def test_a_recording_without_a_voice_has_no_melody() -> None:
    assert np.isnan(melody(np.zeros(RATE, np.float32), RATE, Fraction(25), 25)).all()
