"""Synthesized speech on its way from a synthesizer to an alignment, as passes over its phones.

A synthesizer says which symbols sound from which sample to which; the passes here join pieces,
trim the ends, and lay everything on the speech grid.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme, Word
from talkies.core.phonemes import INVENTORY
from talkies.core.timing import SPEECH_RATE, TimeRange, convert
from talkies.media.sounds import Sound

#: A vowel's share of a span that it has with other sounds, in parts; a consonant has one.
VOWEL_WEIGHT = 2

#: A shorter pause is no rest: a closed glottis before a vowel, a plosive's hold. Seconds.
PAUSE_MIN_SECONDS = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedPhone:
    """What one unit of a synthesizer sounds like, and when."""

    #: Canonical symbols; none for a pause, or for a mark that makes no sound of its own.
    symbols: tuple[str, ...]
    #: Samples at the rate of its `Spoken`.
    span: TimeRange
    #: Index of its written word; None in a pause.
    word: int | None

    @property
    def is_pause(self) -> bool:
        return self.word is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Sound, and phones that cover it in order without a gap."""

    #: float32 (n,) in [-1, 1].
    samples: NDArray[np.float32]
    rate: int
    phones: tuple[TimedPhone, ...]
    words: tuple[str, ...]


def resampled(spoken: Spoken, rate: int) -> Spoken:
    """The same at another rate."""
    if rate == spoken.rate:
        return spoken
    samples = Sound(spoken.samples[:, None], spoken.rate).resampled(rate).samples[:, 0]

    def moved(tick: int) -> int:
        return min(convert(tick, spoken.rate, rate), len(samples))

    phones = _until(
        len(samples),
        (
            replace(phone, span=TimeRange(moved(phone.span.start), moved(phone.span.end)))
            for phone in spoken.phones
        ),
    )
    return Spoken(samples=samples, rate=rate, phones=phones, words=spoken.words)


def joined(parts: Sequence[Spoken], pauses: Sequence[float]) -> Spoken:
    """One after the other, each followed by its pause in seconds; all have the same rate."""
    rate = parts[0].rate
    sounds: list[NDArray[np.float32]] = []
    phones: list[TimedPhone] = []
    words: list[str] = []
    position = 0
    for part, pause in zip(parts, pauses, strict=True):
        shifted = (_shifted(phone, position, len(words)) for phone in part.phones)
        phones.extend(shifted)
        words.extend(part.words)
        rest = round(pause * rate)
        end = position + len(part.samples)
        phones.append(TimedPhone(symbols=(), span=TimeRange(end, end + rest), word=None))
        sounds += [part.samples, np.zeros(rest, np.float32)]
        position = end + rest
    return Spoken(
        samples=np.concatenate(sounds), rate=rate, phones=tuple(phones), words=tuple(words)
    )


def trimmed(spoken: Spoken, *, before: float, after: float) -> Spoken:
    """With just so many seconds of rest around the speech: cut, or filled with silence."""
    spans = [phone.span for phone in spoken.phones if not phone.is_pause]
    start = spans[0].start - round(before * spoken.rate)
    end = spans[-1].end + round(after * spoken.rate)
    kept = spoken.samples[max(start, 0) : end]
    padding = (max(-start, 0), max(end - len(spoken.samples), 0))
    samples = np.pad(kept, padding)
    speech = tuple(
        _shifted(phone, -start, 0)
        for phone in spoken.phones
        if spans[0].start <= phone.span.start and phone.span.end <= spans[-1].end
    )
    first, last = speech[0].span.start, speech[-1].span.end
    return replace(
        spoken,
        samples=samples,
        phones=(
            TimedPhone(symbols=(), span=TimeRange(0, first), word=None),
            *speech,
            TimedPhone(symbols=(), span=TimeRange(last, len(samples)), word=None),
        ),
    )


