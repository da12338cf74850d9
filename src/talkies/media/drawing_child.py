"""The process that decodes drawings of unknown origin: files in, packed planes out, one by one."""

import hashlib
import sys
import warnings
from io import BytesIO
from typing import Any, BinaryIO, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.errors import CorruptMedia, TalkiesError
from talkies.kit.memory import keep
from talkies.kit.messages import Writable, described, receive, send
from talkies.media.compression import zstd
from talkies.media.keying import extend_colours, key_out
from talkies.media.plain_png import be_silent, is_plain_png, read_plain_png
from talkies.media.yuv import to_planes_quickly

#: Level of compression: 1 reads a 1024×1536 frame in 1 ms.
LEVEL: Final = 1

#: No drawing is reduced while it is decoded: the sizes of a character are checked before.
NO_REDUCTION: Final = 1 << 20


def pixels_of(data: bytes, kind: str) -> NDArray[np.uint8]:
    """RGB or RGBA, uint8 (H, W, 3 or 4), upright and in sRGB. Raises `TalkiesError`."""
    if kind == "PNG" and is_plain_png(data):
        return read_plain_png(data)
    # Most characters are of plain PNGs alone, and this takes a quarter of a child's start.
    from talkies.media.picture_child import decode  # noqa: PLC0415

    image, _ = decode(BytesIO(data), kind, NO_REDUCTION)
    return np.asarray(image)


def packed(pixels: NDArray[np.uint8], recipe: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """One drawing as the pack keeps it, and what it is: planes one after the other, compressed."""
    pixels = _fitted(pixels, recipe["width"], recipe["height"])
    colours, alpha = _parted(pixels)
    if alpha is None and recipe["key"]:
        colours, alpha = key_out(colours, tuple(recipe["key"]))
    if alpha is not None:
        colours = extend_colours(colours, alpha)
    planes = to_planes_quickly(colours, alpha)
    parts = [planes.y, planes.u, planes.v, *([] if alpha is None else [alpha])]
    raw = b"".join(part.data for part in parts)
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: LEVEL,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    data = zstd.compress(raw, options=options)
    # Of equal planes the same becomes, and it is a sixth of them.
    return {"digest": hashlib.sha256(data).hexdigest(), "alpha": alpha is not None}, data


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


def answer(source: BinaryIO, out: Writable) -> None:
    """Decode what comes until nothing comes; what cannot be decoded is told and passed over."""
    while True:
        try:
            request, data = receive(source)
        except EOFError:
            return
        try:
            about, payload = packed(pixels_of(data, request["decoder"]), request["recipe"])
        except TalkiesError as error:
            # Not as an error of the conversation: the next drawing may be well.
            about, payload = {"refused": described(error)}, b""
        except MemoryError:
            too_large = CorruptMedia("The picture needs more memory than it may use.")
            about, payload = {"refused": described(too_large)}, b""
        send(out, about, payload)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    be_silent()
    keep()
    cv2.setNumThreads(1)  # there are as many children as processors
    answer(sys.stdin.buffer, sys.stdout.buffer)
