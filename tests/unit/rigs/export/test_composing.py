import numpy as np

from talkies.face.puppet.backdrop import plain
from talkies.media.yuv import Planes
from talkies.rigs.export.composing import over


def noise(seed: int, *, alpha: bool) -> Planes:
    chance = np.random.default_rng(seed)

    def plane(height: int, width: int) -> np.ndarray:
        return chance.integers(0, 256, (height, width), dtype=np.uint8)

    cover = plane(48, 32) if alpha else None
    if cover is not None:
        cover[:16], cover[16:32] = 0, 255
    return Planes(plane(48, 32), plane(24, 16), plane(24, 16), cover)


def test_each_pixel_is_mixed_by_its_cover_to_one_level() -> None:
    front, back = noise(1, alpha=True), noise(2, alpha=False)
    mixed = over(front, back)
    assert front.alpha is not None
    share = front.alpha / 255
    expected = front.y * share + back.y * (1 - share)
    assert np.abs(mixed.y - expected).max() <= 1
    assert mixed.alpha is None


def test_what_is_opaque_or_clear_stays_exactly_as_it_is() -> None:
    front, back = noise(1, alpha=True), noise(2, alpha=False)
    mixed = over(front, back)
    assert np.array_equal(mixed.y[:16], back.y[:16])
    assert np.array_equal(mixed.y[16:32], front.y[16:32])
    assert np.array_equal(mixed.u[:8], back.u[:8])
    assert np.array_equal(mixed.v[8:16], front.v[8:16])


def test_an_opaque_picture_is_left_alone() -> None:
    front = noise(1, alpha=False)
    assert over(front, plain((255, 0, 0), 32, 48)) is front
