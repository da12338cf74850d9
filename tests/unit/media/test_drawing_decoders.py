"""Drawings of unknown origin are decoded side by side, and a bad one harms no other."""

import contextlib
import io
import os
import signal
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from talkies.errors import CorruptMedia, FileMissing, MediaTooLarge, TalkiesError, UnsupportedMedia
from talkies.media.compression import zstd
from talkies.media.drawing_child import answer, packed, pixels_of
from talkies.media.drawing_decoders import (
    BATCH,
    DrawingDecoders,
    Packed,
    Recipe,
    _Decoder,
    pack_drawings,
)
from talkies.media.picture_size import picture_size
from talkies.media.sandbox import limits
from talkies.media.yuv import to_planes_quickly

RECIPE = Recipe(width=64, height=96)


def picture(seed: int = 0, size: tuple[int, int] = (64, 96), channels: int = 3) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 4, channels), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def png(pixels: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **options)
    return file.getvalue()


def written(folder: Path, *contents: bytes) -> list[Path]:
    paths = []
    for number, data in enumerate(contents):
        paths.append(folder / f"{number:03d}.png")
        paths[-1].write_bytes(data)
    return paths


def outcomes(paths: list[Path], recipe: Recipe = RECIPE, workers: int = 1) -> list[object]:
    return list(pack_drawings(paths, recipe, workers=workers))


def luma(outcome: object) -> np.ndarray:
    assert isinstance(outcome, Packed)
    return np.frombuffer(zstd.decompress(outcome.data), np.uint8)[: 64 * 96].reshape(96, 64)


def test_outcomes_come_in_order_from_several_children(tmp_path: Path) -> None:
    pictures = [picture(seed) for seed in range(7)]
    found = outcomes(written(tmp_path, *map(png, pictures)), workers=3)
    assert len(found) == 7
    for outcome, pixels in zip(found, pictures, strict=True):
        assert np.array_equal(luma(outcome), to_planes_quickly(pixels).y)


def test_nothing_is_decoded_where_nothing_is_asked(tmp_path: Path) -> None:
    assert outcomes([]) == []


def test_a_bad_drawing_is_told_of_by_name_and_harms_no_other(tmp_path: Path) -> None:
    good = png(picture())
    bomb = bytearray(good)
    struct.pack_into(">II", bomb, 16, 60_000, 60_000)
    paths = written(tmp_path, good, good[:90], b"hello", b"", bytes(bomb), good)
    paths.insert(2, tmp_path / "nowhere.png")
    found = outcomes(paths, workers=2)
    kinds = [type(outcome) for outcome in found]
    assert kinds[0] is kinds[-1] is Packed
    assert kinds[1:5] == [CorruptMedia, FileMissing, UnsupportedMedia, CorruptMedia]
    assert isinstance(found[5], TalkiesError)
    assert "004.png" in found[5].message
    assert "001.png" in str(found[1])


def children() -> list[str]:
    """Process ids of the children of this process that decode drawings."""
    ours = ["ps", "-ww", "--ppid", str(os.getpid()), "-o", "pid=", "-o", "args="]
    found = subprocess.run(ours, capture_output=True, text=True, check=False).stdout
    return [line.split()[0] for line in found.splitlines() if "drawing_child" in line]


def test_who_stops_listening_stops_the_work(tmp_path: Path) -> None:
    work = pack_drawings(written(tmp_path, *[png(picture())] * 6), RECIPE, workers=2)
    next(work)
    assert len(children()) == 1
    work.close()
    assert children() == []


def test_children_stay_for_more_work_and_go_with_their_block(tmp_path: Path) -> None:
    paths = written(tmp_path, *[png(picture())] * 3)
    with DrawingDecoders(workers=2) as decoders:
        assert children() == []
        list(decoders.pack(paths, RECIPE))
        first = children()
        # So few drawings are not worth another one.
        assert len(first) == 1
        list(decoders.pack(paths * 5, RECIPE))
        assert len(children()) == 2
        assert set(first) < set(children())
    assert children() == []


