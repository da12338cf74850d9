"""The sounds of speech: one canonical symbol each, what the mouth does, and every spelling of it.

A canonical symbol is one IPA letter, one of six affricates written as two letters ("tʃ"), or one
of the five diphthongs of ARPABET ("aɪ aʊ eɪ oʊ ɔɪ"). Length, stress, tone, phonation and fine
articulation are folded away: a camera does not see them.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """How a sound is made (the IPA chart's manners, and two kinds of vowel)."""

    VOWEL = "vowel"
    DIPHTHONG = "diphthong"
    PLOSIVE = "plosive"
    AFFRICATE = "affricate"
    FRICATIVE = "fricative"
    NASAL = "nasal"
    APPROXIMANT = "approximant"
    LATERAL = "lateral"
    TRILL = "trill"
    TAP = "tap"
    CLICK = "click"


class Place(StrEnum):
    """Where the tract is narrowest, from the lips to the glottis."""

    BILABIAL = "bilabial"
    LABIODENTAL = "labiodental"
    DENTAL = "dental"
    ALVEOLAR = "alveolar"
    POSTALVEOLAR = "postalveolar"
    RETROFLEX = "retroflex"
    PALATAL = "palatal"
    VELAR = "velar"
    UVULAR = "uvular"
    PHARYNGEAL = "pharyngeal"
    GLOTTAL = "glottal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """What a mouth does for one canonical symbol."""

    symbol: str
    kind: Kind
    voiced: bool = True
    #: None for vowels.
    place: Place | None = None
    #: Lips pushed forward and together.
    rounded: bool = False
    #: Vowels: 0 close /i/ to 1 open /a/. Consonants: 0.
    openness: float = 0.0
    #: Vowels: 0 front /i/ to 1 back /u/. Consonants: .5.
    backness: float = 0.5
    #: The two vowels of a diphthong; empty for every other sound.
    parts: tuple[str, ...] = ()

    @property
    def is_vowel(self) -> bool:
        return self.kind in (Kind.VOWEL, Kind.DIPHTHONG)


#: The IPA chart (2020): (kind, place, voiceless symbols, voiced symbols).
_CONSONANTS = (
    (Kind.PLOSIVE, Place.BILABIAL, "p", "b ɓ"),
    (Kind.PLOSIVE, Place.ALVEOLAR, "t", "d ɗ"),
    (Kind.PLOSIVE, Place.RETROFLEX, "ʈ", "ɖ ᶑ"),
    (Kind.PLOSIVE, Place.PALATAL, "c", "ɟ ʄ"),
    (Kind.PLOSIVE, Place.VELAR, "k", "ɡ ɠ"),
    (Kind.PLOSIVE, Place.UVULAR, "q", "ɢ ʛ"),
    (Kind.PLOSIVE, Place.PHARYNGEAL, "ʡ", ""),
    (Kind.PLOSIVE, Place.GLOTTAL, "ʔ", ""),
    (Kind.AFFRICATE, Place.POSTALVEOLAR, "tʃ", "dʒ"),
    (Kind.AFFRICATE, Place.RETROFLEX, "ʈʂ", "ɖʐ"),
    (Kind.AFFRICATE, Place.PALATAL, "tɕ", "dʑ"),
    (Kind.FRICATIVE, Place.BILABIAL, "ɸ", "β"),
    (Kind.FRICATIVE, Place.LABIODENTAL, "f", "v"),
    (Kind.FRICATIVE, Place.DENTAL, "θ", "ð"),
    (Kind.FRICATIVE, Place.ALVEOLAR, "s", "z"),
    (Kind.FRICATIVE, Place.POSTALVEOLAR, "ʃ ɧ", "ʒ"),
    (Kind.FRICATIVE, Place.RETROFLEX, "ʂ", "ʐ"),
    (Kind.FRICATIVE, Place.PALATAL, "ç ɕ", "ʝ ʑ"),
    (Kind.FRICATIVE, Place.VELAR, "x ʍ", "ɣ"),
    (Kind.FRICATIVE, Place.UVULAR, "χ", "ʁ"),
    (Kind.FRICATIVE, Place.PHARYNGEAL, "ħ ʜ", "ʕ ʢ"),
    (Kind.FRICATIVE, Place.GLOTTAL, "h", "ɦ"),
    (Kind.NASAL, Place.BILABIAL, "", "m"),
    (Kind.NASAL, Place.LABIODENTAL, "", "ɱ"),
    (Kind.NASAL, Place.ALVEOLAR, "", "n"),
    (Kind.NASAL, Place.RETROFLEX, "", "ɳ"),
    (Kind.NASAL, Place.PALATAL, "", "ɲ"),
    (Kind.NASAL, Place.VELAR, "", "ŋ"),
    (Kind.NASAL, Place.UVULAR, "", "ɴ"),
    (Kind.APPROXIMANT, Place.LABIODENTAL, "", "ʋ"),
    (Kind.APPROXIMANT, Place.ALVEOLAR, "", "ɹ"),
    (Kind.APPROXIMANT, Place.RETROFLEX, "", "ɻ"),
    (Kind.APPROXIMANT, Place.PALATAL, "", "j ɥ"),
    (Kind.APPROXIMANT, Place.VELAR, "", "ɰ w"),
    (Kind.LATERAL, Place.ALVEOLAR, "ɬ", "l ɮ ɺ"),
    (Kind.LATERAL, Place.RETROFLEX, "", "ɭ"),
    (Kind.LATERAL, Place.PALATAL, "", "ʎ"),
    (Kind.LATERAL, Place.VELAR, "", "ʟ"),
    (Kind.TRILL, Place.BILABIAL, "", "ʙ"),
    (Kind.TRILL, Place.ALVEOLAR, "", "r"),
    (Kind.TRILL, Place.UVULAR, "", "ʀ"),
    (Kind.TAP, Place.LABIODENTAL, "", "ⱱ"),
    (Kind.TAP, Place.ALVEOLAR, "", "ɾ"),
    (Kind.TAP, Place.RETROFLEX, "", "ɽ"),
    (Kind.CLICK, Place.BILABIAL, "ʘ", ""),
    (Kind.CLICK, Place.DENTAL, "ǀ", ""),
    (Kind.CLICK, Place.ALVEOLAR, "ǃ ǁ", ""),
    (Kind.CLICK, Place.PALATAL, "ǂ", ""),
)
_ROUNDED_CONSONANTS = frozenset("wʍɥ")

#: The vowel chart: openness (close 0, open 1) and symbols as "unrounded rounded" by column.
_VOWELS = (
    # openness, front, central, back ("-" where the chart is empty)
    (0.00, "i y", "ɨ ʉ", "ɯ u"),
    (0.20, "ɪ ʏ", "- -", "- ʊ"),
    (0.42, "e ø", "ɘ ɵ", "ɤ o"),
    (0.50, "- -", "ə -", "- -"),
    (0.65, "ɛ œ", "ɜ ɞ", "ʌ ɔ"),
    (0.85, "æ -", "ɐ -", "- -"),
    (1.00, "a ɶ", "- -", "ɑ ɒ"),
)
_R_COLOURED = {"ɚ": 0.50, "ɝ": 0.60}

_DIPHTHONGS = ("aɪ", "aʊ", "eɪ", "oʊ", "ɔɪ")


def _consonants() -> Iterator[Phone]:
    for kind, place, voiceless, voiced in _CONSONANTS:
        for symbols, voice in ((voiceless, False), (voiced, True)):
            for symbol in symbols.split():
                rounded = symbol in _ROUNDED_CONSONANTS
                yield Phone(symbol=symbol, kind=kind, voiced=voice, place=place, rounded=rounded)


def _vowels() -> Iterator[Phone]:
    for openness, *columns in _VOWELS:
        for backness, column in zip((0.0, 0.5, 1.0), columns, strict=True):
            for rounded, symbol in enumerate(column.split()):
                if symbol != "-":
                    yield Phone(
                        symbol=symbol,
                        kind=Kind.VOWEL,
                        rounded=bool(rounded),
                        openness=openness,
                        backness=backness,
                    )
    for symbol, openness in _R_COLOURED.items():
        yield Phone(symbol=symbol, kind=Kind.VOWEL, rounded=True, openness=openness)


def _diphthongs(vowels: Mapping[str, Phone]) -> Iterator[Phone]:
    for symbol in _DIPHTHONGS:
        nucleus = vowels[symbol[0]]
        yield Phone(
            symbol=symbol,
            kind=Kind.DIPHTHONG,
            rounded=nucleus.rounded,
            openness=nucleus.openness,
            backness=nucleus.backness,
            parts=tuple(symbol),
        )


def _inventory() -> dict[str, Phone]:
    single = {phone.symbol: phone for phone in (*_consonants(), *_vowels())}
    return single | {phone.symbol: phone for phone in _diphthongs(single)}


#: Every canonical symbol and what the mouth does for it.
INVENTORY: Mapping[str, Phone] = MappingProxyType(_inventory())

#: What an unknown letter becomes: the mouth at its most neutral while it speaks.
NEUTRAL = "ə"

#: Other spellings, each with the canonical symbols it stands for.
_SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {spelling: tuple(symbols.split()) for spelling, symbols in {
        # Letters of other alphabets and of older charts.
        "g": "ɡ", "ε": "ɛ", "φ": "ɸ", "Φ": "ɸ", "ϕ": "ɸ", "ϑ": "θ", "γ": "ɣ", "λ": "ʎ", "ı": "ɯ",
        "ᵻ": "ɪ", "ᵿ": "ʊ", "ɩ": "ɪ", "ɷ": "ʊ", "ɫ": "l", "ɼ": "r", "ᴀ": "a", "ᴇ": "ɛ", "ʚ": "ɞ",
        "ɿ": "ɨ", "ʅ": "ɨ", "ʮ": "ʉ", "ʯ": "ʉ", "ȵ": "ɲ", "ȶ": "t", "ȡ": "d", "ȴ": "l", "ƛ": "t ɬ",
        "ʇ": "ǀ", "ʗ": "ǃ", "ʖ": "ǁ", "ʞ": "k", "ƥ": "p", "ƭ": "t", "ƙ": "k", "ʠ": "q", "ɚ˞": "ɚ",
        "ə˞": "ɚ", "ɜ˞": "ɝ", "˞": "ɹ", "ꞎ": "ɬ", "ʩ": "f ŋ", "ʪ": "l s", "ʫ": "l z",
        # Affricates as one letter, and the British OW.
        "ʤ": "dʒ", "ʧ": "tʃ", "ʨ": "tɕ", "ʥ": "dʑ", "ʦ": "t s", "ʣ": "d z", "ꭧ": "ʈʂ", "ꭦ": "ɖʐ",
        "tʂ": "ʈʂ", "dʐ": "ɖʐ", "əʊ": "oʊ",
        # Superscripts that are short sounds of their own.
        "ʷ": "w", "ᵊ": "ə", "ᵐ": "m", "ⁿ": "n", "ᵑ": "ŋ", "ᶮ": "ɲ", "ˡ": "l",
        # Kokoro's and misaki's letters for English diphthongs and the flap.
        "A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "oʊ", "W": "aʊ", "Y": "ɔɪ", "T": "ɾ",
        # Names that espeak-ng leaves in Kirshenbaum's ASCII.
        "S": "ʃ", "Z": "ʒ", "N": "ŋ", "X": "χ", "?": "ʔ", "n^": "ɲ", "l^": "ʎ", "s.": "ʂ",
        "z.": "ʐ", "ts.": "ʈʂ", "dz.": "ɖʐ", "t.": "ʈ", "d.": "ɖ", "n.": "ɳ", "l.": "ɭ", "r.": "ɽ",
    }.items()}
)  # fmt: skip

_KNOWN = {symbol: (symbol,) for symbol in INVENTORY} | dict(_SPELLINGS)
_LONGEST_FIRST = sorted(_KNOWN, key=len, reverse=True)
_TOKEN = re.compile("|".join(map(re.escape, _LONGEST_FIRST)) + "|.", re.DOTALL)

#: "(en)", "(en-us)": espeak-ng switches its language; "<unk>": a recogniser's own tokens.
_MARKERS = re.compile(r"\([a-z]{2,3}(?:-[A-Za-z0-9-]+)?\)|<[^<>]*>")
#: At the end of a word these close a sentence; elsewhere they are Kirshenbaum's letters.
_PUNCTUATION = re.compile(r"[.?]+(?=\W|$)")
#: Kept out of the fold although Unicode takes it for a letter with a mark.
_CEDILLA = ("c\N{COMBINING CEDILLA}", "ç")
#: Modifier letters that sound by themselves; all others are marks.
_SOUNDING_MODIFIERS = frozenset(s for s in _SPELLINGS if unicodedata.category(s[0]) in ("Lm", "Sk"))


def parse(ipa: str) -> tuple[str, ...]:
    """The canonical symbols in a piece of IPA, in order.

    Takes what espeak-ng, hama, Kokoro and misaki write: ties, length, stress, tones as digits,
    letters or marks, nasalised, palatalised, aspirated, ejective, syllabic and r-coloured sounds,
    language switches. Marks without a sound are dropped. A letter that no table knows becomes
    its Latin base letter, or `NEUTRAL`. Never raises.

    Stress, dots and spaces part symbols: "tʃ" is one affricate, "t ʃ" are two sounds.
    """
    text = ipa if ipa in _SPELLINGS else _PUNCTUATION.sub(" ", _MARKERS.sub(" ", ipa))
    tokens: list[str] = _TOKEN.findall(_fold(text))
    return tuple(symbol for token in tokens for symbol in _symbols(token))


def _fold(ipa: str) -> str:
    text = unicodedata.normalize("NFD", ipa).replace(*_CEDILLA)
    return "".join(letter for letter in text if not _is_mark(letter))


def _is_mark(letter: str) -> bool:
    if letter in _SOUNDING_MODIFIERS or letter in _SIGNS:
        return False
    return unicodedata.category(letter) in ("Mn", "Mc", "Me", "Lm", "Sk", "Cf") or letter == ":"


#: Signs that stay until symbols are read: stress parts them, "^" is Kirshenbaum's palatal.
_SIGNS = frozenset("ˈˌ^")


def _symbols(token: str) -> tuple[str, ...]:
    known = _KNOWN.get(token)
    if known is not None:
        return known
    if not unicodedata.category(token).startswith("L") or token in _SIGNS:
        return ()
    return _KNOWN.get(_latin_base(token), (NEUTRAL,))


_LATIN_NAME = re.compile(r"LATIN (?:SMALL|CAPITAL|LETTER SMALL CAPITAL) LETTER (\w)\b")


def _latin_base(letter: str) -> str:
    """The base letter, as l for ł and L; empty where Unicode names no Latin letter."""
    match = _LATIN_NAME.match(unicodedata.name(letter, ""))
    return str(match[1]).lower() if match else ""