def alignment_of(spoken: Spoken, *, language: str, warnings: tuple[str, ...] = ()) -> Alignment:
    """Phonemes and words on the speech grid."""
    length = convert(len(spoken.samples), spoken.rate, SPEECH_RATE)
    sounding = _without_marks(_without_short_pauses(spoken))
    grid = [(_on_grid(phone, spoken.rate, length), phone) for phone in sounding]
    phonemes = [phoneme for span, phone in grid for phoneme in _phonemes(phone.symbols, span)]
    return Alignment(
        length=length,
        phonemes=_merged_rests(phonemes),
        words=_words(spoken.words, grid),
        language=language,
        source=AlignmentSource.SYNTHESIZER,
        warnings=warnings,
    )


def _shifted(phone: TimedPhone, ticks: int, words: int) -> TimedPhone:
    word = None if phone.word is None else phone.word + words
    return replace(phone, span=phone.span.shifted(ticks), word=word)


def _until(length: int, phones: Iterable[TimedPhone]) -> tuple[TimedPhone, ...]:
    """With the last phone stretched or cut to end with the sound."""
    *most, last = phones
    return (*most, replace(last, span=TimeRange(last.span.start, length)))


def _on_grid(phone: TimedPhone, rate: int, length: int) -> TimeRange:
    start = min(convert(phone.span.start, rate, SPEECH_RATE), length)
    return TimeRange(start, min(convert(phone.span.end, rate, SPEECH_RATE), length))


def _without_short_pauses(spoken: Spoken) -> list[TimedPhone]:
    """Pauses too short for a rest go to the phone before them."""
    shortest = PAUSE_MIN_SECONDS * spoken.rate
    kept: list[TimedPhone] = []
    for phone in spoken.phones:
        if phone.is_pause and phone.span.length < shortest and kept:
            kept[-1] = _stretched(kept[-1], phone.span.end)
        else:
            kept.append(phone)
    return kept


def _without_marks(phones: Sequence[TimedPhone]) -> list[TimedPhone]:
    """Units of a word without a symbol (palatalisation, say) go to the phone before them."""
    kept: list[TimedPhone] = []
    for phone in phones:
        if not phone.is_pause and not phone.symbols and kept:
            kept[-1] = _stretched(kept[-1], phone.span.end)
        else:
            kept.append(phone)
    return kept


def _stretched(phone: TimedPhone, end: int) -> TimedPhone:
    return replace(phone, span=TimeRange(phone.span.start, end))


def _phonemes(symbols: tuple[str, ...], span: TimeRange) -> list[Phoneme]:
    """One phoneme per symbol, with vowels the longer ones."""
    if not symbols:
        return [Phoneme(symbol=SILENCE, span=span)]
    weights = [VOWEL_WEIGHT if INVENTORY[symbol].is_vowel else 1 for symbol in symbols]
    shares = itertools.accumulate(weights, initial=0)
    edges = [span.start + span.length * share // sum(weights) for share in shares]
    spans = (TimeRange(start, end) for start, end in itertools.pairwise(edges))
    return [Phoneme(symbol=symbol, span=part) for symbol, part in zip(symbols, spans, strict=True)]


def _merged_rests(phonemes: Sequence[Phoneme]) -> tuple[Phoneme, ...]:
    merged: list[Phoneme] = []
    for phoneme in phonemes:
        if phoneme.span.length == 0:
            continue
        if phoneme.symbol == SILENCE and merged and merged[-1].symbol == SILENCE:
            span = TimeRange(merged[-1].span.start, phoneme.span.end)
            merged[-1] = replace(merged[-1], span=span)
        else:
            merged.append(phoneme)
    return tuple(merged)


def _words(texts: Sequence[str], grid: Sequence[tuple[TimeRange, TimedPhone]]) -> tuple[Word, ...]:
    """Each word from the start of its first phone to the end of its last."""
    spans: dict[int, TimeRange] = {}
    for span, phone in grid:
        if phone.word is not None:
            start = spans[phone.word].start if phone.word in spans else span.start
            spans[phone.word] = TimeRange(start, span.end)
    return tuple(Word(text=texts[word], span=span) for word, span in spans.items())
