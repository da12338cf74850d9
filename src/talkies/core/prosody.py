"""Prosody: the phrases, pauses and emphasised syllables that gestures follow."""

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import SILENCE, Alignment, Phoneme
from talkies.core.phonemes import INVENTORY
from talkies.core.timing import SPEECH_RATE, TimeRange, to_seconds

#: A silence this long, in seconds, ends a phrase.
PHRASE_PAUSE_SECONDS = 0.25
#: Emphases are at least this far apart, in seconds: about one stress group.
EMPHASIS_SPACING = 0.7
#: A syllable is emphasised when it stands out by this factor from the middle one,
EMPHASIS_FACTOR = 1.15
#: and with full strength from this factor on.
FULL_EMPHASIS_FACTOR = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A silence between, before or after phrases, in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Emphasis:
    """A syllable that stands out."""

    #: Middle of its vowel, in seconds.
    time: float
    #: 0 to 1.
    strength: float


def pauses(alignment: Alignment) -> tuple[Pause, ...]:
    """The silences long enough to part phrases, neighbouring silences joined."""
    runs = (
        list(run)
        for silent, run in groupby(alignment.phonemes, key=lambda p: p.symbol == SILENCE)
        if silent
    )
    spans = (TimeRange(run[0].span.start, run[-1].span.end) for run in runs)
    return tuple(
        Pause(start=to_seconds(span.start, SPEECH_RATE), end=to_seconds(span.end, SPEECH_RATE))
        for span in spans
        if span.length >= PHRASE_PAUSE_SECONDS * SPEECH_RATE
    )


def emphases(
    alignment: Alignment, fps: Fraction, loudness: NDArray[np.float32] | None = None
) -> tuple[Emphasis, ...]:
    """Syllables longer, more open and louder than the middle one, strongest of each group.

    Args:
        alignment: phonemes in time.
        fps: frames per second of `loudness`.
        loudness: shape (frames,), 0 to 1; left out, length and openness decide.
    """
    vowels = [p for p in alignment.phonemes if p.symbol in INVENTORY and _is_vowel(p)]
    if not vowels:
        return ()
    weights = np.array([_weight(vowel, fps, loudness) for vowel in vowels])
    prominence = weights / max(float(np.median(weights)), 1e-9)
    return _spaced(prominence, [to_seconds(v.span.middle, SPEECH_RATE) for v in vowels])


def _spaced(prominence: NDArray[np.float64], times: Sequence[float]) -> tuple[Emphasis, ...]:
    """The most prominent times, strongest first, each at a distance from those before."""
    taken = [-math.inf, math.inf]
    chosen: list[Emphasis] = []
    for number in np.argsort(-prominence, kind="stable"):
        time, strength = times[number], float(prominence[number]) / FULL_EMPHASIS_FACTOR
        place = bisect(taken, time)
        near = min(time - taken[place - 1], taken[place] - time)
        if prominence[number] >= EMPHASIS_FACTOR and near >= EMPHASIS_SPACING:
            taken.insert(place, time)
            chosen.append(Emphasis(time=time, strength=min(1.0, strength)))
    return tuple(sorted(chosen, key=lambda emphasis: emphasis.time))


def _is_vowel(phoneme: Phoneme) -> bool:
    return INVENTORY[phoneme.symbol].is_vowel


def _weight(vowel: Phoneme, fps: Fraction, loudness: NDArray[np.float32] | None) -> float:
    openness = 0.6 + 0.4 * INVENTORY[vowel.symbol].openness
    weight = np.sqrt(vowel.span.length / SPEECH_RATE) * openness
    if loudness is None or not len(loudness):
        return float(weight)
    frame = int(to_seconds(vowel.span.middle, SPEECH_RATE) * float(fps))
    return float(weight * (0.3 + loudness[min(frame, len(loudness) - 1)]))


def activity(silences: Sequence[Pause], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 while someone speaks, 0 in pauses, shape of `times` (seconds)."""
    speaking = np.ones(len(times))
    for pause in silences:
        speaking[(times >= pause.start) & (times < pause.end)] = 0.0
    return speaking
