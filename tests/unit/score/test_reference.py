"""The wanted mouth, from an alignment."""

from fractions import Fraction

import numpy as np

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme, Word
from talkies.core.timing import TimeRange
from talkies.score.reference import Reference, make_reference
from talkies.score.report import ReferenceKind

FPS = Fraction(25)


def said(*sounds: tuple[str, float]) -> Alignment:
    """Sounds one after the other, each with its length in seconds."""
    phonemes = []
    position = 0
    for symbol, seconds in sounds:
        end = position + round(seconds * 16_000)
        phonemes.append(Phoneme(symbol=symbol, span=TimeRange(position, end)))
        position = end
    return Alignment(
        length=position,
        phonemes=tuple(phonemes),
        words=(Word(text="mama", span=TimeRange(8_000, 16_000)),),
        source=AlignmentSource.SYNTHESIZER,
        warnings=("Careful.",),
    )


def wanted() -> Reference:
    alignment = said(
        (SILENCE, 0.5), ("m", 0.1), ("a", 0.3), ("m", 0.1), ("a", 0.3), (SILENCE, 1.2), ("s", 0.5)
    )
    return make_reference(
        alignment, ReferenceKind.GIVEN, fps=FPS, frames=75, loudness=np.ones(75, np.float32)
    )


def test_closures_are_the_bilabials_in_seconds() -> None:
    assert wanted().closures == (("m", 0.5, 0.6), ("m", 0.9, 1.0))


def test_the_mouth_opens_on_vowels_and_rests_in_pauses() -> None:
    reference = wanted()
    assert reference.opening.shape == (75,)
    assert reference.opening[int(0.72 * 25)] > 0.08
    assert reference.opening[reference.silent].max() < 0.02


def test_pauses_leave_time_to_close_and_to_open() -> None:
    reference = wanted()
    assert reference.pauses == ((0.0, 0.5), (1.3, 2.5))
    silent = np.flatnonzero(reference.silent) / 25
    assert silent[silent > 1].min() >= 1.45 - 0.04
    assert silent.max() <= 2.38


def test_speaking_leaves_the_pauses_out() -> None:
    reference = wanted()
    assert not reference.speaking[:12].any()
    assert reference.speaking[13:32].all()
    assert not reference.speaking[34:60].any()


def test_words_and_warnings_are_handed_on() -> None:
    reference = wanted()
    assert reference.words == (("mama", 0.5, 1.0),)
    assert reference.warnings == ("Careful.",)
    assert reference.seconds == 3.0
