"""What may be chosen when a character is built."""

import pytest

from talkies.core.rig.standard import BUILT
from talkies.errors import InvalidOption
from talkies.rigs.building.options import Background, BuildOptions, only, parse_size


@pytest.mark.parametrize("text", ["768x1152", " 768 X 1152 ", "768×1152"])
def test_a_size_is_written_in_any_usual_way(text: str) -> None:
    assert parse_size(text) == (768, 1152)


@pytest.mark.parametrize("text", ["", "768", "767x1152", "768x1151", "0x0", "2050x3072", "-2x4"])
def test_a_size_that_drawings_cannot_have_is_refused(text: str) -> None:
    with pytest.raises(InvalidOption):
        parse_size(text)


def test_the_largest_size_is_taken() -> None:
    assert BuildOptions(size=(2048, 3072)).size == (2048, 3072)


@pytest.mark.parametrize(
    "wrong", [{"depth": 1}, {"depth": 4}, {"workers": 0}, {"workers": 65}, {"size": (3, 3)}]
)
def test_what_cannot_be_built_is_refused_at_once(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidOption):
        BuildOptions(**wrong)  # type: ignore[arg-type] # the point of the test


def test_only_a_green_background_is_keyed() -> None:
    assert BuildOptions().key_color is None
    assert BuildOptions(background=Background.GREEN).key_color == (0, 177, 64)
    assert BuildOptions().threads >= 1


def test_extremes_are_what_is_reached_through_another_expression() -> None:
    words = only(BUILT, extremes=False)
    assert set(BUILT.expressions) - set(words.expressions) == {"happy_big", "surprised_ah"}
    assert all({p.start, p.end} <= set(words.expressions) for p in words.base_paths)
    assert only(BUILT) == BUILT


def test_without_tilts_the_head_looks_ahead() -> None:
    assert only(BUILT, tilts=False).poses == ("center",)
