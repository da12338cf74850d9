from talkies.core.arpabet import ARPABET_TO_IPA, IPA_TO_ARPABET, parse_arpabet
from talkies.core.phonemes import INVENTORY


def test_arpabet_comes_back_through_ipa() -> None:
    english = set(IPA_TO_ARPABET.values())

    assert len(english) == 39
    assert all(IPA_TO_ARPABET[ARPABET_TO_IPA[symbol]] == symbol for symbol in english)


def test_every_canonical_symbol_has_an_arpabet_one() -> None:
    assert set(IPA_TO_ARPABET) == set(INVENTORY)


def test_arpabet_with_stress_digits_is_read() -> None:
    assert parse_arpabet(["HH", "AH0", "l", "OW1", "sil"]) == ("h", "ʌ", "l", "oʊ")
