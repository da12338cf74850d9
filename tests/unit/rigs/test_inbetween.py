import numpy as np
import pytest

from talkies.errors import CharacterInvalid
from talkies.media.pictures import Picture
from talkies.rigs.inbetween import Between


def disc(x: int, *, transparent: bool = True, size: tuple[int, int] = (64, 64)) -> Picture:
    """A textured disc around a column."""
    rows, columns = np.indices(size)
    inside = (columns - x) ** 2 + (rows - 32) ** 2 < 14**2
    texture = 120 + 100 * np.sin((columns - x) / 3) * np.cos(rows / 4)
    pixels = np.dstack([texture, texture / 2, 255 - texture]).astype(np.uint8)
    if not transparent:
        pixels[~inside] = 200
        return Picture(pixels=pixels)
    return Picture(pixels=pixels, alpha=np.where(inside, 255, 0).astype(np.uint8))


def middle(picture: Picture) -> float:
    """The mean column of what is seen."""
    assert picture.alpha is not None
    return float((picture.alpha.sum(0) * np.arange(picture.width)).sum() / picture.alpha.sum())


@pytest.mark.parametrize("size", [(64, 4_096), (4_096, 64), (76, 4_096)])
def test_the_longest_drawings_that_a_character_may_have_have_one_between(
    size: tuple[int, int],
) -> None:
    between = Between(disc(28, size=size), disc(30, size=size)).at(0.5)
    assert (between.height, between.width) == size
    assert middle(between) == pytest.approx(29, abs=0.5)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_what_moves_is_so_far_on_its_way(share: float) -> None:
    between = Between(disc(28), disc(36)).at(share)

    assert middle(between) == pytest.approx(28 + 8 * share, abs=0.8)


def test_the_ends_are_the_drawings_themselves() -> None:
    start, end = disc(28), disc(36)

    for share, drawing in ((0.0, start), (1.0, end)):
        between = Between(start, end).at(share)
        assert np.array_equal(between.alpha, drawing.alpha)
        seen = drawing.alpha == 255
        assert np.array_equal(between.pixels[seen], drawing.pixels[seen])


def test_opaque_drawings_give_an_opaque_one() -> None:
    assert Between(disc(28, transparent=False), disc(32, transparent=False)).at(0.5).alpha is None
    assert Between(disc(28), disc(32, transparent=False)).at(0.5).alpha is not None


def test_the_same_drawings_give_the_same_one() -> None:
    one, other = (Between(disc(28), disc(34)).at(0.5) for _ in range(2))

    assert np.array_equal(one.pixels, other.pixels)


def test_drawings_of_two_sizes_have_none_between_them() -> None:
    with pytest.raises(CharacterInvalid, match="64×64 and 64×96"):
        Between(disc(28), disc(28, size=(96, 64)))
