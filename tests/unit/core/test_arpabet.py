import pytest

from talkies.core.arpabet import ARPABET_TO_IPA, IPA_TO_ARPABET, parse_arpabet
from talkies.core.phonemes import INVENTORY


def test_every_canonical_symbol_has_an_arpabet_one() -> None:
    assert set(IPA_TO_ARPABET) == set(INVENTORY)


def test_all_sounds_of_english_are_told_apart() -> None:
    assert len(set(IPA_TO_ARPABET.values())) == 39


@pytest.mark.parametrize(
    ("word", "symbols"), [("h ʌ l oʊ", "HH AH L OW"), ("dʒ ɝ n i", "JH ER N IY"), ("ð ə", "DH AH")]
)
def test_words_are_spelled_as_in_the_dictionary(word: str, symbols: str) -> None:
    assert [IPA_TO_ARPABET[sound] for sound in word.split()] == symbols.split()


def test_arpabet_comes_back_through_ipa() -> None:
    assert all(IPA_TO_ARPABET[ARPABET_TO_IPA[name]] == name for name in IPA_TO_ARPABET.values())


def test_arpabet_with_stress_digits_is_read() -> None:
    assert parse_arpabet(["HH", "AH0", "l", "OW1", "sil"]) == ("h", "ʌ", "l", "oʊ")
