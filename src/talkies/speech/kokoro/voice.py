"""The neural English voice: text spoken by Kokoro, with the model's durations put right."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from talkies.core.phonemes import parse
from talkies.core.timing import TimeRange
from talkies.speech.english.letters import STRESSES
from talkies.speech.english.pronunciation import Pronounced, pronounced
from talkies.speech.kokoro import model as kokoro
from talkies.speech.loudness import HOP_SECONDS, SPEECH_RANGE_DB, levels
from talkies.speech.spoken import PAUSE_MIN_SECONDS, Spoken, TimedPhone, joined, resampled, trimmed

#: How much later than the sound the model's durations place a phone. Seconds.
#: Measured against espeak-ng's exact events on 12 sentences: with this, a recogniser's spikes
#: stand as far behind the middles of phones (55 ms, medians), and the quietest moment of stops
#: as far behind their starts (20 ms), for both. The onsets of energy alone say 30 to 40 ms.
LATENESS = 0.048

#: How far beside its place by durations the edge of a rest may lie. Seconds.
REST_REACH = 0.06

#: What is left of a phone, at least, when the rest beside it grows. Seconds.
PHONE_MIN = 0.03

#: Rests that a piece begins and ends with, at normal speed; the model makes 0.3 and 0.5. Seconds.
REST_BEFORE = 0.05
REST_AFTER_SENTENCE = 0.45
REST_AFTER_CLAUSE = 0.15

#: Letters given to the model at once, a little under what it can take.
GROUP_MAX = kokoro.LETTERS_MAX - 10

_SENTENCE_ENDS = frozenset(".!?…")
_ENDS = _SENTENCE_ENDS | frozenset(";:,—")
_PAUSES = _ENDS | frozenset(' ()“”"')
_LENGTH_MARK = "ː"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """A letter for the model."""

    letter: str
    #: The written word it sounds in; None for spaces and punctuation.
    word: int | None


def speak_piece(text: str, voice: str, *, speed: float, pitch: float) -> tuple[Spoken, bool]:
    """One piece of English in a vendored voice; the second value is always False.

    `speed` and `pitch` are factors from 0.5 to 2. The model knows no pitch: the sound is made
    slower and played faster, so a higher voice is also that of a smaller speaker.
    """
    words = pronounced(text, is_british=voice.startswith("b"))
    groups = _groups(_letters(words))
    parts = [_spoken(group, voice, speed=speed / pitch) for group in groups]
    if not parts:
        return Spoken(samples=np.zeros(0, np.float32), rate=kokoro.RATE, phones=(), words=()), False
    whole = replace(joined(parts, [0.0] * len(parts)), words=tuple(word.text for word in words))
    repitched = resampled(replace(whole, rate=round(kokoro.RATE * pitch)), kokoro.RATE)
    return repitched, False


def _letters(words: Sequence[Pronounced]) -> list[_Letter]:
    """All letters of a piece, with a space between words and punctuation at the end."""
    letters: list[_Letter] = []
    for index, word in enumerate(words):
        letters += _each(word.before, None)
        for place, said in enumerate(word.letters):
            letters += [*_each(" " if place else "", None), *_each(said, index)]
        letters += _each(_deduplicated(word.after) + " ", None)
    while letters and letters[-1].letter == " ":
        letters.pop()
    if letters and letters[-1].letter not in _ENDS | frozenset(')”"'):
        letters.append(_Letter(letter=".", word=None))
    return letters


def _each(text: str, word: int | None) -> Iterator[_Letter]:
    return (_Letter(letter=letter, word=word) for letter in kokoro.known_letters(text))


def _deduplicated(text: str) -> str:
    return "".join(letter for letter, _ in itertools.groupby(text))


def _groups(letters: Sequence[_Letter]) -> list[Sequence[_Letter]]:
    """Runs that the model can take, cut at the latest pause."""
    groups = []
    rest = letters
    while len(rest) > GROUP_MAX:
        pauses = [index for index in range(GROUP_MAX) if rest[index].letter in _PAUSES]
        cut = pauses[-1] + 1 if pauses else GROUP_MAX
        groups.append(rest[:cut])
        rest = rest[cut:]
    groups.append(rest)
    return [group for group in groups if any(letter.word is not None for letter in group)]


def _spoken(letters: Sequence[_Letter], voice: str, *, speed: float) -> Spoken:
    """One run of letters, with as much rest around it as its last letter asks for."""
    sounding = kokoro.sound_of("".join(each.letter for each in letters), voice, speed=speed)
    phones = _timed(letters, _on_time(sounding.edges))
    rested = _with_rests(phones, sounding.samples)
    spoken = Spoken(samples=sounding.samples, rate=kokoro.RATE, phones=rested, words=())
    ends = any(each.letter in _SENTENCE_ENDS for each in letters[-2:])
    after = REST_AFTER_SENTENCE if ends else REST_AFTER_CLAUSE
    return trimmed(spoken, before=REST_BEFORE / speed, after=after / speed)


def _on_time(edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Edges of letters without the lateness; the ends of the sound stay."""
    early = np.maximum(edges - round(LATENESS * kokoro.RATE), 0)
    early[-1] = edges[-1]
    return early


