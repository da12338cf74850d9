import pytest
from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont

from talkies.media.fontbook import BUNDLED
from talkies.media.typesetting import reading_direction, set_text


def font(size: int) -> FreeTypeFont:
    return ImageFont.truetype(str(BUNDLED), size)


def lines(text: str, room: float = 400, size: int = 30) -> tuple[str, ...]:
    return set_text(text, font, size=size, room=room).lines


def test_given_lines_are_kept_where_they_fit() -> None:
    assert lines("One two\nthree") == ("One two", "three")


def test_lines_that_do_not_fit_are_broken_anew_and_equally_long() -> None:
    text = "a truth universally acknowledged that a single man in possession"
    broken = lines(text, room=600)
    assert " ".join(broken) == text
    assert len(broken) == 2
    widths = [font(30).getlength(line) for line in broken]
    assert max(widths) <= 600
    assert min(widths) / max(widths) > 0.8


def test_letters_get_smaller_before_the_text_fills_the_frame() -> None:
    setting = set_text("word " * 24, font, size=30, room=300)
    assert 18 <= setting.font.size < 30
    assert set_text("word " * 90, font, size=30, room=300).font.size == 18


def test_a_word_wider_than_the_room_is_cut() -> None:
    broken = lines("Donaudampfschifffahrtsgesellschaft", room=300)
    assert "".join(broken) == "Donaudampfschifffahrtsgesellschaft"
    assert all(font(30).getlength(line) <= 300 for line in broken)


def test_combining_marks_stay_with_their_letter() -> None:
    cut = lines("e\u0301" * 60, room=100, size=20)
    assert not any(line.startswith("\u0301") for line in cut)


def test_scripts_without_spaces_break_between_characters_but_not_before_a_stop() -> None:
    text = "你好世界，今天天气很好。" * 3
    broken = lines(text, room=330, size=20)
    assert "".join(broken) == text
    assert len(broken) > 1
    assert not any(line[0] in "，。" for line in broken)
    again = lines("今天\n天气很好今天天气很好今天天气很好", room=150, size=20)
    assert again[0].startswith("今天天气")


def test_korean_breaks_at_its_spaces() -> None:
    broken = lines("안녕하세요 세계 오늘 날씨가 좋네요", room=200, size=20)
    assert " ".join(broken) == "안녕하세요 세계 오늘 날씨가 좋네요"


@pytest.mark.parametrize(
    ("text", "direction"),
    [("abc", "ltr"), ("123 مرحبا abc", "rtl"), ("“שלום”", "rtl"), ("…", "ltr"), ("", "ltr")],
)
def test_the_first_letter_decides_the_direction(text: str, direction: str) -> None:
    assert reading_direction(text) == direction


def test_nothing_to_set_gives_no_lines() -> None:
    assert lines(" \n ") == ()
