import av
import numpy as np
import pytest
from numpy.typing import NDArray

from talkies.media.yuv import Planes, to_planes, to_planes_quickly, to_rgb


@pytest.fixture(scope="module")
def noise() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)


def by_formula(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """ITU-R BT.709-6 items 3.2 to 3.6, written out."""
    red, green, blue = np.moveaxis(pixels.astype(float) / 255, -1, 0)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return np.stack(
        [
            219 * luma + 16,
            224 * (blue - luma) / 1.8556 + 128,
            224 * (red - luma) / 1.5748 + 128,
        ]
    )


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
        ((0, 200, 40), (141, 78, 47)),
    ],
)
def test_known_colours_have_their_standard_values(
    colour: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    planes = to_planes(np.full((4, 4, 3), colour, np.uint8))
    assert (planes.y[0, 0], planes.u[0, 0], planes.v[0, 0]) == expected


def test_luma_is_exact_and_chroma_within_one_level(noise: NDArray[np.uint8]) -> None:
    luma, *chroma = by_formula(noise)
    planes = to_planes(noise)
    assert np.abs(planes.y - luma).max() <= 0.501
    for plane, exact in zip((planes.u, planes.v), chroma, strict=True):
        means = exact.reshape(32, 2, 48, 2).mean((1, 3))
        assert np.abs(plane - means).max() <= 1
        assert abs((plane - means).mean()) < 0.05


def test_the_quick_way_is_within_one_level_and_hardly_leans(noise: NDArray[np.uint8]) -> None:
    exact, quick = to_planes(noise), to_planes_quickly(noise)
    for one, other in ((exact.y, quick.y), (exact.u, quick.u), (exact.v, quick.v)):
        apart = one.astype(int) - other
        assert np.abs(apart).max() <= 1
        assert abs(apart.mean()) < 0.1
    for grey, luma in ((0, 16), (128, 126), (255, 235)):
        planes = to_planes_quickly(np.full((64, 96, 3), grey, np.uint8))
        assert (planes.y == luma).all()
        assert (planes.u == 128).all()
        assert (planes.v == 128).all()


def test_a_patch_at_even_coordinates_equals_the_same_part_of_the_frame(
    noise: NDArray[np.uint8],
) -> None:
    whole = to_planes(noise)
    patch = to_planes(np.ascontiguousarray(noise[10:30, 20:60]))
    assert np.array_equal(patch.y, whole.y[10:30, 20:60])
    assert np.array_equal(patch.u, whole.u[5:15, 10:30])
    assert np.array_equal(patch.v, whole.v[5:15, 10:30])


def test_smooth_pictures_survive_the_way_there_and_back() -> None:
    ramp = np.linspace(20, 230, 128)
    pixels = np.stack(np.broadcast_arrays(ramp[None, :], ramp[:, None], ramp[::-1, None]), -1)
    pixels = pixels.astype(np.uint8)
    error = np.abs(to_rgb(to_planes(pixels)).astype(int) - pixels)
    assert error.max() <= 4
    assert error.mean() < 1


def test_our_planes_mean_the_same_to_ffmpeg() -> None:
    pixels = np.full((32, 32, 3), (200, 90, 40), np.uint8)
    planes = to_planes(pixels)
    flat = np.concatenate([planes.y, planes.u.reshape(8, 32), planes.v.reshape(8, 32)])
    frame = av.VideoFrame.from_ndarray(flat, format="yuv420p")
    seen = frame.reformat(format="rgb24", src_colorspace="ITU709", src_color_range="MPEG")
    assert np.abs(seen.to_ndarray().astype(int) - pixels).max() <= 2


def test_alpha_is_carried(noise: NDArray[np.uint8]) -> None:
    alpha = noise[..., 0]
    assert to_planes(noise, alpha).alpha is alpha


def test_a_copy_can_be_painted_on_alone(noise: NDArray[np.uint8]) -> None:
    planes = to_planes(noise, noise[..., 0].copy())
    other = planes.copy()
    other.y[:] = 0
    assert other.alpha is not None
    other.alpha[:] = 0
    assert planes.y.any()
    assert planes.alpha is not None
    assert planes.alpha.any()
    assert isinstance(other, Planes)


def test_odd_sizes_are_refused() -> None:
    for convert in (to_planes, to_planes_quickly):
        with pytest.raises(ValueError, match="even"):
            convert(np.zeros((3, 4, 3), np.uint8))
