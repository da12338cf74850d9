"""Which written word each of espeak-ng's phonemes belongs to.

espeak-ng reports text positions that drift after contractions and symbols. Marks of its SSML
mode do not drift and leave the phonemes as they are, so each written word gets one; the mark of
a word that opens a clause is sometimes lost, and is put back from the clause's end.
"""

import bisect
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import escape

from talkies.speech.english.numbers import spoken_forms
from talkies.speech.text import TOKEN_MAX, UNSPACED

#: One event of the child: sample, kind and what the kind brings along.
Event = Sequence[Any]

#: A phoneme event with the index of its written word, and whether a spoken word begins with it.
Walked = tuple[int, bool, Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A piece of text as espeak-ng gets it."""

    #: The words as they were written; none where they have to be found in the events.
    tokens: tuple[str, ...]
    #: What is sent to the child.
    text: str

    @property
    def is_marked(self) -> bool:
        return bool(self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounded:
    """One phoneme or pause of espeak-ng."""

    #: Sample where it starts, at the child's rate.
    sample: int
    #: What espeak-ng wrote, with its stress marks; empty for a pause.
    ipa: str
    #: Index of its written word.
    word: int
    #: Whether a spoken word begins here; a written one ("42") may have several.
    opens: bool = False


def script_of(text: str, *, english: bool = False) -> Script:
    """Mark the words of a piece, or leave them unmarked in a script that has no spaces.

    English numbers and abbreviations are spelled out: espeak-ng says "$5" as "dollar five".
    """
    if UNSPACED.search(text):
        return Script(tokens=(), text=text)
    tokens = tuple(text.split())
    marked = " ".join(
        f'<mark name="{index}"/>{_spoken(form)}'
        for index, form in enumerate(spoken_forms(tokens) if english else tokens)
    )
    return Script(tokens=tokens, text=marked)


def _spoken(form: str) -> str:
    """Words as SSML, in parts where one is too long for espeak-ng's buffer of a word."""
    parts = (
        word[at : at + TOKEN_MAX] for word in form.split() for at in range(0, len(word), TOKEN_MAX)
    )
    return escape(" ".join(parts))


def assigned(
    script: Script, text: str, events: Sequence[Event]
) -> tuple[tuple[str, ...], tuple[Sounded, ...], bool]:
    """Written words, phonemes with the index of their word, and whether another language spoke.

    Written words without a phoneme ("--") join the word before them, or the one after if they
    come first, so that every word is spoken and nothing written is lost.
    """
    tokens = script.tokens or tuple(_found_words(text, events)) or (text,)
    walk = _by_marks(events) if script.is_marked else _by_positions(events)
    sounds = [
        Sounded(sample=event[0], ipa=event[2], word=min(word, len(tokens) - 1), opens=opens)
        for word, opens, event in walk
    ]
    switched = any(sound.ipa.startswith("(") for sound in sounds)
    spoken = [sound for sound in sounds if not sound.ipa.startswith("(")]
    spoken = _shared_out(tokens, spoken)
    words, number_of = _joined(tokens, {sound.word for sound in spoken if sound.ipa})
    renumbered = tuple(replace(sound, word=number_of[sound.word]) for sound in spoken)
    return words, renumbered, switched


def _by_marks(events: Sequence[Event]) -> Iterator[Walked]:
    """With the index of the last mark, or one more after an unmarked clause end."""
    next_marks = _next_marks(events)
    word = 0
    clause_ended = False
    opens = False
    for event, next_mark in zip(events, next_marks, strict=True):
        kind = event[1]
        if kind == "mark":
            word = max(word, int(event[2]))
        elif kind == "word" and clause_ended:
            word = max(word, min(word + 1, next_mark - 1))
        if kind in ("mark", "word", "end"):
            clause_ended = kind == "end"
            opens = True
        if kind == "phoneme":
            yield word, opens, event
            opens = opens and not event[2]


def _next_marks(events: Sequence[Event]) -> list[int]:
    """For each event, the index of the first mark after it; a large number where none follows."""
    coming = 1 << 30
    found = []
    for event in reversed(events):
        found.append(coming)
        if event[1] == "mark":
            coming = int(event[2])
    return found[::-1]


def _by_positions(events: Sequence[Event]) -> Iterator[Walked]:
    """With the number of different word positions so far."""
    word = -1
    position = 0
    opens = False
    for event in events:
        if event[1] == "word":
            opens = True
            if event[2] > position:
                word += 1
                position = event[2]
        elif event[1] == "phoneme":
            yield max(word, 0), opens, event
            opens = opens and not event[2]


def _found_words(text: str, events: Sequence[Event]) -> Iterator[str]:
    """The text from each word position to the next; the first takes what comes before it."""
    starts: list[int] = []
    for event in events:
        if event[1] == "word" and event[2] - 1 > (starts[-1] if starts else -1):
            starts.append(event[2] - 1)
    edges = [0, *starts[1:], len(text)]
    for start, end in itertools.pairwise(edges):
        yield text[start:end].strip()


def _shared_out(tokens: Sequence[str], sounds: Sequence[Sounded]) -> list[Sounded]:
    """Phrases that espeak-ng says as one word ("of the") give each written word its share.

    A word takes phonemes from the one before it in proportion to their letters.
    """
    counts = Counter(sound.word for sound in sounds if sound.ipa)
    owners = [_owner(tokens, counts, index) for index in range(len(tokens))]
    shared: list[Sounded] = []
    for word, group in itertools.groupby(sounds, key=lambda sound: sound.word):
        members = [index for index, owner in enumerate(owners) if owner == word] or [word]
        letters = [max(len(tokens[index]), 1) for index in members]
        ends = [end / sum(letters) for end in itertools.accumulate(letters)]
        units = list(group)
        for position, unit in enumerate(units):
            place = bisect.bisect_left(ends[:-1], (position + 0.5) / len(units))
            shared.append(replace(unit, word=members[place]))
    return shared


def _owner(tokens: Sequence[str], counts: Mapping[int, int], index: int) -> int:
    """The word whose phonemes a word shares: its own, or those of a phrase that began before."""
    owner = index
    while owner > 0 and not counts[owner] and any(map(str.isalnum, tokens[owner])):
        owner -= 1
    return owner if counts[owner] > index - owner else index


def _joined(tokens: Sequence[str], spoken: set[int]) -> tuple[tuple[str, ...], list[int]]:
    """Words after silent tokens joined their neighbours, and each token's word."""
    words: list[str] = []
    numbers: list[int] = []
    opening: list[str] = []
    for index, token in enumerate(tokens):
        if index in spoken and (token or not words):
            words.append(" ".join([*opening, token]))
            opening = []
        elif words:
            words[-1] = f"{words[-1]} {token}".strip()
        else:
            opening.append(token)
        numbers.append(max(len(words) - 1, 0))
    return tuple(words), numbers
