"""One colour becomes transparent, and none of it is left."""

import cv2
import numpy as np
import pytest

from talkies.errors import InvalidOption
from talkies.media.keying import (
    Auto,
    extend_colours,
    ground_colour,
    key_color_of,
    key_out,
)

SIZE = (144, 96)
KEYS = [(0, 255, 0), (20, 200, 60), (0, 177, 64), (0, 0, 255), (255, 0, 255)]


def figure() -> tuple[np.ndarray, np.ndarray]:
    """Colours and coverage of a head with soft edges: float (H, W, 3) 0..255, (H, W) 0..1."""
    big = np.zeros((SIZE[0] * 4, SIZE[1] * 4, 3), np.uint8)
    mask = np.zeros(big.shape[:2], np.uint8)
    for centre, axes, colour in (
        ((192, 260), (150, 220), (60, 40, 30)),
        ((192, 300), (120, 170), (236, 190, 160)),
        ((192, 420), (40, 12), (180, 50, 60)),
    ):
        cv2.ellipse(big, centre, axes, 0, 0, 360, colour, -1)
        cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)
    size = (SIZE[1], SIZE[0])
    alpha = cv2.resize(mask, size, interpolation=cv2.INTER_AREA) / 255
    sums = cv2.resize(
        big.astype(np.float32) * (mask[..., None] > 0), size, interpolation=cv2.INTER_AREA
    )
    return sums / np.maximum(alpha, 1e-6)[..., None], alpha


def over(colours: np.ndarray, alpha: np.ndarray, ground: tuple[int, int, int]) -> np.ndarray:
    return np.asarray(colours * alpha[..., None] + np.array(ground) * (1 - alpha[..., None]))


def on(ground: tuple[int, int, int], noise: float = 0.0) -> np.ndarray:
    colours, alpha = figure()
    mixed = over(colours, alpha, ground)
    mixed = mixed + np.random.default_rng(5).normal(0, noise, mixed.shape)
    return mixed.clip(0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_a_figure_stands_on_any_background_as_if_it_never_had_another(
    key: tuple[int, int, int], noise: float
) -> None:
    colours, alpha = figure()
    found, coverage = key_out(on(key, noise), key)
    for ground in ((255, 255, 255), (0, 0, 0), (255, 0, 0)):
        shown = over(found.astype(float), coverage / 255, ground)
        wanted = over(colours, alpha, ground)
        assert np.abs(shown - wanted).mean() < 2.5
    assert (coverage[alpha == 0] == 0).all()
    assert (coverage[cv2.erode(alpha, np.ones((5, 5))) == 1] == 255).all()
    assert np.abs(coverage / 255 - alpha)[(alpha > 0) & (alpha < 1)].mean() < 0.2


@pytest.mark.parametrize("key", KEYS)
def test_edges_have_none_of_the_grounds_hue(key: tuple[int, int, int]) -> None:
    colours, alpha = figure()
    found, coverage = key_out(on(key), key)
    edge = (coverage > 20) & (alpha < 1)
    hue = np.array(key) - np.mean(key)
    more = (found[edge] - colours[edge]) @ (hue / np.linalg.norm(hue))
    assert edge.sum() > 100
    assert np.percentile(more, 95) < 40


def test_green_eyes_in_the_middle_of_a_face_stay() -> None:
    picture = on((0, 255, 0))
    cv2.circle(picture, (40, 70), 3, (60, 190, 80), -1)
    found, coverage = key_out(picture, (0, 255, 0))
    assert (coverage[66:75, 36:45] == 255).all()
    assert np.array_equal(found[70, 40], (60, 190, 80))


def test_the_picture_that_came_in_stays_as_it_is() -> None:
    picture = on((0, 255, 0))
    before = picture.copy()
    key_out(picture, (0, 255, 0))
    extend_colours(picture, np.zeros(SIZE, np.uint8))
    assert np.array_equal(picture, before)


@pytest.mark.parametrize("key", KEYS)
def test_an_even_saturated_ground_is_found_in_the_corners(key: tuple[int, int, int]) -> None:
    found = ground_colour(on(key, noise=2.0))
    assert found is not None
    assert np.abs(np.array(found) - key).max() <= 2


def test_paper_and_scenery_are_no_key() -> None:
    assert ground_colour(on((240, 236, 220))) is None
    scenery = np.random.default_rng(1).integers(0, 255, (*SIZE, 3), np.uint8)
    scenery[..., 1] = 255
    assert ground_colour(scenery) is None
    two = on((0, 255, 0))
    two[:, 48:] = on((0, 0, 255))[:, 48:]
    assert ground_colour(two) is None


def test_a_grey_cannot_be_keyed() -> None:
    with pytest.raises(ValueError, match="grey"):
        key_out(on((128, 128, 128)), (128, 128, 128))


def test_key_colours_are_said_by_name_and_number() -> None:
    assert key_color_of(" Auto ") is Auto.AUTO
    assert key_color_of("none") is None
    assert key_color_of("green") == (0, 255, 0)
    assert key_color_of("#00B140") == key_color_of("00b140") == (0, 177, 64)
    for bad in ("", "teal-ish", "#12345", "#808080", "#٠٠٠٠٠٠"):
        with pytest.raises(InvalidOption) as caught:
            key_color_of(bad)
        assert caught.value.details["option"] == "key_color"


def test_hidden_pixels_get_the_colours_beside_them() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, :2] = (200, 100, 50)
    pixels[:, 2:] = (0, 255, 0)
    alpha = np.zeros((8, 8), np.uint8)
    alpha[:, :2] = 255
    found = extend_colours(pixels, alpha)
    assert np.abs(found.astype(int) - (200, 100, 50)).max() <= 2


def test_where_nothing_is_seen_or_hidden_there_is_nothing_to_do() -> None:
    pixels = np.full((6, 6, 3), 7, np.uint8)
    assert extend_colours(pixels, np.full((6, 6), 255, np.uint8)) is pixels
    assert extend_colours(pixels, np.zeros((6, 6), np.uint8)).shape == pixels.shape
    one = np.full((1, 1, 3), 7, np.uint8)
    assert np.array_equal(extend_colours(one, np.zeros((1, 1), np.uint8)), one)
