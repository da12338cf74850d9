"""What may be spoken, and where it may be cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.errors import InvalidInput
from talkies.speech.text import PIECE_MAX, TEXT_MAX, cleaned, pieces


def texts(text: str) -> list[str]:
    return [piece.text for piece in pieces(cleaned(text))]


def test_sentences_are_cut_and_abbreviations_are_not() -> None:
    assert texts('Dr. Smith met J. R. Ewing. Then e.g. a dog? "No." See no. 5! 你好。世界！') == [
        "Dr. Smith met J. R. Ewing.",
        "Then e.g. a dog?",
        '"No."',
        "See no. 5!",
        "你好。",
        "世界！",
    ]


def test_paragraphs_are_marked() -> None:
    found = pieces(cleaned("One. Two.\n\nThree\nfour."))
    assert [(piece.text, piece.ends_paragraph) for piece in found] == [
        ("One.", False),
        ("Two.", True),
        ("Three four.", True),
    ]


def test_control_characters_emoji_and_broken_code_points_go() -> None:
    assert cleaned("a\x00b\x1b[31m \ud800c\u202ed 😀e\ufeff").split() == [
        "a",
        "b",
        "[31m",
        "cd",
        "e",
    ]


def test_joiners_of_scripts_that_need_them_stay() -> None:
    assert "\u200c" in cleaned("می\u200cخواهم")


def test_too_much_text_is_refused_with_the_limit() -> None:
    with pytest.raises(InvalidInput) as raised:
        cleaned("a" * (TEXT_MAX + 1))
    assert raised.value.details["limit"] == TEXT_MAX


def test_pieces_without_anything_to_say_are_left_out() -> None:
    assert texts("... ! Hello. --- ?") == ["Hello."]


@given(st.text(min_size=1, max_size=1500))
def test_pieces_keep_every_letter_and_are_short(text: str) -> None:
    try:
        plain = cleaned(text)
    except InvalidInput:
        return
    found = pieces(plain)
    assert found
    assert all(0 < len(piece.text) <= PIECE_MAX for piece in found)
    letters = [character for character in plain if character.isalnum()]
    kept = [character for piece in found for character in piece.text if character.isalnum()]
    assert kept == letters
