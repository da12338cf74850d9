from pathlib import Path

import hama
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.core.phonemes import INVENTORY, NEUTRAL, Kind, parse

#: Every distinct name of a phoneme that espeak-ng 1.52 writes in IPA mode, over all its voices
#: that have a dictionary: numbers, a sentence, and every mnemonic of its phoneme tables.
ESPEAK_PHONEMES = (
    (Path(__file__).parent / "espeak_phonemes.txt").read_text(encoding="utf-8").split()
)

#: Names of espeak-ng that are no sound.
SOUNDLESS = {"1", "??", "ʲ"}


@pytest.mark.parametrize("symbol", INVENTORY)
def test_every_canonical_symbol_stands_for_itself(symbol: str) -> None:
    assert parse(symbol) == (symbol,)


def test_every_phoneme_of_espeak_becomes_sounds() -> None:
    silent = {name for name in ESPEAK_PHONEMES if not parse(name)}

    assert len(ESPEAK_PHONEMES) > 400
    assert silent == SOUNDLESS


def test_no_phoneme_of_espeak_falls_back_to_the_neutral_vowel() -> None:
    unknown = {
        name for name in ESPEAK_PHONEMES if NEUTRAL in parse(name) and not set(name) & set("əᵊ")
    }

    assert unknown == set()


def test_every_token_of_the_recogniser_is_understood() -> None:
    tokens = hama.ASRModel().decoder_tokens
    neutral = {token for token in tokens if NEUTRAL in parse(token)}

    assert neutral == {"ə", "eə", "ɪə", "ᵊ", "一", "不"}
    assert {token for token in tokens if token.startswith("<") and parse(token)} == set()


@pytest.mark.parametrize(
    ("ipa", "symbols"),
    [
        ("həlˈoʊ wˈɜːld", "h ə l oʊ w ɜ l d"),
        ("t͡ʃ d͡ʒ t͡ɕʰ ʈ͡ʂ", "tʃ dʒ tɕ ʈʂ"),
        ("ʤ ʧ ʨ ʥ ʦ ʣ", "dʒ tʃ tɕ dʑ t s d z"),
        ("t ʃ", "t ʃ"),
        ("tˈʃ aˈɪ", "t ʃ a ɪ"),
        ("kæts", "k æ t s"),
        ("bəʊt", "b oʊ t"),
        ("fˌoːnə(en)fˈɜːst(es-419)", "f o n ə f ɜ s t"),
        ("mˈa1 ma2˥˩ m̌ǎ ma³", "m a m a m a m a"),
        ("bɔ̃ ĩ ũ ẽ õ", "b ɔ i u e o"),
        ("tʲ tʰ tʼ t̪ t̚ n̩ l̩ ɐ̯", "t t t t t n l ɐ"),
        ("kʷ ᵐb ⁿd ᵑɡ", "k w m b n d ŋ ɡ"),
        ("ə˞ ɜ˞ ɑ˞ ɚ ɝ", "ɚ ɝ ɑ ɹ ɚ ɝ"),
        ("ʘ ǀ ǃ ǂ ǁ", "ʘ ǀ ǃ ǂ ǁ"),
        ("ç ɡ g ɫ ᵻ", "ç ɡ ɡ l ɪ"),
        ("A I O W Y Q T ᵊ", "eɪ aɪ oʊ aʊ ɔɪ oʊ ɾ ə"),
        ("s.ˈi5 ts.ə r.u n^ t` o-2 tl# d[", "ʂ i ʈʂ ə ɽ u ɲ t o t l d"),
        ("bˈʌs. wˈʌt? nˈoʊ!", "b ʌ s w ʌ t n oʊ"),
        ("ˈ?ɑj", "ʔ ɑ j"),
        ("ł đ ø Φ ε", "l d ø ɸ ɛ"),
        ("", ""),
        ("12 345 ˥˩ ‿ %, -", ""),
    ],
)  # fmt: skip
def test_spellings_fold_to_canonical_symbols(ipa: str, symbols: str) -> None:
    assert parse(ipa) == tuple(symbols.split())


def test_a_letter_of_no_alphabet_of_speech_becomes_the_neutral_vowel() -> None:
    assert parse("字") == (NEUTRAL,)


@given(st.text())
def test_any_text_gives_canonical_symbols(text: str) -> None:
    assert set(parse(text)) <= set(INVENTORY)


@given(st.lists(st.sampled_from([*ESPEAK_PHONEMES, *"ˈˌː ˞͡ʷʰ.?^"])).map("".join) | st.text())
def test_parsing_twice_is_parsing_once(text: str) -> None:
    once = parse(text)

    assert parse(" ".join(once)) == once


def test_vowels_have_no_place_and_consonants_have_one() -> None:
    for phone in INVENTORY.values():
        assert (phone.place is None) == phone.is_vowel


def test_diphthongs_are_two_vowels() -> None:
    diphthongs = [phone for phone in INVENTORY.values() if phone.kind is Kind.DIPHTHONG]

    assert {phone.symbol for phone in diphthongs} == {"aɪ", "aʊ", "eɪ", "oʊ", "ɔɪ"}
    assert all(INVENTORY[part].is_vowel for phone in diphthongs for part in phone.parts)
