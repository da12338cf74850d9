import io
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from media_made_up import png_header, with_png_chunk
from numpy.typing import NDArray
from PIL import Image, ImageCms

from talkies.errors import (
    AnimatedImage,
    CorruptMedia,
    FileMissing,
    ImageTooSmall,
    MediaTooLarge,
    OutputUnwritable,
    UnsupportedMedia,
)
from talkies.media import picture_child
from talkies.media.pictures import Picture, load_own_picture, load_picture, save_picture

Saved = Callable[[str, bytes], Path]


@pytest.fixture(scope="module")
def scene() -> NDArray[np.uint8]:
    """80×100, all four corners different, smooth."""
    rows, columns = np.mgrid[0:80, 0:100]
    return np.stack([rows * 3, columns * 2, 255 - rows - columns], -1).astype(np.uint8)


def coded(pixels: NDArray[np.uint8] | Image.Image, kind: str, **options: object) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    out = io.BytesIO()
    image.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG", "AVIF"])
def test_every_kind_is_read_whatever_its_name(
    saved: Saved, scene: NDArray[np.uint8], kind: str
) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    loaded = load_picture(saved("picture.jpg", coded(scene, kind, **options)))
    assert loaded.alpha is None
    assert (loaded.width, loaded.height) == (100, 80)
    limit = {"JPEG": 8, "AVIF": 10, "GIF": 40}.get(kind, 0)
    assert np.abs(loaded.pixels.astype(int) - scene).max() <= limit


def test_heic_is_read_with_its_extra(saved: Saved, scene: NDArray[np.uint8]) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    loaded = load_picture(saved("phone.heic", coded(scene, "HEIF", quality=95)))
    assert np.abs(loaded.pixels.astype(int) - scene).mean() < 4


