"""Finding the words of a phrase that carry a feeling."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from talkies.core.direction.faces import Feeling
from talkies.core.direction.lexicon_words import NEGATIONS, WORDS

#: A negation reaches over this many words: "not a very good idea".
NEGATION_REACH = 3

#: What a negated feeling comes to; sorrow that is not there is no joy.
_TURNED: Mapping[Feeling, Feeling] = MappingProxyType(
    {Feeling.HAPPY: Feeling.WORRIED, Feeling.DELIGHTED: Feeling.WORRIED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """A word that carries a feeling."""

    #: Its place among the words.
    number: int
    word: str
    feeling: Feeling
    #: Whether a negation before it turned the feeling round.
    negated: bool = False


def felt_words(words: tuple[str, ...], language: str | None) -> tuple[Felt, ...]:
    """The words of one phrase that carry a feeling; none in a language without a lexicon.

    `language` is espeak-ng's or any other name that begins with the ISO 639-1 code.
    """
    code = (language or "").partition("-")[0].lower()
    if code not in WORDS:
        return ()
    plain = [_plain(word) for word in words]
    found = []
    for number, word in enumerate(plain):
        feeling = _feeling(word, code)
        before = plain[max(0, number - NEGATION_REACH) : number]
        negated = not set(NEGATIONS[code].split()).isdisjoint(before)
        if feeling is not None and negated:
            feeling = _TURNED.get(feeling)
        if feeling is not None:
            found.append(Felt(number=number, word=word, feeling=feeling, negated=negated))
    return tuple(found)


_EDGES = re.compile(r"^\W+|\W+$")


def _plain(word: str) -> str:
    return _EDGES.sub("", word.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")).casefold()


def _feeling(word: str, code: str) -> Feeling | None:
    for feeling, pattern in _patterns(code):
        if pattern.fullmatch(word):
            return feeling
    return None


@cache
def _patterns(code: str) -> tuple[tuple[Feeling, re.Pattern[str]], ...]:
    return tuple(
        (feeling, re.compile("|".join(_expression(word) for word in words.split())))
        for feeling, words in WORDS[code].items()
    )


def _expression(word: str) -> str:
    plain = re.escape(word.removesuffix("*").casefold())
    return plain + (r"\w*" if word.endswith("*") else "")
