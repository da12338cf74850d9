"""PNGs of the most usual form, read by FFmpeg: in a child, for their origin is unknown."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

import av
import av.error
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from talkies.errors import CorruptMedia

#: Chunks of a PNG that say nothing about its colours that would have to be obeyed.
PLAIN_CHUNKS: Final = frozenset(
    {b"IHDR", b"IDAT", b"IEND", b"pHYs", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"sRGB", b"bKGD"}
)
_DAMAGED: Final = "The picture is damaged or cut off."
#: Bytes of a chunk around its data: length, kind, sum (PNG specification, 5.3).
_AROUND: Final = 12
PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
#: Colour types of PNG with 8 bits a channel that the quick decoder reads: RGB and RGBA.
QUICK_TYPES: Final = frozenset({2, 6})


def be_silent() -> None:
    """Keep FFmpeg from telling of damage on its own: it is raised."""
    av.logging.set_level(av.logging.PANIC)


def is_plain_png(data: bytes) -> bool:
    """Whether a PNG is of the most usual form. Raises `CorruptMedia` where it is not whole.

    Neither decoder checks the sums of what it reads, and either shows grey where data are missing.
    """
    kinds = set(_chunks(data))
    if not {b"IHDR", b"IDAT", b"IEND"} <= kinds:
        raise CorruptMedia(_DAMAGED)
    depth, colours, interlaced = data[24], data[25], data[28]
    usual = depth == 8 and colours in QUICK_TYPES and not interlaced  # noqa: PLR2004  bits
    return usual and kinds <= PLAIN_CHUNKS


def _chunks(data: bytes) -> Iterator[bytes]:
    """The kind of each chunk to the last one, the sums of those without which nothing is shown."""
    at = len(PNG_SIGNATURE)
    while at + _AROUND <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + _AROUND + length
        # A capital letter first: the chunk is critical.
        critical = kind[:1].isupper()
        if critical and zlib.crc32(memoryview(data)[at + 4 : end - 4]) != _sum(data, end):
            raise CorruptMedia(_DAMAGED)
        yield kind
        at = end
        if kind == b"IEND":
            return


def _sum(data: bytes, end: int) -> int:
    return int.from_bytes(data[end - 4 : end], "big") if end <= len(data) else -1


def read_plain_png(data: bytes) -> NDArray[np.uint8]:
    """RGB or RGBA, uint8 (H, W, 3 or 4), in two thirds of the time that Pillow takes.

    Raises `CorruptMedia`.
    """
    codec = VideoCodecContext.create("png", "r")
    try:
        frames = [*codec.decode(av.Packet(data)), *codec.decode(None)]
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise CorruptMedia(_DAMAGED) from error
    if not frames:
        raise CorruptMedia(_DAMAGED)
    return np.asarray(frames[0].to_ndarray(), np.uint8)
