"""The phoneme letters of Kokoro's English: espeak-ng's symbols in them, and endings of words.

The alphabet and the rules are those of misaki (Apache-2.0), which Kokoro was trained with.
"""

from collections.abc import Iterable

PRIMARY, SECONDARY = "ˈ", "ˌ"
STRESSES = PRIMARY + SECONDARY
VOWELS = frozenset("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻɐ")

#: Sounds after which an American /t/ before a vowel becomes a tap.
TAP_AFTER = frozenset("AIOWYiuæɑəɛɪɹʊʌ")

VOICELESS = frozenset("ptkfθsʃʧ")
SIBILANTS = frozenset("szʃʒʧʤ")

#: espeak-ng's symbols, longest first where one begins another.
_BOTH = (
    ("aɪ", "I"), ("aʊ", "W"), ("eɪ", "A"), ("ɔɪ", "Y"), ("dʒ", "ʤ"), ("tʃ", "ʧ"), ("əl", "ᵊl"),
    ("n̩", "ᵊn"), ("l̩", "ᵊl"), ("m̩", "ᵊm"), ("ɐ", "ə"), ("r", "ɹ"), ("x", "k"), ("ç", "k"),
    ("ɬ", "l"), ("ʔ", "t"), ("e", "A"),
)  # fmt: skip
_AMERICAN = (
    ("oʊ", "O"), *_BOTH, ("ɚ", "əɹ"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ɾ", "T"),
    ("ː", ""), ("o", "ɔ"),
)  # fmt: skip
_BRITISH = (
    ("əʊ", "Q"), ("eə", "ɛː"), ("iə", "ɪə"), *_BOTH, ("ɚ", "ə"), ("æ", "a"), ("ɾ", "t"),
    ("ᵻ", "ɪ"), ("o", "ɔ"),
)  # fmt: skip


def letters_of(ipa: Iterable[str], *, is_british: bool) -> str:
    """The letters of espeak-ng's symbols for one spoken word."""
    table = _BRITISH if is_british else _AMERICAN
    return "".join(_replaced(symbol, table) for symbol in ipa)


def _replaced(text: str, table: Iterable[tuple[str, str]]) -> str:
    for symbol, letters in table:
        text = text.replace(symbol, letters)
    return text


def with_s(stem: str, *, is_british: bool) -> str:
    """The stem with the ending of "cats", "dogs" or "horses"."""
    if stem[-1] in SIBILANTS:
        return stem + ("ɪz" if is_british else "ᵻz")
    return stem + ("s" if stem[-1] in VOICELESS else "z")


def with_ed(stem: str, *, is_british: bool) -> str:
    """The stem with the ending of "walked", "called" or "wanted"."""
    if stem[-1] not in "td":
        return stem + ("t" if stem[-1] in VOICELESS else "d")
    return (stem if is_british else _tapped(stem)) + ("ɪd" if is_british else "ᵻd")


def with_ing(stem: str, *, is_british: bool) -> str:
    """The stem with -ing; a British silent r is heard again before it."""
    if is_british:
        return stem + ("ɹɪŋ" if stem[-1] in "əː" and stem[-2:] not in ("iː", "uː") else "ɪŋ")
    return _tapped(stem) + "ɪŋ"


def unstressed(letters: str) -> str:
    return letters.translate({ord(mark): None for mark in STRESSES})


def spelled(names: list[str]) -> str:
    """Names of letters said as one word, with the stress on the last: "U S" is ˌjuˈɛs."""
    weak = [name.replace(PRIMARY, SECONDARY) for name in names[:-1]]
    return "".join([*weak, names[-1]])


def _tapped(stem: str) -> str:
    taps = len(stem) > 1 and stem[-1] == "t" and stem[-2] in TAP_AFTER
    return stem[:-1] + "ɾ" if taps else stem
