from hypothesis import given
from hypothesis import strategies as st

from talkies.core.colours import can_be_keyed, hex_of, rgb_of

_LEVELS = st.integers(0, 255)


@given(st.tuples(_LEVELS, _LEVELS, _LEVELS))
def test_colours_are_read_as_they_are_written(colour: tuple[int, int, int]) -> None:
    assert rgb_of(hex_of(colour)) == rgb_of(hex_of(colour).upper()) == colour


def test_other_texts_are_no_colours() -> None:
    for text in ("", "00b140", "#00b14", "#00b1400", "#00b14g", "#00b140\n", "#٠٠b140", "green"):
        assert rgb_of(text) is None


def test_greys_cannot_be_keyed() -> None:
    assert can_be_keyed((0, 177, 64))
    assert not can_be_keyed((128, 128, 128))
    assert not can_be_keyed((100, 189, 100))
