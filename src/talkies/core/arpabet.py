"""ARPABET: the sounds of English as its dictionaries and recognisers spell them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

#: ARPABET (without stress digits) for the sounds of English.
ARPABET_TO_IPA: Mapping[str, str] = MappingProxyType({
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "aʊ", "AX": "ə", "AXR": "ɚ", "AY": "aɪ",
    "EH": "ɛ", "ER": "ɝ", "EY": "eɪ", "IH": "ɪ", "IX": "ɨ", "IY": "i", "OW": "oʊ", "OY": "ɔɪ",
    "UH": "ʊ", "UW": "u", "UX": "ʉ", "B": "b", "CH": "tʃ", "D": "d", "DH": "ð", "DX": "ɾ",
    "F": "f", "G": "ɡ", "HH": "h", "JH": "dʒ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ",
    "P": "p", "Q": "ʔ", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t", "TH": "θ", "V": "v", "W": "w",
    "WH": "ʍ", "Y": "j", "Z": "z", "ZH": "ʒ",
})  # fmt: skip

#: The nearest of the 39 ARPABET symbols of the CMU dictionary, for every canonical symbol.
_NEAREST_ARPABET = {
    "AA": "ɑ ɒ ɶ a", "AE": "æ", "AH": "ʌ ə ɐ ɤ ɞ", "AO": "ɔ", "AW": "aʊ", "AY": "aɪ",
    "EH": "ɛ e œ ø ɘ", "ER": "ɝ ɚ ɜ", "EY": "eɪ", "IH": "ɪ ɨ ʏ", "IY": "i y", "OW": "oʊ o ɵ",
    "OY": "ɔɪ", "UH": "ʊ", "UW": "u ʉ ɯ", "B": "b ɓ β ʙ", "CH": "tʃ ʈʂ tɕ", "D": "d ɗ ɖ ᶑ ɾ ɽ",
    "DH": "ð", "F": "f ɸ", "G": "ɡ ɠ ɢ ʛ ɟ ʄ ɣ ʁ ʀ ɰ",
    "HH": "h ɦ ħ ʜ ʕ ʢ ç x χ", "JH": "dʒ ɖʐ dʑ",
    "K": "k q c ʡ ʔ ǂ", "L": "l ɭ ʎ ʟ ɬ ɮ ɺ ǁ", "M": "m ɱ", "N": "n ɳ ɲ", "NG": "ŋ ɴ",
    "P": "p ʘ", "R": "ɹ ɻ r", "S": "s", "SH": "ʃ ʂ ɕ ɧ", "T": "t ʈ ǀ ǃ", "TH": "θ",
    "V": "v ʋ ⱱ", "W": "w ʍ ɥ", "Y": "j ʝ", "Z": "z", "ZH": "ʒ ʐ ʑ",
}  # fmt: skip

#: An ARPABET symbol for every canonical symbol; the nearest one for sounds English lacks.
IPA_TO_ARPABET: Mapping[str, str] = MappingProxyType(
    {ipa: arpabet for arpabet, symbols in _NEAREST_ARPABET.items() for ipa in symbols.split()}
)


def parse_arpabet(symbols: Iterable[str]) -> tuple[str, ...]:
    """Canonical symbols of ARPABET ones, with or without stress digits; unknown ones left out."""
    bare = (symbol.upper().rstrip("0123456789") for symbol in symbols)
    return tuple(ARPABET_TO_IPA[symbol] for symbol in bare if symbol in ARPABET_TO_IPA)
