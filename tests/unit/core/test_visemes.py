import pytest

from talkies.core.alignment import SILENCE
from talkies.core.phonemes import INVENTORY, Kind
from talkies.core.visemes import OCULUS, PRESTON_BLAIR, Viseme, preston_blair, visemes_of


def test_there_are_fifteen_and_every_one_is_used() -> None:
    used = {viseme for symbol in (SILENCE, *INVENTORY) for viseme in visemes_of(symbol)}

    assert len(Viseme) == 15
    assert used == set(Viseme)


def test_tables_name_every_viseme() -> None:
    assert set(OCULUS) == set(PRESTON_BLAIR) == set(Viseme)
    assert len(set(OCULUS.values())) == 15


@pytest.mark.parametrize(
    ("viseme", "symbols"),
    [
        (Viseme.PP, "p b m ɓ"),
        (Viseme.FF, "f v ɱ"),
        (Viseme.TH, "θ ð"),
        (Viseme.DD, "t d ʈ ɾ r"),
        (Viseme.KK, "k ɡ ŋ h x ʁ ʔ"),
        (Viseme.CH, "tʃ dʒ ʃ ʒ ɕ ʂ tɕ"),
        (Viseme.SS, "s z"),
        (Viseme.NN, "n l ɲ ʎ"),
        (Viseme.RR, "ɹ ɝ ɚ"),
        (Viseme.AA, "ɑ a æ ʌ"),
        (Viseme.E, "ɛ e ə ɜ"),
        (Viseme.IH, "i ɪ ɨ j"),
        (Viseme.OH, "o ɔ ɒ ø œ"),
        (Viseme.OU, "u ʊ w y"),
    ],
)
def test_sounds_that_look_alike_share_a_viseme(viseme: Viseme, symbols: str) -> None:
    assert {visemes_of(symbol) for symbol in symbols.split()} == {(viseme,)}


def test_a_diphthong_shows_two_mouths() -> None:
    assert visemes_of("aʊ") == (Viseme.AA, Viseme.OU)
    assert visemes_of("ɔɪ") == (Viseme.OH, Viseme.IH)


def test_silence_rests() -> None:
    assert visemes_of(SILENCE) == (Viseme.SIL,)
    assert preston_blair(SILENCE) == ("X",)


def test_a_symbol_that_is_not_canonical_is_a_neutral_vowel() -> None:
    assert visemes_of("%") == visemes_of("ə")
    assert preston_blair("%") == preston_blair("ə")


@pytest.mark.parametrize(
    ("symbol", "letters"),
    [("m", "A"), ("s", "B"), ("ɛ", "C"), ("ɑ", "D"), ("ɔ", "E"), ("u", "F"), ("f", "G"), ("l", "H"),
     ("n", "B"), ("aɪ", "DB")],
)  # fmt: skip
def test_rhubarb_letters(symbol: str, letters: str) -> None:
    assert preston_blair(symbol) == tuple(letters)


def test_only_laterals_raise_the_tongue_for_rhubarb() -> None:
    raised = {symbol for symbol in INVENTORY if preston_blair(symbol) == ("H",)}

    assert raised == {s for s, phone in INVENTORY.items() if phone.kind is Kind.LATERAL}
