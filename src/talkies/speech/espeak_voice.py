"""The embedded voice: pieces of text spoken by espeak-ng, with its own exact timing."""

import itertools

from talkies.core.phonemes import parse
from talkies.core.timing import TimeRange
from talkies.speech.espeak import Utterance, utter
from talkies.speech.spoken import Spoken, TimedPhone


def speak_piece(text: str, identifier: str, *, speed: float, pitch: float) -> tuple[Spoken, bool]:
    """One piece of text in a voice of espeak-ng, and whether it went over to another language.

    `speed` and `pitch` are factors from 0.5 to 2. Timing is exact to the sample.
    """
    utterance = utter(text, identifier, speed=speed, pitch=pitch)
    spoken = Spoken(
        samples=utterance.samples,
        rate=utterance.rate,
        phones=_phones(utterance),
        words=utterance.words,
    )
    return spoken, utterance.switched


def _phones(utterance: Utterance) -> tuple[TimedPhone, ...]:
    """Each sound lasts until the next one starts; what comes before the first is a pause."""
    length = len(utterance.samples)
    starts = [min(sound.sample, length) for sound in utterance.sounds]
    edges = [0, *itertools.accumulate(starts, max), length]
    spans = [TimeRange(start, max(start, end)) for start, end in itertools.pairwise(edges)]
    opening = TimedPhone(symbols=(), span=spans[0], word=None)
    sounds = (
        TimedPhone(
            symbols=parse(sound.ipa),
            span=span,
            word=sound.word if sound.ipa else None,
        )
        for sound, span in zip(utterance.sounds, spans[1:], strict=True)
    )
    return (opening, *sounds)
