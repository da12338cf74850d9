"""What hama itself says: its tokens as phones, how sure it is, and where it puts them.

hama writes each sound as one short spike between blanks (connectionist temporal classification,
Graves 2006). In a language it was taught the spikes are sharp and their order is right far more
often than any frame-by-frame reading; in others they are blunt, and only hints.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.core.phonemes import INVENTORY, parse
from talkies.speech.listening.phones import PHONES, phones_of

#: Tokens that are letters to `parse` but no sounds.
_NO_SOUNDS = frozenset({"<pad>", "<sos>", "<eos>", "<unk>", "<wb>", "<blank>", "一", "不"})

#: hama was taught dictionary forms of English; what it writes for a short word, and how the word
#: is said before a consonant and before a vowel ("the", "to").
_WEAK_FORMS = {
    ("ð", "i"): (("ð", "ə"), ("ð", "i")),
    ("t", "o", "ʊ"): (("t", "ə"), ("t", "ʊ")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """One spike: a sound that hama heard."""

    #: Numbers of its phones, in order.
    phones: tuple[int, ...]
    #: Hop of the spike's middle.
    hop: float
    probability: float
    #: Whether a word ends after it.
    ends_word: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """hama's vocabulary, folded: tokens that mean the same sounds are one."""

    #: Phones of each folded token; the last is empty and stands for blank and all marks.
    phones: tuple[tuple[int, ...], ...]
    #: (tokens, folded tokens), sums the probabilities of what is folded.
    folding: NDArray[np.float32]
    #: Number of the token that ends a word.
    word_end: int


def folded(tokens: Sequence[str]) -> Tokens:
    """Fold hama's list of tokens."""
    meanings = [_phones(token) for token in tokens]
    kinds = [*dict.fromkeys(meaning for meaning in meanings if meaning), ()]
    folding = np.zeros((len(tokens), len(kinds)), dtype=np.float32)
    for number, meaning in enumerate(meanings):
        folding[number, kinds.index(meaning)] = 1
    return Tokens(phones=tuple(kinds), folding=folding, word_end=list(tokens).index("<wb>"))


def _phones(token: str) -> tuple[int, ...]:
    if token in _NO_SOUNDS or not any(letter.isalpha() for letter in token):
        return ()
    return tuple(phone for symbol in parse(token) for phone in phones_of(symbol))


def emissions(log_probabilities: NDArray[np.float32], tokens: Tokens) -> tuple[Emission, ...]:
    """The spikes of the likeliest tokens in log probabilities (hops, tokens)."""
    probability = np.exp(log_probabilities) @ tokens.folding
    best = probability.argmax(axis=1)
    word_ends = np.flatnonzero(log_probabilities.argmax(axis=1) == tokens.word_end)
    spikes = [(start, end) for start, end in _runs(best) if tokens.phones[best[start]]]
    found = []
    for index, (start, end) in enumerate(spikes):
        after = spikes[index + 1][0] if index + 1 < len(spikes) else len(best)
        found.append(
            Emission(
                phones=tokens.phones[best[start]],
                hop=(start + end) / 2,
                probability=float(probability[start:end, best[start]].max()),
                ends_word=bool(np.any((word_ends >= end) & (word_ends < after))),
            )
        )
    return tuple(found)


def _runs(values: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Ranges [start, end) of equal values."""
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    yield from itertools.pairwise(edges)


def words_said(found: Sequence[Emission]) -> tuple[tuple[int, ...], ...]:
    """The phones of each word that was heard, with short words in the form that is said."""
    words: list[tuple[int, ...]] = []
    current: list[int] = []
    for emission in found:
        current += emission.phones
        if emission.ends_word:
            words.append(tuple(current))
            current = []
    words += [tuple(current)] if current else []
    return tuple(
        _said(word, following)
        for word, following in itertools.zip_longest(words, words[1:], fillvalue=())
    )


_WEAK = {
    tuple(map(PHONES.index, strong)): tuple(tuple(map(PHONES.index, form)) for form in forms)
    for strong, forms in _WEAK_FORMS.items()
}


def _said(word: tuple[int, ...], following: tuple[int, ...]) -> tuple[int, ...]:
    if word not in _WEAK or not following:
        return word
    return _WEAK[word][INVENTORY[PHONES[following[0]]].is_vowel]


#: Probability from which a spike is sharp.
_SHARP = 0.95


def fluency(found: Sequence[Emission]) -> float:
    """Share of the spikes that are sharp, 0 to 1: high only in languages hama was taught."""
    return float(np.mean([emission.probability > _SHARP for emission in found])) if found else 0.0


def support(
    log_probabilities: NDArray[np.float32], tokens: Tokens, reach: int
) -> NDArray[np.float32]:
    """Highest probability hama gives each phone within `reach` hops, (hops, phones)."""
    probability = np.exp(log_probabilities) @ tokens.folding
    share = np.zeros((len(tokens.phones), len(PHONES)), dtype=np.float32)
    for number, phones in enumerate(tokens.phones):
        for phone in phones:
            share[number, phone] = 1 / len(phones)
    per_phone = np.pad(probability @ share, ((reach, reach), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(per_phone, 2 * reach + 1, axis=0)
    return np.asarray(windows.max(axis=-1), dtype=np.float32)