@pytest.mark.parametrize(
    ("orientation", "kind"), [*((turn, "PNG") for turn in range(1, 9)), (6, "TIFF"), (8, "TIFF")]
)
def test_exif_orientation_turns_the_picture_upright(
    saved: Saved, scene: NDArray[np.uint8], orientation: int, kind: str
) -> None:
    stored = {
        1: scene,
        2: scene[:, ::-1],
        3: scene[::-1, ::-1],
        4: scene[::-1],
        5: scene.transpose(1, 0, 2),
        6: np.rot90(scene, 1),
        7: scene[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(scene, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = coded(np.ascontiguousarray(stored), kind, exif=exif)
    assert np.array_equal(load_picture(saved("turned", data)).pixels, scene)


@pytest.mark.parametrize("data", [b"garbage", b"II*\0\xff\xff\xff\xff", b""])
def test_broken_exif_does_not_matter(saved: Saved, scene: NDArray[np.uint8], data: bytes) -> None:
    path = saved("odd.png", with_png_chunk(coded(scene, "PNG"), b"eXIf", data))
    assert np.array_equal(load_picture(path).pixels, scene)


def test_a_large_profile_is_read_and_a_bomb_is_refused(
    saved: Saved, scene: NDArray[np.uint8]
) -> None:
    for size, fits in ((3 << 20, True), (64 << 20, False)):
        chunk = b"name\0\0" + zlib.compress(bytes(size), 1)
        path = saved("profile.png", with_png_chunk(coded(scene, "PNG"), b"iCCP", chunk))
        if fits:
            assert np.array_equal(load_picture(path).pixels, scene)
        else:
            with pytest.raises(CorruptMedia, match="too large"):
                load_picture(path)


def test_alpha_is_kept_and_empty_alpha_dropped(saved: Saved, scene: NDArray[np.uint8]) -> None:
    alpha = np.full((80, 100), 255, np.uint8)
    opaque = load_picture(saved("opaque.png", coded(np.dstack([scene, alpha]), "PNG")))
    assert opaque.alpha is None
    alpha[:40] = 90
    clear = load_picture(saved("clear.png", coded(np.dstack([scene, alpha]), "PNG")))
    assert clear.alpha is not None
    assert np.array_equal(clear.alpha, alpha)
    assert np.array_equal(clear.pixels, scene)


def test_grey_with_alpha_and_palette_with_transparency_are_read(saved: Saved) -> None:
    grey = np.zeros((80, 80, 2), np.uint8)
    grey[..., 0], grey[:, :40, 1] = 77, 255
    loaded = load_picture(saved("la.png", coded(Image.fromarray(grey, "LA"), "PNG")))
    assert loaded.alpha is not None
    assert np.array_equal(loaded.alpha, grey[..., 1])
    assert (loaded.pixels[:, :40] == 77).all()
    palette = Image.new("P", (80, 80), 1)
    palette.putpalette([0, 0, 0, 10, 200, 30])
    palette.paste(0, (0, 0, 40, 80))
    loaded = load_picture(saved("p.png", coded(palette, "PNG", transparency=0)))
    assert loaded.alpha is not None
    assert loaded.alpha[0, 0] == 0
    assert tuple(loaded.pixels[0, 79]) == (10, 200, 30)


def test_one_and_sixteen_bits_become_eight(saved: Saved) -> None:
    bits = Image.new("1", (80, 80), 1)
    assert (load_picture(saved("bits.png", coded(bits, "PNG"))).pixels == 255).all()
    ramp = np.tile(np.linspace(0, 65535, 100).astype(np.uint16), (80, 1))
    for kind in ("PNG", "TIFF"):
        deep = load_picture(saved("deep", coded(Image.fromarray(ramp), kind)))
        assert np.abs(deep.pixels[0, :, 1].astype(int) - ramp[0] / 257).max() <= 1


def test_cmyk_becomes_rgb(saved: Saved) -> None:
    cyan = Image.new("CMYK", (80, 80), (255, 0, 0, 0))
    red, green, blue = load_picture(saved("cyan.jpg", coded(cyan, "JPEG"))).pixels[40, 40]
    assert red < 60
    assert green > 120
    assert blue > 150


def test_colours_of_another_profile_become_srgb(saved: Saved) -> None:
    image = Image.new("RGB", (80, 80), (200, 120, 60))
    linear = ImageCms.createProfile("XYZ")
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = load_picture(saved("srgb.png", coded(image, "PNG", icc_profile=lab)))
    assert np.abs(same.pixels[0, 0].astype(int) - (200, 120, 60)).max() <= 1
    # A profile that does not fit RGB, and one that is none, are left out.
    for name, profile in (("xyz", ImageCms.ImageCmsProfile(linear).tobytes()), ("bad", b"x" * 200)):
        odd = load_picture(saved(name, coded(image, "PNG", icc_profile=profile)))
        assert tuple(odd.pixels[0, 0]) == (200, 120, 60)


def test_a_wide_gamut_profile_changes_the_numbers() -> None:
    swapped = Image.new("RGB", (80, 80), (10, 200, 30))
    source = Image.new("RGB", (80, 80), (10, 200, 30))
    profile = _swapped_primaries()
    shown = picture_child._to_srgb(source, profile)
    assert shown.getpixel((0, 0)) != swapped.getpixel((0, 0))


def _swapped_primaries() -> bytes:
    """sRGB's profile with its red and green primaries exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tmp ").replace(b"gXYZ", b"rXYZ").replace(b"tmp ", b"gXYZ")


def test_large_pictures_are_reduced_while_decoding(saved: Saved) -> None:
    rows, columns = np.mgrid[0:1200, 0:2000]
    large = np.stack([rows // 8, columns // 8, rows * 0], -1).astype(np.uint8)
    for kind in ("JPEG", "PNG"):
        small = load_picture(saved("large", coded(large, kind)), longest_side=500)
        assert (small.width, small.height) == (500, 300)
        assert np.abs(small.pixels.astype(int) - large[2::4, 2::4]).max() <= 6


def test_a_bomb_is_refused_by_its_header(saved: Saved) -> None:
    path = saved("bomb.png", png_header(20_000, 20_000))
    with pytest.raises(MediaTooLarge, match="20000×20000") as caught:
        load_picture(path)
    assert caught.value.details["width"] == 20_000


def test_tiny_pictures_are_refused(saved: Saved) -> None:
    with pytest.raises(ImageTooSmall):
        load_picture(saved("tiny.png", coded(Image.new("RGB", (200, 63)), "PNG")))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_animations_are_refused(saved: Saved, kind: str) -> None:
    frames = [Image.new("RGB", (80, 80), (60 * n, 0, 0)) for n in range(3)]
    data = coded(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(AnimatedImage):
        load_picture(saved("moving", data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"])
def test_truncated_pictures_are_corrupt(saved: Saved, scene: NDArray[np.uint8], kind: str) -> None:
    noisy = np.random.default_rng(0).integers(0, 256, scene.shape, dtype=np.uint8)
    data = coded(noisy, kind)
    with pytest.raises(CorruptMedia):
        load_picture(saved("cut", data[: len(data) // 2]))


def test_damage_in_the_header_is_corrupt(saved: Saved, scene: NDArray[np.uint8]) -> None:
    data = coded(scene, "PNG")
    with pytest.raises(CorruptMedia):
        load_picture(saved("header.png", data[:8] + b"garbage, not a chunk" + data[28:]))
    with pytest.raises(CorruptMedia, match="empty"):
        load_picture(saved("empty.png", b""))


def test_floating_point_pictures_are_refused(saved: Saved) -> None:
    data = coded(Image.new("F", (80, 80), 0.5), "TIFF")
    with pytest.raises(UnsupportedMedia, match="floating"):
        load_picture(saved("float.tiff", data))


@pytest.mark.parametrize(
    ("data", "received"),
    [
        (b"just some words\n", "a text"),
        (b"<html></html>", "an HTML or XML text"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04" + bytes(40), "a ZIP archive"),
        ("words in two bytes each".encode("utf-16"), "a text in UTF-16"),
        (b"RIFF\0\0\0\0WAVEfmt " + bytes(40), "a WAV file"),
        (b"\xff\xfb\x90\0" + bytes(40), "an MP3 file"),
        (bytes(64), "a file of unknown type"),
    ],
)
def test_other_files_are_named_in_the_refusal(saved: Saved, data: bytes, received: str) -> None:
    with pytest.raises(UnsupportedMedia) as caught:
        load_picture(saved("face.png", data))
    assert received in caught.value.message
    assert "PNG" in caught.value.hint
    assert "JPEG" in caught.value.details["supported"]  # type: ignore[operator]


def test_what_is_not_a_file_is_missing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "nothing.png", tmp_path, tmp_path / "pipe.png", Path("a\0b")):
        with pytest.raises(FileMissing):
            load_picture(path)


def test_pictures_are_written_and_read_back(tmp_path: Path, scene: NDArray[np.uint8]) -> None:
    alpha = np.broadcast_to(np.arange(100, dtype=np.uint8), (80, 100)).copy()
    save_picture(Picture(pixels=scene, alpha=alpha), tmp_path / "own.png")
    own = load_own_picture(tmp_path / "own.png")
    assert np.array_equal(own.pixels, scene)
    assert own.alpha is not None
    assert np.array_equal(own.alpha, alpha)
    save_picture(own, tmp_path / "own.jpg")
    assert np.abs(load_own_picture(tmp_path / "own.jpg").pixels.astype(int) - scene).max() < 12
    with pytest.raises(OutputUnwritable):
        save_picture(own, tmp_path / "missing" / "own.png")
