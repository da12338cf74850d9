"""The process that decodes drawings of unknown origin: files in, packed planes out, one by one."""

import hashlib
import json
import struct
import sys
import warnings
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO, Final

import av
import av.error
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from talkies.errors import CorruptMedia, TalkiesError
from talkies.kit.memory import keep
from talkies.kit.messages import Writable, described, receive, send
from talkies.media.compression import zstd
from talkies.media.keying import extend_colours, key_out
from talkies.media.picture_child import decode
from talkies.media.yuv import to_planes

#: Level of compression: 1 reads a 1024×1536 frame in 1 ms.
LEVEL: Final = 1

#: No drawing is reduced while it is decoded: the sizes of a character are checked before.
NO_REDUCTION: Final = 1 << 20

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


def pixels_of(data: bytes, kind: str) -> NDArray[np.uint8]:
    """RGB or RGBA, uint8 (H, W, 3 or 4), upright and in sRGB. Raises `TalkiesError`."""
    if kind == "PNG" and _is_plain_png(data):
        return _quickly(data)
    image, _ = decode(BytesIO(data), kind, NO_REDUCTION)
    return np.asarray(image)


def _is_plain_png(data: bytes) -> bool:
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


def _quickly(data: bytes) -> NDArray[np.uint8]:
    """By FFmpeg, which takes two thirds of the time."""
    codec = VideoCodecContext.create("png", "r")
    try:
        frames = [*codec.decode(av.Packet(data)), *codec.decode(None)]
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise CorruptMedia(_DAMAGED) from error
    if not frames:
        raise CorruptMedia(_DAMAGED)
    return np.asarray(frames[0].to_ndarray(), np.uint8)


def packed(pixels: NDArray[np.uint8], recipe: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """One drawing as the pack keeps it, and what it is: planes one after the other, compressed."""
    pixels = _fitted(pixels, recipe["width"], recipe["height"])
    colours, alpha = _parted(pixels)
    if alpha is None and recipe["key"]:
        colours, alpha = key_out(colours, tuple(recipe["key"]))
    if alpha is not None:
        colours = extend_colours(colours, alpha)
    planes = to_planes(colours, alpha)
    parts = [planes.y, planes.u, planes.v, *([] if alpha is None else [alpha])]
    raw = b"".join(part.tobytes() for part in parts)
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: LEVEL,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    about = {"digest": hashlib.sha256(raw).hexdigest(), "alpha": alpha is not None}
    return about, zstd.compress(raw, options=options)


def _parted(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """RGB, and the alpha of what is not opaque; cv2 parts them ten times as fast as numpy."""
    if pixels.shape[2] == 3:  # noqa: PLR2004  RGB
        return np.ascontiguousarray(pixels), None
    whole = np.ascontiguousarray(pixels)
    alpha = np.asarray(cv2.extractChannel(whole, 3), np.uint8)
    colours = np.asarray(cv2.cvtColor(whole, cv2.COLOR_RGBA2RGB), np.uint8)
    return colours, None if alpha.min() == 255 else alpha  # noqa: PLR2004  opaque


def _fitted(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The picture in the character's size: one odd row or column goes, another size is scaled."""
    rows, columns = pixels.shape[:2]
    if 0 <= rows - height <= 1 and 0 <= columns - width <= 1:
        return pixels[:height, :width]
    smaller = rows * columns > width * height
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    if pixels.shape[2] == 4:  # noqa: PLR2004  RGBA
        filled = extend_colours(np.ascontiguousarray(pixels[..., :3]), pixels[..., 3])
        pixels = np.dstack([filled, pixels[..., 3]])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


def answer(source: BinaryIO, out: Writable, recipe: dict[str, Any]) -> None:
    """Decode what comes until nothing comes; what cannot be decoded is told and passed over."""
    while True:
        try:
            request, data = receive(source)
        except EOFError:
            return
        try:
            about, payload = packed(pixels_of(data, request["decoder"]), recipe)
        except TalkiesError as error:
            # Not as an error of the conversation: the next drawing may be well.
            about, payload = {"refused": described(error)}, b""
        except MemoryError:
            too_large = CorruptMedia("The picture needs more memory than it may use.")
            about, payload = {"refused": described(too_large)}, b""
        send(out, about, payload)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    av.logging.set_level(av.logging.PANIC)
    keep()
    cv2.setNumThreads(1)  # there are as many children as processors
    answer(sys.stdin.buffer, sys.stdout.buffer, json.loads(sys.argv[1]))
