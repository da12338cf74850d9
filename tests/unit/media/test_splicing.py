import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from talkies.media.splicing import UNIT_FRAMES, encode_units, unit_settings
from talkies.media.video import VideoWriter
from talkies.media.yuv import Planes, to_planes

SIZE, FPS = (64, 48), Fraction(25)


def picture(number: int) -> Planes:
    blocks = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return to_planes(blocks.repeat(8, 0).repeat(8, 1))


class Bits:
    """Reads what H.264 writes bit by bit (9.1: Exp-Golomb codes)."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data.replace(b"\0\0\3", b"\0\0"))
        self._place = 0

    def read(self, count: int) -> int:
        self._place += count
        return int(self._bits[self._place - count : self._place] or "0", 2)

    def code(self) -> int:
        zeros = 0
        while not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)


def units_of(data: bytes, kind: int) -> Iterator[bytes]:
    for unit in re.split(b"\0\0\0?\1", data):
        if unit and unit[0] & 31 == kind:
            yield unit[1:]


def number_bits(path: Path) -> int:
    """`log2_max_frame_num` of the sequence parameter set, of the High profile, of an mp4."""
    with av.open(str(path)) as file:
        header = bytes(file.streams.video[0].codec_context.extradata or b"")
    bits = Bits(header[9 : 8 + int.from_bytes(header[6:8], "big")])
    assert bits.read(8) == 100
    bits.read(16)
    assert (bits.code(), bits.code(), bits.code(), bits.code()) == (0, 1, 0, 0)
    bits.read(2)
    return bits.code() + 4


def idr_number(data: bytes, frame_number_bits: int) -> int:
    bits = Bits(next(units_of(data, 5))[:40])
    for _ in range(3):
        bits.code()
    bits.read(frame_number_bits)
    return bits.code()


def spliced(path: Path, frames: list[tuple[bytes, bool]]) -> Path:
    width, height = SIZE
    with VideoWriter(path, width=width, height=height, fps=FPS, format="spliced") as writer:
        for data, key in frames:
            writer.splice(data, key=key)
    return path


def test_key_frames_are_numbered_in_turn_and_the_rest_of_a_unit_is_small(tmp_path: Path) -> None:
    units = list(encode_units(map(picture, range(5)), SIZE, FPS))
    count = number_bits(spliced(tmp_path / "a.mp4", [(units[0][0], True)]))
    assert [idr_number(unit[0], count) for unit in units] == [0, 1, 0, 1, 0]
    for unit in units:
        assert len(unit) == UNIT_FRAMES
        assert not any(list(units_of(data, 5)) for data in unit[1:])
        assert max(map(len, unit[1:])) < len(unit[0])


def test_other_sizes_and_rates_have_other_settings() -> None:
    settings = {
        unit_settings(SIZE, FPS),
        unit_settings((66, 48), FPS),
        unit_settings(SIZE, Fraction(24)),
    }
    assert len(settings) == 3


def test_units_in_any_order_are_a_whole_video(tmp_path: Path) -> None:
    units = list(encode_units(map(picture, range(4)), SIZE, FPS))
    order = [(0, 0), (3, 0), (2, 0), (2, 1), (2, 2), (0, 0), (1, 0), (1, 1)]
    path = spliced(tmp_path / "a.mp4", [(units[n][place], place == 0) for n, place in order])
    with av.open(str(path)) as file:
        shown = [frame.to_ndarray()[: SIZE[1]] for frame in file.decode(video=0)]
    assert len(shown) == len(order)
    for luma, (unit, _) in zip(shown, order, strict=True):
        assert np.abs(luma.astype(int) - picture(unit).y).mean() < 3


def test_a_spliced_video_takes_no_planes(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="not encoded before"),
        VideoWriter(tmp_path / "a.mp4", width=64, height=48, fps=FPS, format="spliced") as writer,
    ):
        writer.write(picture(1))
    assert list(tmp_path.iterdir()) == []
