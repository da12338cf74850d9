"""Phrases: what is said between two pauses or marks, and how it sounds beside the rest."""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import SILENCE, Alignment, Word
from talkies.core.caption_text import ends_phrase, ends_sentence
from talkies.core.phonemes import INVENTORY
from talkies.core.prosody import PHRASE_PAUSE_SECONDS
from talkies.core.timing import SPEECH_RATE, to_seconds

#: The melody of the last this many seconds tells whether a phrase rises.
ENDING_SECONDS = 0.35
#: Nobody speaks longer sentences aloud, in seconds; a text without marks is parted there.
LONGEST_SENTENCE = 8.0
#: Fewest voiced frames that tell a melody.
FEWEST_VOICED = 3

#: Phrases whose loudness differs by less than this all sound alike.
_LEAST_SPREAD = 0.05
#: Seconds; nothing is shorter.
_SHORTEST = 1e-3

Curve = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prosody:
    """How a recording sounds, frame by frame; shapes are (frames,)."""

    #: 0 to 1, against the recording's own speech.
    loudness: Curve
    #: Semitones over the speaker's middle pitch; NaN where there is no voice.
    melody: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One phrase: its words, and its voice against the whole recording's."""

    #: Seconds.
    start: float
    end: float
    words: tuple[Word, ...] = ()
    #: Loudness over the recording's mean, in its standard deviations between phrases; 0 unknown.
    loud: float = 0.0
    #: Middle pitch in semitones over the speaker's; 0 unknown.
    high: float = 0.0
    #: Semitones by which the ending is higher than the rest of the phrase; 0 unknown.
    rise: float = 0.0
    #: Vowels a second, divided by the recording's.
    pace: float = 1.0

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def seconds(self) -> float:
        return self.end - self.start


def phrases(
    alignment: Alignment, fps: Fraction, prosody: Prosody | None = None
) -> tuple[Phrase, ...]:
    """The phrases of a recording in order: by its words where they are known, else by pauses."""
    groups = _of_words(alignment.words) if alignment.words else _of_sounds(alignment)
    bare = [Phrase(start=start, end=end, words=words) for start, end, words in groups]
    paced = _paced(bare, alignment)
    return tuple(paced) if prosody is None else _heard(paced, fps, prosody)


def sentences(found: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """Phrases joined until a mark ends the sentence, but not for longer than a sentence takes."""
    joined: list[Phrase] = []
    for phrase in found:
        last = joined[-1] if joined else None
        if last is not None and _goes_on(last, phrase):
            joined[-1] = _together(last, phrase)
        else:
            joined.append(phrase)
    return tuple(joined)


def _goes_on(last: Phrase, phrase: Phrase) -> bool:
    if not last.words or ends_sentence(last.words[-1].text):
        return False
    return phrase.end - last.start <= LONGEST_SENTENCE


def _together(last: Phrase, phrase: Phrase) -> Phrase:
    share = phrase.seconds / max(last.seconds + phrase.seconds, _SHORTEST)

    def mixed(before: float, after: float) -> float:
        return before + share * (after - before)

    return Phrase(
        start=last.start,
        end=phrase.end,
        words=(*last.words, *phrase.words),
        loud=mixed(last.loud, phrase.loud),
        high=mixed(last.high, phrase.high),
        rise=phrase.rise,
        pace=mixed(last.pace, phrase.pace),
    )


_Group = tuple[float, float, tuple[Word, ...]]


def _of_words(words: Sequence[Word]) -> Iterator[_Group]:
    group: list[Word] = []
    for word, following in zip(words, [*words[1:], None], strict=True):
        group.append(word)
        parted = following is None or _parts(group[0], word, following)
        if parted or ends_phrase(word.text):
            yield _seconds(group[0].span.start), _seconds(word.span.end), tuple(group)
            group = []


def _parts(first: Word, word: Word, following: Word) -> bool:
    """Whether a phrase that began with one word ends between two others."""
    pause = _seconds(following.span.start) - _seconds(word.span.end)
    length = _seconds(following.span.end) - _seconds(first.span.start)
    return pause >= PHRASE_PAUSE_SECONDS or length > LONGEST_SENTENCE


def _of_sounds(alignment: Alignment) -> Iterator[_Group]:
    start: float | None = None
    end = 0.0
    for phoneme in alignment.phonemes:
        long = phoneme.span.length >= PHRASE_PAUSE_SECONDS * SPEECH_RATE
        if phoneme.symbol == SILENCE and long and start is not None:
            yield start, end, ()
            start = None
        elif phoneme.symbol != SILENCE:
            start = _seconds(phoneme.span.start) if start is None else start
            end = _seconds(phoneme.span.end)
    if start is not None:
        yield start, end, ()


def _paced(found: Sequence[Phrase], alignment: Alignment) -> list[Phrase]:
    """The phrases with their pace."""
    vowels = [
        _seconds(phoneme.span.middle)
        for phoneme in alignment.phonemes
        if phoneme.symbol in INVENTORY and INVENTORY[phoneme.symbol].is_vowel
    ]
    counts = [bisect(vowels, each.end) - bisect(vowels, each.start) for each in found]
    seconds = [max(each.seconds, _SHORTEST) for each in found]
    whole = sum(counts) / max(sum(seconds), _SHORTEST)
    if whole == 0:
        return list(found)
    return [
        replace(each, pace=count / length / whole)
        for each, count, length in zip(found, counts, seconds, strict=True)
    ]


def _heard(found: Sequence[Phrase], fps: Fraction, prosody: Prosody) -> tuple[Phrase, ...]:
    """The phrases with their loudness and melody."""
    levels = [_mean(_during(prosody.loudness, each.start, each.end, fps)) for each in found]
    spread = max(float(np.std(levels)), _LEAST_SPREAD) if levels else 1.0
    middle = _mean(np.asarray(levels))
    return tuple(
        replace(
            each,
            loud=(level - middle) / spread,
            high=_median(_during(prosody.melody, each.start, each.end, fps)),
            rise=_rise(each, fps, prosody.melody),
        )
        for each, level in zip(found, levels, strict=True)
    )


def _rise(phrase: Phrase, fps: Fraction, melody: Curve) -> float:
    turn = max(phrase.start, phrase.end - ENDING_SECONDS)
    ending = _during(melody, turn, phrase.end, fps)
    before = _during(melody, phrase.start, turn, fps)
    if min(_voiced(ending), _voiced(before)) < FEWEST_VOICED:
        return 0.0
    return _median(ending) - _median(before)


def _during(curve: Curve, start: float, end: float, fps: Fraction) -> Curve:
    return curve[round(start * fps) : max(round(end * fps), round(start * fps) + 1)]


def _voiced(curve: Curve) -> int:
    return int(np.isfinite(curve).sum())


def _median(curve: Curve) -> float:
    return float(np.nanmedian(curve)) if _voiced(curve) >= FEWEST_VOICED else 0.0


def _mean(values: NDArray[np.floating]) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def _seconds(tick: int) -> float:
    return to_seconds(tick, SPEECH_RATE)