def test_answers_that_nobody_heard_are_not_taken_for_others(tmp_path: Path) -> None:
    paths = written(tmp_path, *(png(picture(seed)) for seed in range(9)))
    with DrawingDecoders(workers=2) as decoders:
        given_up = decoders.pack(paths, RECIPE)
        next(given_up)
        given_up.close()
        found = next(decoders.pack(paths[7:], RECIPE))
    assert np.array_equal(luma(found), to_planes_quickly(picture(7)).y)


def test_a_child_that_breaks_costs_its_own_drawing_only(tmp_path: Path) -> None:
    """The picture is over what a child may hold; the one after it gets another child."""
    wide = io.BytesIO()
    # A bitmap is as large in memory as it says, and its data may be missing.
    Image.new("1", (8, 8)).save(wide, "BMP")
    broken = bytearray(wide.getvalue())
    struct.pack_into("<ii", broken, 18, 7_000, 7_000)
    found = outcomes(written(tmp_path, bytes(broken), png(picture())))
    assert isinstance(found[0], TalkiesError)
    assert isinstance(found[1], Packed)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-12],
        lambda data: data[: len(data) // 2],
        lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:],
        lambda data: data.replace(b"IDAT", b"IDAX"),
    ],
)
def test_a_damaged_png_is_never_taken_for_a_whole_one(spoil: Callable[[bytes], bytes]) -> None:
    data = spoil(png(picture(), compress_level=1))
    with pytest.raises(CorruptMedia):
        pixels_of(data, "PNG")


def test_a_png_whose_sums_are_right_and_data_are_not_is_damaged() -> None:
    """Only the sums of the chunks are checked before the quick decoder gets it."""
    head = struct.pack(">IIBBBBB", 64, 96, 8, 2, 0, 0, 0)
    for pixels in (b"", b"not zlib", zlib.compress(bytes(100))):
        data = b"\x89PNG\r\n\x1a\n"
        for kind, body in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")):
            crc = struct.pack(">I", zlib.crc32(kind + body))
            data += struct.pack(">I", len(body)) + kind + body + crc
        with pytest.raises(CorruptMedia):
            pixels_of(data, "PNG")


@pytest.mark.parametrize("channels", [3, 4])
def test_the_quick_decoder_and_the_careful_one_agree(channels: int) -> None:
    pixels = picture(3, channels=channels)
    plain = png(pixels)
    note = PngImagePlugin.PngInfo()
    note.add(b"gAMA", struct.pack(">I", 45455))
    careful = png(pixels, pnginfo=note)
    assert np.array_equal(pixels_of(plain, "PNG"), pixels)
    assert np.array_equal(pixels_of(careful, "PNG"), pixels)


def test_palettes_greys_and_sixteen_bits_are_read_as_well() -> None:
    grey = picture()[..., 0]
    for image in (Image.fromarray(grey), Image.fromarray(grey).convert("P")):
        file = io.BytesIO()
        image.save(file, "PNG")
        found = pixels_of(file.getvalue(), "PNG")
        assert np.array_equal(found[..., 0], grey)
    file = io.BytesIO()
    Image.fromarray(grey.astype(np.uint16) * 257).save(file, "PNG")
    assert np.abs(pixels_of(file.getvalue(), "PNG")[..., 0].astype(int) - grey).max() <= 1


def test_another_size_is_scaled_and_an_odd_row_cut_off() -> None:
    recipe = {"width": 64, "height": 96, "key": None}
    odd = picture(size=(65, 97))
    about, data = packed(odd, recipe)
    assert not about["alpha"]
    raw = np.frombuffer(zstd.decompress(data), np.uint8)
    assert np.array_equal(raw[: 64 * 96].reshape(96, 64), to_planes_quickly(odd[:96, :64]).y)
    for size in ((128, 192), (32, 48)):
        _, data = packed(picture(size=size), recipe)
        assert len(zstd.decompress(data)) == 64 * 96 * 3 // 2
    see_through = picture(size=(128, 192), channels=4)
    about, _ = packed(see_through, recipe)
    assert about["alpha"]


