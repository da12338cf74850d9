"""What stands behind the person: a colour or a picture in place of the portrait's background."""

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.puppet.resampling import blurred, resized
from talkies.media.yuv import Planes, to_planes

Pixels = NDArray[np.uint8]
Matte = NDArray[np.float32]

_OPAQUE = 255
#: Cover from which a pixel shows nothing of the old background.
_SURE = 0.97
#: Reaches, in pixels, from which the person's colour at its soft edge is taken.
_REACHES = (3.0, 9.0, 27.0)


def plain(colour: tuple[int, int, int], width: int, height: int) -> Planes:
    """A backdrop of one RGB colour."""
    return to_planes(np.full((height, width, 3), colour, np.uint8))


def covering(pixels: Pixels, width: int, height: int) -> Planes:
    """A backdrop of an RGB picture, scaled and cut in the middle to cover the frame."""
    scale = max(width / pixels.shape[1], height / pixels.shape[0])
    size = (max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale)))
    scaled = resized(pixels, size)
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return to_planes(np.ascontiguousarray(scaled[y : y + height, x : x + width]))


def cut_out(pixels: Pixels, matte: Matte) -> Pixels:
    """The picture with the person's own colours carried out into its soft edge and beyond.

    Otherwise the old background would shine as a fringe around the hair.
    """
    sure = np.asarray(matte >= _SURE, np.float32)
    colour = pixels.astype(np.float32)
    known = sure.copy()
    filled = colour * sure[..., None]
    for reach in _REACHES:
        weight = blurred(sure, reach)
        spread = blurred(colour * sure[..., None], reach) / np.maximum(weight, 1e-4)[..., None]
        missing = (known == 0) & (weight > 1e-3)  # noqa: PLR2004 - a thousandth is nothing
        filled[missing] = spread[missing]
        known[missing] = 1
    filled[known == 0] = colour[known == 0]
    return np.asarray(np.clip(np.round(filled), 0, _OPAQUE), np.uint8)


def lay_before(frame: Planes, backdrop: Planes) -> Planes:
    """The frame, opaque, before the backdrop; its planes are written to."""
    if frame.alpha is None:
        return frame
    _mix(frame.y, backdrop.y, frame.alpha)
    half = cv2.resize(frame.alpha, frame.u.shape[::-1], interpolation=cv2.INTER_AREA)
    _mix(frame.u, backdrop.u, np.asarray(half, np.uint8))
    _mix(frame.v, backdrop.v, np.asarray(half, np.uint8))
    return Planes(frame.y, frame.u, frame.v)


def _mix(front: Pixels, back: Pixels, cover: Pixels) -> None:
    """Blends in place; only the few half-covered pixels cost arithmetic."""
    np.copyto(front, back, where=cover == 0)
    edge = np.flatnonzero((cover > 0) & (cover < _OPAQUE))
    weight = cover.reshape(-1)[edge].astype(np.float32) / _OPAQUE
    before, behind = front.reshape(-1)[edge].astype(np.float32), back.reshape(-1)[edge]
    front.reshape(-1)[edge] = np.round(behind + (before - behind) * weight).astype(np.uint8)
