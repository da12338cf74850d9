"""Where a sound lies against its timing, on sounds made of tones and pauses."""

import numpy as np
import pytest

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme
from talkies.core.timing import SPEECH_RATE, TimeRange
from talkies.score.sound_sync import sound_lag

#: Loudness of the tone for each symbol.
LOUDNESS = {SILENCE: 0.0005, "s": 0.05, "a": 0.3}


def timing(seed: int = 0) -> Alignment:
    """Eight seconds of vowels, consonants and pauses of uneven length."""
    rng = np.random.default_rng(seed)
    phonemes: list[Phoneme] = []
    position = 0
    while position < 8 * SPEECH_RATE:
        symbol = ("a", "s", SILENCE)[int(rng.choice(3, p=(0.5, 0.35, 0.15)))]
        end = position + int(rng.uniform(0.06, 0.25) * SPEECH_RATE)
        phonemes.append(Phoneme(symbol=symbol, span=TimeRange(position, end)))
        position = end
    return Alignment(length=position, phonemes=tuple(phonemes), source=AlignmentSource.SYNTHESIZER)


def sound(alignment: Alignment, late: float = 0.0) -> np.ndarray:
    tone = np.random.default_rng(1).normal(size=alignment.length).astype(np.float32)
    for phoneme in alignment.phonemes:
        tone[phoneme.span.start : phoneme.span.end] *= LOUDNESS[phoneme.symbol]
    return np.roll(tone, round(late * SPEECH_RATE))


@pytest.mark.parametrize("late", [0.0, 0.12, -0.2])
def test_a_moved_sound_is_found(late: float) -> None:
    found = sound_lag(timing(), sound(timing(), late))
    assert found is not None
    assert found.milliseconds == pytest.approx(1000 * late, abs=20)
    assert found.correlation > 0.5


def test_another_sound_does_not_fit() -> None:
    found = sound_lag(timing(), sound(timing(seed=9)))
    assert found is not None
    assert found.correlation < 0.45


def test_silence_tells_nothing() -> None:
    found = sound_lag(timing(), np.zeros(8 * SPEECH_RATE, np.float32))
    assert found is None or found.correlation < 0.3


def test_a_moment_tells_nothing() -> None:
    short = Alignment(
        length=4000,
        phonemes=(Phoneme(symbol="a", span=TimeRange(0, 4000)),),
        source=AlignmentSource.SYNTHESIZER,
    )
    assert sound_lag(short, np.ones(4000, np.float32)) is None
