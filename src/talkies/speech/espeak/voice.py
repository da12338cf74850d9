"""The embedded voice: pieces of text spoken by espeak-ng, with exact timing."""

import itertools

import numpy as np

from talkies.core.phonemes import INVENTORY, Kind, parse
from talkies.core.timing import TimeRange
from talkies.speech.espeak.client import Utterance, utter
from talkies.speech.spoken import Spoken, TimedPhone

#: The longest silence that is a stop's closure; what is over belongs to a pause. Seconds.
CLOSURE_SECONDS = 0.05


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
    symbols = [parse(sound.ipa) for sound in utterance.sounds]
    starts = [
        min(sound.sample, length) - _closure(utterance, sound.sample, said)
        for sound, said in zip(utterance.sounds, symbols, strict=True)
    ]
    edges = [0, *itertools.accumulate(starts, max), length]
    spans = [TimeRange(start, max(start, end)) for start, end in itertools.pairwise(edges)]
    opening = TimedPhone(symbols=(), span=spans[0], word=None)
    sounds = (
        TimedPhone(symbols=said, span=span, word=sound.word if sound.ipa else None)
        for sound, said, span in zip(utterance.sounds, symbols, spans[1:], strict=True)
    )
    return (opening, *sounds)


def _closure(utterance: Utterance, start: int, symbols: tuple[str, ...]) -> int:
    """Samples of silence that espeak-ng puts before a stop: it reports the burst, not the closure.

    Measured on its English: 49 ms of zeros before p, t, k and tʃ between vowels, 39 after a
    sonorant, 32 before b and dʒ.
    """
    if not symbols or INVENTORY[symbols[0]].kind not in (Kind.PLOSIVE, Kind.AFFRICATE):
        return 0
    longest = round(CLOSURE_SECONDS * utterance.rate)
    sounding = np.flatnonzero(utterance.samples[max(start - longest, 0) : start])
    return min(start, longest) - (int(sounding[-1]) + 1 if len(sounding) else 0)
