"""Carrying out a framing plan: crop, scale, bars."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.framing.plan import FramingPlan
from talkies.media.pictures import Picture

Pixels: TypeAlias = NDArray[np.uint8]
Colour: TypeAlias = tuple[int, int, int]


def frame_picture(picture: Picture, plan: FramingPlan, bars: Colour = (0, 0, 0)) -> Picture:
    """The picture as the video shows it, `plan.size` large; bars have the colour `bars`.

    A picture with transparency keeps it, and its bars are transparent. Colours are weighted by
    their coverage while scaling, so that what is hidden under transparent pixels never shows.
    """
    if picture.alpha is None:
        return Picture(pixels=frame_pixels(picture.pixels, plan, bars))
    alpha = _scaled(_cropped(picture.alpha, plan), plan)
    pixels = _cropped(picture.pixels, plan)
    if plan.scaled != (plan.crop.width, plan.crop.height):
        pixels = _scaled_by_coverage(pixels, _cropped(picture.alpha, plan), plan)
    return Picture(pixels=_on_frame(pixels, plan, bars), alpha=_on_frame(alpha, plan, 0))


def frame_pixels(pixels: Pixels, plan: FramingPlan, bars: Colour = (0, 0, 0)) -> Pixels:
    """The same for opaque RGB pixels (height, width, 3)."""
    return _on_frame(_scaled(_cropped(pixels, plan), plan), plan, bars)


def _cropped(layer: Pixels, plan: FramingPlan) -> Pixels:
    crop = plan.crop
    return layer[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]


def _scaled(layer: Pixels, plan: FramingPlan) -> Pixels:
    """Area averages when shrinking, which cannot alias; cubic when enlarging."""
    if plan.scaled == (plan.crop.width, plan.crop.height):
        return layer
    method = cv2.INTER_AREA if plan.scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(layer, plan.scaled, interpolation=method), np.uint8)


def _scaled_by_coverage(pixels: Pixels, alpha: Pixels, plan: FramingPlan) -> Pixels:
    method = cv2.INTER_AREA if plan.scale < 1 else cv2.INTER_LINEAR
    coverage = alpha.astype(np.float32)[..., None] / np.float32(255)
    weighted = cv2.resize(pixels * coverage, plan.scaled, interpolation=method)
    weight = cv2.resize(coverage, plan.scaled, interpolation=method)[..., None]
    colours = weighted / np.maximum(weight, np.float32(1 / 255))
    return np.asarray(np.clip(np.rint(colours), 0, 255), np.uint8)


def _on_frame(layer: Pixels, plan: FramingPlan, bars: Colour | int) -> Pixels:
    """The layer in the middle of a frame of one colour."""
    if plan.scaled == plan.size:
        return np.ascontiguousarray(layer)
    (left, top), (width, height) = plan.offset, plan.scaled
    frame = np.empty((plan.size[1], plan.size[0], *layer.shape[2:]), np.uint8)
    frame[:] = bars
    frame[top : top + height, left : left + width] = layer
    return frame