def _timed(letters: Sequence[_Letter], edges: NDArray[np.int64]) -> list[TimedPhone]:
    """Phones from a start to an end pause; stress goes to the sound after it, length before."""
    phones = [_phone("", None, int(edges[0]), int(edges[1]))]
    waiting: int | None = None
    for each, (start, end) in zip(letters, itertools.pairwise(edges[1:-1].tolist()), strict=True):
        if each.letter in STRESSES:
            waiting = start if waiting is None else waiting
        elif each.letter == _LENGTH_MARK:
            phones[-1] = replace(phones[-1], span=TimeRange(phones[-1].span.start, end))
        else:
            phones.append(
                _phone(each.letter, each.word, start if waiting is None else waiting, end)
            )
            waiting = None
    last = phones[-1].span.end
    return [*phones, _phone("", None, last, int(edges[-1]))]


def _phone(letter: str, word: int | None, start: int, end: int) -> TimedPhone:
    symbols = () if word is None else parse(letter)
    return TimedPhone(symbols=symbols, span=TimeRange(start, end), word=word)


def _with_rests(
    phones: Sequence[TimedPhone], samples: NDArray[np.float32]
) -> tuple[TimedPhone, ...]:
    """Pauses where the sound is at rest, not where durations say: spaces are often spoken over.

    Each run of pauses becomes the longest quiet stretch around it, or nothing. The last sound of
    a piece takes in silence by its duration; here it ends with its energy.
    """
    measured = levels(samples, kokoro.RATE)
    quiet = measured.db < measured.loud - SPEECH_RANGE_DB
    found: list[TimedPhone] = []
    runs = [
        (is_pause, list(group))
        for is_pause, group in itertools.groupby(phones, key=lambda phone: phone.is_pause)
    ]
    for index, (is_pause, group) in enumerate(runs):
        if not is_pause:
            found += group
            continue
        before = found[-1] if found else None
        after = runs[index + 1][1][0] if index + 1 < len(runs) else None
        rest = _rest(group, before, after, quiet)
        if before is not None:
            found[-1] = replace(before, span=TimeRange(before.span.start, rest.start))
        found.append(TimedPhone(symbols=(), span=rest, word=None))
        if after is not None:
            runs[index + 1][1][0] = replace(after, span=TimeRange(rest.end, after.span.end))
    return tuple(found)


def _rest(
    pauses: Sequence[TimedPhone],
    before: TimedPhone | None,
    after: TimedPhone | None,
    quiet: NDArray[np.bool_],
) -> TimeRange:
    """The quiet stretch around pauses; an empty one in their middle where the voice goes on."""
    start, end = pauses[0].span.start, pauses[-1].span.end
    reach, least = round(REST_REACH * kokoro.RATE), round(PHONE_MIN * kokoro.RATE)
    low = start if before is None else max(start - reach, min(before.span.start + least, start))
    high = end if after is None else min(end + reach, max(after.span.end - least, end))
    if after is None and before is not None:
        low = min(before.span.start + least, start)
    hop = round(HOP_SECONDS * kokoro.RATE)
    first, last = -(-low // hop), min(high // hop, len(quiet))
    runs = _quiet_runs(quiet[first:last])
    if before is None:
        stop = runs[0][1] + first if runs and runs[0][0] == 0 else 0
        return TimeRange(0, min(stop * hop, high))
    if after is None:
        begin = runs[-1][0] + first if runs and runs[-1][1] == last - first else last
        return TimeRange(max(low, min(begin * hop, high)), high)
    longest = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
    if (longest[1] - longest[0]) * HOP_SECONDS < PAUSE_MIN_SECONDS:
        middle = (start + end) // 2
        return TimeRange(middle, middle)
    return TimeRange((longest[0] + first) * hop, min((longest[1] + first) * hop, high))


def _quiet_runs(quiet: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