def test_alpha_of_its_own_goes_before_the_key() -> None:
    recipe = {"width": 64, "height": 96, "key": (0, 255, 0)}
    pixels = np.zeros((96, 64, 4), np.uint8)
    pixels[..., 1] = 255
    pixels[40:60, :, 3] = 255
    about, data = packed(pixels, recipe)
    alpha = np.frombuffer(zstd.decompress(data), np.uint8)[-64 * 96 :].reshape(96, 64)
    assert about["alpha"]
    assert np.array_equal(alpha, pixels[..., 3])
    pixels[..., 3] = 255
    about, data = packed(pixels, recipe)
    assert np.frombuffer(zstd.decompress(data), np.uint8)[-64 * 96 :].max() == 0


def test_a_child_answers_until_nothing_comes() -> None:
    """What is asked and answered, without the process."""
    from talkies.kit.messages import receive, send

    asked, told = io.BytesIO(), io.BytesIO()
    request = {"decoder": "PNG", "recipe": {"width": 64, "height": 96, "key": None}}
    send(asked, request, png(picture()))
    send(asked, request, b"rubbish")
    asked.seek(0)
    answer(asked, told)
    told.seek(0)
    header, data = receive(told)
    assert len(header["digest"]) == 64
    assert data
    header, data = receive(told)
    assert header["refused"]["code"] == "CORRUPT_MEDIA"
    assert data == b""


@pytest.mark.parametrize("size", [(96, 144), (65, 97), (1024, 1536)])
def test_sizes_are_read_without_decoding(tmp_path: Path, size: tuple[int, int]) -> None:
    image = Image.new("RGBA", size, (1, 2, 3, 4))
    image.putpixel((3, 3), (200, 100, 50, 255))
    path = tmp_path / "picture"
    forms: list[tuple[str, str, dict[str, object]]] = [
        ("PNG", "RGB", {}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGB", {"quality": 50}),
        ("WEBP", "RGBA", {"quality": 50}),
    ]
    for form, mode, options in forms:
        image.convert(mode).save(path, form, **options)
        assert picture_size(path) == size, (form, options)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFFxxxxWEBP", b"RIFFxxxxWEBPVP8?" + bytes(40)],
)
def test_files_without_a_size_have_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "picture"
    path.write_bytes(data)
    assert picture_size(path) is None


def test_a_size_of_nothing_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        picture_size(tmp_path / "nowhere")


def test_a_child_that_dies_costs_its_own_drawing_only(tmp_path: Path) -> None:
    path = written(tmp_path, png(picture()))[0]
    with contextlib.closing(_Decoder()) as decoder:
        decoder.ask(path, RECIPE)
        assert isinstance(decoder.answer(), Packed)
        for _ in range(2):
            child = decoder._child
            assert child is not None
            os.kill(child.pid, signal.SIGKILL)
            decoder.ask(path, RECIPE)
            outcome = decoder.answer()
            assert isinstance(outcome, CorruptMedia)
            assert path.name in outcome.message
            decoder.ask(path, RECIPE)
            assert isinstance(decoder.answer(), Packed)


def test_a_drawing_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = written(tmp_path, png(picture()))[0]
    with contextlib.closing(_Decoder(limits(wall_seconds=0.01, cpu_seconds=5))) as decoder:
        decoder.ask(path, RECIPE)
        assert isinstance(decoder.answer(), MediaTooLarge)


def test_a_child_makes_way_for_another_after_a_batch(tmp_path: Path) -> None:
    path = written(tmp_path, png(picture()))[0]
    children = set()
    with contextlib.closing(_Decoder()) as decoder:
        for _ in range(BATCH + 2):
            decoder.ask(path, RECIPE)
            assert isinstance(decoder.answer(), Packed)
            assert decoder._child is not None
            children.add(decoder._child.pid)
    assert len(children) == 2
