"""Which written word each of espeak-ng's phonemes belongs to.

espeak-ng reports text positions that drift after contractions and symbols. Marks of its SSML
mode do not drift and leave the phonemes as they are, so each written word gets one; the mark of
a word that opens a clause is sometimes lost, and is put back from the clause's end.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from talkies.speech.text import TOKEN_MAX, UNSPACED

#: One event of the child: sample, kind and what the kind brings along.
Event = Sequence[Any]


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


def script_of(text: str) -> Script:
    """Mark the words of a piece, or leave them unmarked in a script that has no spaces."""
    if UNSPACED.search(text):
        return Script(tokens=(), text=text)
    tokens = tuple(text.split())
    marked = " ".join(
        f'<mark name="{index}"/>{_spoken(token)}' for index, token in enumerate(tokens)
    )
    return Script(tokens=tokens, text=marked)


def _spoken(token: str) -> str:
    """A token as SSML, in parts where it is too long for espeak-ng's buffer of one word."""
    return escape(" ".join(token[at : at + TOKEN_MAX] for at in range(0, len(token), TOKEN_MAX)))


def assigned(
    script: Script, text: str, events: Sequence[Event]
) -> tuple[tuple[str, ...], tuple[Sounded, ...], bool]:
    """Written words, phonemes with the index of their word, and whether another language spoke.

    Written words without a phoneme ("--") join the word before them, or the one after if they
    come first, so that every word is spoken and nothing written is lost.
    """
    tokens = script.tokens or tuple(_found_words(text, events))
    walk = _by_marks(events) if script.is_marked else _by_positions(events)
    sounds = [
        Sounded(sample=event[0], ipa=event[2], word=min(word, len(tokens) - 1))
        for word, event in walk
    ]
    switched = any(sound.ipa.startswith("(") for sound in sounds)
    spoken = [sound for sound in sounds if not sound.ipa.startswith("(")]
    words, number_of = _joined(tokens, {sound.word for sound in spoken if sound.ipa})
    renumbered = tuple(
        Sounded(sample=sound.sample, ipa=sound.ipa, word=number_of[sound.word]) for sound in spoken
    )
    return words, renumbered, switched


def _by_marks(events: Sequence[Event]) -> Iterator[tuple[int, Event]]:
    """Phoneme events with the index of the last mark, or one more after an unmarked clause end."""
    next_marks = _next_marks(events)
    word = 0
    clause_ended = False
    for event, next_mark in zip(events, next_marks, strict=True):
        kind = event[1]
        if kind == "mark":
            word = max(word, int(event[2]))
        elif kind == "word" and clause_ended:
            word = max(word, min(word + 1, next_mark - 1))
        if kind in ("mark", "word", "end"):
            clause_ended = kind == "end"
        if kind == "phoneme":
            yield word, event


def _next_marks(events: Sequence[Event]) -> list[int]:
    """For each event, the index of the first mark after it; a large number where none follows."""
    coming = 1 << 30
    found = []
    for event in reversed(events):
        found.append(coming)
        if event[1] == "mark":
            coming = int(event[2])
    return found[::-1]


def _by_positions(events: Sequence[Event]) -> Iterator[tuple[int, Event]]:
    """Phoneme events with the number of different word positions so far."""
    word = -1
    position = 0
    for event in events:
        if event[1] == "word" and event[2] > position:
            word += 1
            position = event[2]
        elif event[1] == "phoneme":
            yield max(word, 0), event


def _found_words(text: str, events: Sequence[Event]) -> Iterator[str]:
    """The text from each word position to the next; the first takes what comes before it."""
    starts: list[int] = []
    for event in events:
        if event[1] == "word" and event[2] - 1 > (starts[-1] if starts else -1):
            starts.append(event[2] - 1)
    edges = [0, *starts[1:], len(text)]
    for start, end in itertools.pairwise(edges):
        yield text[start:end].strip()


def _joined(tokens: Sequence[str], spoken: set[int]) -> tuple[tuple[str, ...], list[int]]:
    """Words after silent tokens joined their neighbours, and each token's word."""
    words: list[str] = []
    numbers: list[int] = []
    opening: list[str] = []
    for index, token in enumerate(tokens):
        if index in spoken:
            words.append(" ".join([*opening, token]))
            opening = []
        elif words:
            words[-1] = f"{words[-1]} {token}".strip()
        else:
            opening.append(token)
        numbers.append(max(len(words) - 1, 0))
    return tuple(words), numbers
