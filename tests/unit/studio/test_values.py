from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import pytest

from talkies.errors import InvalidOption
from talkies.studio import values


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


def test_a_choice_is_returned() -> None:
    assert values.chosen("fit", "cover", ("cover", "contain")) == "cover"
    assert values.member("size", "large", Size) is Size.LARGE


def test_no_choice_names_those_there_are() -> None:
    with pytest.raises(InvalidOption) as caught:
        values.member("size", "huge", Size)
    assert "small, large" in caught.value.hint
    assert caught.value.details["choices"] == ["small", "large"]


@pytest.mark.parametrize("value", [0.5, 1, 2])
def test_limits_belong_to_the_range(value: float) -> None:
    assert values.within("speed", value, 0.5, 2) == value


@pytest.mark.parametrize("value", [0.4999, 2.01, -1, float("nan"), float("inf")])
def test_beyond_the_limits_is_refused(value: float) -> None:
    with pytest.raises(InvalidOption, match="speed"):
        values.within("speed", value, 0.5, 2)


def test_large_limits_are_written_out() -> None:
    with pytest.raises(InvalidOption, match="4294967296") as caught:
        values.within("seed", 2**32, 0, 2**32 - 1)
    assert caught.value.hint == "Choose a number from 0 to 4294967295."


def test_whole_limits_are_written_with_every_digit() -> None:
    with pytest.raises(InvalidOption) as caught:
        values.within("seed", -1, 0, 2**53 - 1)
    assert caught.value.hint == "Choose a number from 0 to 9007199254740991."
    with pytest.raises(InvalidOption, match="cannot be inf"):
        values.within("speed", float("inf"), 0.5, 2)


def test_an_unknown_name_is_like_a_known_one_or_gets_the_list() -> None:
    assert values.known_name("mouton", ("motion", "seed")) == "Did you mean “motion”?"
    assert values.known_name("xyzzy", ("motion", "seed")) == "There are motion, seed."


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("25", Fraction(25)),
        (25, Fraction(25)),
        (12.5, Fraction(25, 2)),
        ("29.97", Fraction(30_000, 1_001)),
        (29.97, Fraction(30_000, 1_001)),
        ("23.976", Fraction(24_000, 1_001)),
        ("30000/1001", Fraction(30_000, 1_001)),
        (" 60 ", Fraction(60)),
        ("8", Fraction(8)),
    ],
)
def test_frame_rates_are_exact(written: str | float, rate: Fraction) -> None:
    assert values.frame_rate(written) == rate


@pytest.mark.parametrize(
    "written", ["0", "7.9", "61", "-25", "25/0", "fast", "", "1/3", "nan", "1e2"]
)
def test_other_rates_are_refused(written: str) -> None:
    with pytest.raises(InvalidOption, match="fps"):
        values.frame_rate(written)


@pytest.mark.parametrize(
    ("written", "background"),
    [
        ("#204060", (32, 64, 96)),
        ("#fff", (255, 255, 255)),
        ("#A1b2C3", (0xA1, 0xB2, 0xC3)),
        ("Black", (0, 0, 0)),
        ("transparent", "transparent"),
        ("beach.jpg", Path("beach.jpg")),
        ("pictures/beach", Path("pictures/beach")),
        (Path("navy"), Path("navy")),
    ],
)
def test_backgrounds(written: str | Path, background: object) -> None:
    assert values.background(written) == background


@pytest.mark.parametrize("written", ["#12", "#1234567", "#gggggg", "#", "mauvish", ""])
def test_what_is_no_background_is_refused(written: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        values.background(written)
    assert "#204060" in caught.value.hint
