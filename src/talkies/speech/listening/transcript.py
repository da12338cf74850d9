"""A transcript as phonemes in order, and the search graph that follows it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from talkies.core.phonemes import parse
from talkies.speech.espeak.client import WordPhones, phonemise
from talkies.speech.listening.phones import PHONES, phones_of
from talkies.speech.listening.viterbi import Graph

#: Column of the scores that judges pauses and whatever the transcript leaves out.
GAP = len(PHONES)

#: espeak-ng writes aspiration as a letter after its stop or affricate: it is no sound of its own.
_ASPIRATED = re.compile(r"(?<=[ptkcsɕ.])h$")

#: Log probability of leaving a word of the transcript out, per phoneme of it.
_SKIP_COST = -12.0
_UNREACHABLE = -1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """A written word and its canonical phonemes."""

    text: str
    phonemes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of the graph: a phone of a word, or the gap before or after one."""

    #: Index of the word; of the word before for a gap (-1 before all).
    word: int
    #: Index of the phoneme in its word; None for a gap.
    phoneme: int | None


def spoken_words(transcript: str, language: str) -> tuple[SpokenWord, ...]:
    """The words of a transcript as they are said.

    Raises:
        InvalidInput: there is nothing to speak in it, or it is too long.
        UnknownLanguage: espeak-ng does not speak the language.
    """
    words = (_spoken(word) for word in phonemise(transcript, language))
    return tuple(word for word in words if word.phonemes)


def _spoken(word: WordPhones) -> SpokenWord:
    symbols = (symbol for ipa in word.ipa for symbol in parse(_ASPIRATED.sub("", ipa)))
    return SpokenWord(text=word.text.strip(), phonemes=tuple(symbols))


def graph_of(words: Sequence[SpokenWord]) -> tuple[tuple[State, ...], Graph]:
    """States of a transcript and the ways through them.

    Before, between and after words there may be a gap; a word may be left out at a cost.
    """
    states = [State(word=-1, phoneme=None)]
    columns = [GAP]
    before: list[tuple[tuple[int, float], ...]] = [()]
    gap = 0
    for index, word in enumerate(words):
        ways = tuple((n, 0.0) for n in (gap, gap - 1) if n >= 0)
        for number, symbol in enumerate(word.phonemes):
            for phone in phones_of(symbol):
                states.append(State(word=index, phoneme=number))
                columns.append(phone)
                before.append(ways)
                ways = ((len(states) - 1, 0.0),)
        states.append(State(word=index, phoneme=None))
        columns.append(GAP)
        before.append((*ways, (gap, _SKIP_COST * len(word.phonemes))))
        gap = len(states) - 1
    return tuple(states), _graph(columns, before)


def _graph(columns: list[int], before: list[tuple[tuple[int, float], ...]]) -> Graph:
    count = len(columns)
    indices = np.zeros((count, 2), dtype=np.intp)
    rewards = np.full((count, 2), _UNREACHABLE, dtype=np.float32)
    for state, ways in enumerate(before):
        for place, (source, reward) in enumerate(ways):
            indices[state, place] = source
            rewards[state, place] = reward
    first = np.zeros(count, dtype=np.bool_)
    last = np.zeros(count, dtype=np.bool_)
    first[:2] = True
    last[-2:] = True
    return Graph(
        column=np.array(columns, dtype=np.intp),
        before=indices,
        reward=rewards,
        first=first,
        last=last,
    )
