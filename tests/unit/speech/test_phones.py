from talkies.core.phonemes import INVENTORY
from talkies.speech.listening.phones import PHONES, PHONES_OF, SILENT, phones_of


def test_every_canonical_phoneme_sounds_like_something() -> None:
    assert set(PHONES_OF) == set(INVENTORY)
    assert all(SILENT not in phones for phones in PHONES_OF.values())


def test_every_phone_is_a_canonical_phoneme_itself() -> None:
    assert all(phones_of(symbol) == (number,) for number, symbol in enumerate(PHONES) if symbol)


def test_a_diphthong_is_two_phones() -> None:
    assert [PHONES[phone] for phone in phones_of("aɪ")] == ["a", "ɪ"]


def test_what_nobody_knows_is_neutral() -> None:
    assert phones_of("☃") == phones_of("ə")
