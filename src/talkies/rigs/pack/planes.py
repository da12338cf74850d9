"""Planes as a pack keeps them: one after the other, compressed."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.errors import CorruptMedia
from talkies.media.compression import zstd
from talkies.media.yuv import Planes

Plane: TypeAlias = NDArray[np.uint8]

_HINT: Final = "Run it again: the pack is made anew."


def unpacked(data: memoryview | bytes, length: int) -> bytes:
    """`length` bytes out of a frame of zstd; raises `CorruptMedia` where it holds others."""
    try:
        if zstd.get_frame_info(data).decompressed_size == length:
            return bytes(zstd.decompress(data))
    except zstd.ZstdError as error:
        raise CorruptMedia("The character's pack is damaged.", hint=_HINT) from error
    raise CorruptMedia("The character's pack is damaged.", hint=_HINT)


def planes_of(data: memoryview | bytes, width: int, height: int, *, alpha: bool) -> Planes:
    """The planes of a blob; their arrays cannot be written to."""
    luma, chroma = width * height, width * height // 4
    raw = np.frombuffer(unpacked(data, luma + 2 * chroma + (luma if alpha else 0)), np.uint8)
    half = (height // 2, width // 2)
    return Planes(
        y=raw[:luma].reshape(height, width),
        u=raw[luma : luma + chroma].reshape(half),
        v=raw[luma + chroma : luma + 2 * chroma].reshape(half),
        alpha=raw[luma + 2 * chroma :].reshape(height, width) if alpha else None,
        joined=None if alpha else raw.reshape(-1, width),
    )


def masks_of(data: memoryview | bytes, width: int, height: int) -> tuple[Plane, Plane]:
    """The masks of an overlay in a box of this size, for luma and for chroma."""
    luma = width * height
    raw = np.frombuffer(unpacked(data, luma + luma // 4), np.uint8)
    return raw[:luma].reshape(height, width), raw[luma:].reshape(height // 2, width // 2)
