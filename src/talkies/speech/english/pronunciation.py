"""English text to the phoneme letters that Kokoro was trained on.

Words come from misaki's dictionaries, with weak forms by rule; espeak-ng says what they lack,
and its reading of the sentence chooses where one spelling has two sounds ("to record", "a
record").
"""

import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from talkies.core.phonemes import INVENTORY, parse
from talkies.speech.english.letters import PRIMARY, STRESSES, VOWELS, letters_of, unstressed
from talkies.speech.english.lexicon import DEFAULT, Lexicon, lexicon
from talkies.speech.english.numbers import spoken_forms
from talkies.speech.espeak.client import WordPhones, phonemise

#: The dictionary's role of a function word at the end of a clause.
CLAUSE_FINAL = "None"

#: Words that are letters' names when they stand in capitals.
SPELLED = frozenset(["US", "UK", "EU", "UN", "IT", "AI", "TV", "PC", "ID", "UI", "OS", "IP"])

#: Cost of the same sound with another stress, against 1 for another sound.
STRESS_COST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pronounced:
    """A written word as Kokoro's letters."""

    text: str
    #: Punctuation that opens it.
    before: str
    #: One entry for each spoken word.
    letters: tuple[str, ...]
    #: Punctuation that closes it: pauses and melody come from it.
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A spoken word in its sentence."""

    name: str
    #: Index of its written word.
    word: int
    #: espeak-ng's symbols; none where they cannot be told from those of its neighbours.
    heard: tuple[str, ...]
    ends_clause: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    """What follows a spoken word."""

    name: str = ""
    #: Its first letter of sound; empty at the end of a clause.
    sound: str = ""


_OPENING = re.compile(r"^[^\w&@+=%#$£€°]+")
_CLOSING = re.compile(r"[^\w&@+=%#$£€°]+$")
_DOTTED = re.compile(r"(?:[A-Za-z]\.){2,}")
_WORD = re.compile(r"(?:[A-Za-z]\.){2,}|[^\W_]+(?:['’][^\W_]+)*['’]?|[&@+=%]")

#: Punctuation as the model's alphabet has it.
_PUNCTUATION = str.maketrans(
    {"«": "“", "»": "”", "–": "—", "-": "—", "[": "(", "]": ")", "{": "(", "}": ")"}
)
_PAUSES = frozenset(";:,.!?—…")


def pronounced(text: str, *, is_british: bool) -> tuple[Pronounced, ...]:
    """The words of a cleaned piece of text, in order."""
    words = phonemise(text, "en-gb" if is_british else "en-us")
    forms = [_parted(form) for form in _forms(words)]
    spots = [
        spot
        for index, (word, (_, core, after)) in enumerate(zip(words, forms, strict=True))
        for spot in _spots(word, index, core, ends_clause=bool(_PAUSES & set(after)))
    ]
    letters = _said(spots, lexicon(is_british=is_british))
    return tuple(
        Pronounced(
            text=word.text,
            before=before,
            letters=tuple(
                said for spot, said in zip(spots, letters, strict=True) if spot.word == index
            ),
            after=after,
        )
        for index, (word, (before, _, after)) in enumerate(zip(words, forms, strict=True))
    )


def _forms(words: Sequence[WordPhones]) -> list[str]:
    """Each written word as English says it; a dash that espeak-ng passed over stays beside it."""
    tokens = [word.text.split() for word in words]
    forms = iter(spoken_forms(list(itertools.chain.from_iterable(tokens))))
    return [" ".join(itertools.islice(forms, len(group))) for group in tokens]


def _parted(form: str) -> tuple[str, str, str]:
    """Opening punctuation, the words, closing punctuation; dots of "U.S." are no punctuation."""
    opening = _OPENING.match(form)
    before = opening.group() if opening else ""
    rest = form[len(before) :]
    dotted = _DOTTED.match(rest)
    closing = _CLOSING.search(rest, dotted.end() if dotted else 0)
    after = closing.group() if closing else ""
    core = rest[: len(rest) - len(after)]
    return before.translate(_PUNCTUATION), core, after.translate(_PUNCTUATION)


def _spots(word: WordPhones, index: int, core: str, *, ends_clause: bool) -> list[_Spot]:
    names = _WORD.findall(core)
    edges = (*word.parts, len(word.ipa))
    parts = [word.ipa[start:end] for start, end in itertools.pairwise(edges)]
    if len(parts) != len(names):
        parts = [word.ipa] if len(names) == 1 else [()] * len(names)
    return [
        _Spot(
            name=name.replace("’", "'"),
            word=index,
            heard=heard,
            ends_clause=ends_clause and place == len(names) - 1,
        )
        for place, (name, heard) in enumerate(zip(names, parts, strict=True))
    ]


def _said(spots: Sequence[_Spot], known: Lexicon) -> list[str]:
    """The letters of each spot, from the last to the first: a word depends on the one after."""
    letters: list[str] = []
    following = _Next()
    for place in range(len(spots) - 1, -1, -1):
        spot = spots[place]
        if spot.ends_clause:
            following = _Next()
        said = _letters(spot, following, known, opens=place == 0)
        letters.append(said)
        following = _Next(name=spot.name.lower(), sound=unstressed(said)[:1])
    return letters[::-1]


def _letters(spot: _Spot, following: _Next, known: Lexicon, *, opens: bool) -> str:
    name = spot.name
    if name in SPELLED or (name == "A" and not opens):
        return known.spelled(name)
    weak = _weak_form(name.lower(), following)
    if weak is not None:
        return weak
    entry = known.find(name)
    if entry is None:
        heard = spot.heard or _alone(name, is_british=known.is_british)
        return letters_of(heard, is_british=known.is_british)
    if isinstance(entry, str):
        return entry
    if not following.sound and CLAUSE_FINAL in entry:
        return entry[CLAUSE_FINAL]
    return _chosen(entry, spot.heard)


def _weak_form(name: str, following: _Next) -> str | None:
    """Function words as they are said before what follows (misaki's special cases)."""
    before_vowel = following.sound in VOWELS and following.sound != ""
    if not following.sound:
        return {"the": "ðə", "a": "ɐ", "an": "ɐn", "in": "ˈɪn"}.get(name)
    if name == "used" and following.name == "to":
        return "jˈust"
    return {
        "the": "ði" if before_vowel else "ðə",
        "a": "ɐ",
        "an": "ɐn",
        "am": "ɐm",
        "to": "tʊ" if before_vowel else "tə",
        "i": "ˌI",
    }.get(name)


def _chosen(entry: Mapping[str, str], heard: Sequence[str]) -> str:
    """The way of saying a word that is nearest to what espeak-ng says in the sentence."""
    options = [said for role, said in entry.items() if role not in (CLAUSE_FINAL, DEFAULT, "DT")]
    candidates = list(dict.fromkeys([entry[DEFAULT], *options]))
    if not heard or len(candidates) == 1:
        return candidates[0]
    target = _stressed_sounds(heard)
    return min(candidates, key=lambda said: _distance(_stressed_sounds(_units(said)), target))


def _units(letters: str) -> list[str]:
    """Letters one by one, each with the stress mark before it."""
    return re.findall(rf"[{STRESSES}]?[^{STRESSES}]", letters)


def _stressed_sounds(units: Sequence[str]) -> list[tuple[str, bool]]:
    """Symbols, and for vowels whether they carry the main stress."""
    found = []
    stressed = False
    for unit in units:
        stressed = stressed or PRIMARY in unit
        for symbol in parse(unit):
            is_vowel = INVENTORY[symbol].is_vowel
            found.append((symbol, stressed and is_vowel))
            stressed = stressed and not is_vowel
    return found


def _distance(one: Sequence[tuple[str, bool]], other: Sequence[tuple[str, bool]]) -> float:
    """Edit distance, with `STRESS_COST` for the same sound under another stress."""
    row = [float(index) for index in range(len(other) + 1)]
    for symbol in one:
        above, row = row, [row[0] + 1]
        for index, candidate in enumerate(other):
            same_sound = symbol[0] == candidate[0]
            cost = (STRESS_COST if same_sound else 1.0) * (symbol != candidate)
            row.append(min(above[index] + cost, above[index + 1] + 1, row[index] + 1))
    return row[-1]


@functools.lru_cache(maxsize=4096)
def _alone(name: str, *, is_british: bool) -> tuple[str, ...]:
    """What espeak-ng says for a word by itself."""
    if not any(character.isalnum() for character in name):
        return ()
    words = phonemise(name, "en-gb" if is_british else "en-us")
    return tuple(ipa for word in words for ipa in word.ipa)
