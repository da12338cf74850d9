"""The phones the recogniser tells apart, and which of them a phoneme of any language sounds like.

A phone here is a class of the acoustic model: coarser than IPA (what lips, jaw and tongue tip
cannot show is folded), finer than visemes. Silence is phone 0.
"""

from collections.abc import Mapping
from types import MappingProxyType

from talkies.core.alignment import SILENCE
from talkies.core.phonemes import INVENTORY, NEUTRAL

_CONSONANTS = "p b m f v θ ð t d n l ɾ s z ɕ ʃ ʒ tʃ dʒ k ɡ ŋ x h ʔ ɹ"
_OTHERS = "ɚ j w i ɪ y u ʊ ɯ o ɔ ø a ɑ æ ə ʌ ɜ ɛ e"

#: Every phone by its symbol, a canonical phoneme; the index is its number in the acoustic model.
PHONES: tuple[str, ...] = (
    SILENCE,
    *_CONSONANTS.split(),
    *_OTHERS.split(),
)

SILENT = 0

#: Each phone with the other canonical phonemes that are heard as it.
_HEARD_AS = {
    "p": "ʘ",
    "b": "ɓ ʙ",
    "m": "ɱ",
    "f": "ɸ",
    "v": "ʋ β ⱱ",
    "t": "ʈ ǀ ǃ ǁ ǂ",
    "d": "ɖ ɗ ᶑ",
    "n": "ɳ ɲ",
    "l": "ɭ ʎ ɮ ɺ ʟ ɬ",
    "ɾ": "r ɽ",
    "ɕ": "ʑ",
    "ʃ": "ʂ ɧ",
    "ʒ": "ʐ",
    "tʃ": "tɕ ʈʂ",
    "dʒ": "dʑ ɖʐ",
    "k": "c q ʡ",
    "ɡ": "ɟ ɢ ɠ ʄ ʛ",
    "ŋ": "ɴ",
    "x": "χ ɣ ʁ ç ʝ ɰ",
    "h": "ħ ɦ ʕ ʜ ʢ",
    "ɹ": "ɻ ʀ",
    "ɚ": "ɝ",
    "w": "ɥ ʍ",
    "ɪ": "ɨ",
    "y": "ʏ",
    "u": "ʉ",
    "ɔ": "ɤ",
    "ø": "œ ɵ ɞ",
    "a": "ɶ",
    "ɑ": "ɒ",
    "ʌ": "ɐ",
    "e": "ɘ",
}

_NUMBER = {symbol: number for number, symbol in enumerate(PHONES) if symbol}
_SINGLE = _NUMBER | {
    other: _NUMBER[phone] for phone, others in _HEARD_AS.items() for other in others.split()
}

#: The phones of every canonical phoneme, in order: two for a diphthong, else one.
PHONES_OF: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        symbol: tuple(_SINGLE[part] for part in phone.parts or (symbol,))
        for symbol, phone in INVENTORY.items()
    }
)


def phones_of(symbol: str) -> tuple[int, ...]:
    """Numbers of the phones of a canonical phoneme; unknown ones sound neutral."""
    return PHONES_OF.get(symbol, PHONES_OF[NEUTRAL])
