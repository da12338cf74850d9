"""Cutting a turned, scaled square out of a picture without aliasing."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes

Pixels: TypeAlias = NDArray[np.uint8]
Affine: TypeAlias = NDArray[np.float64]

#: Shrinking by more than this first averages whole areas; below, bilinear reading is enough.
_DIRECT_SHRINK = 1.5
#: Softening of patches whose colours are read, against noise: sigma in pixels of the patch.
_PATCH_BLUR = 1.0


def sample(pixels: Pixels, view: Affine, side: int) -> Pixels:
    """The (side, side, 3) picture that `view` maps the picture onto; black outside the picture.

    `view` (2, 3) maps pixel centres of `pixels` to pixel centres of the result; it must be a
    turn, a uniform scale and a shift.
    """
    shrink = 1 / float(np.hypot(view[0, 0], view[1, 0]))
    if shrink > _DIRECT_SHRINK:
        pixels, view = _averaged(pixels, view, side, shrink)
    return np.asarray(
        cv2.warpAffine(pixels, view, (side, side), flags=cv2.INTER_LINEAR), dtype=np.uint8
    )


def _averaged(pixels: Pixels, view: Affine, side: int, shrink: float) -> tuple[Pixels, Affine]:
    """The part of the picture that `view` shows, reduced by area averaging to about its scale."""
    height, width = pixels.shape[:2]
    back = np.asarray(cv2.invertAffineTransform(view), np.float64)
    ends = np.array([[-1, -1], [side, -1], [-1, side], [side, side]])
    corners = ends @ back[:, :2].T + back[:, 2]
    low = np.clip(np.floor(corners.min(axis=0)), 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 1, low + 1, (width, height)).astype(int)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    smaller = (max(1, round(part.shape[1] / shrink)), max(1, round(part.shape[0] / shrink)))
    ratio = np.array([part.shape[1] / smaller[0], part.shape[0] / smaller[1]])
    reduced = cv2.resize(part, smaller, interpolation=cv2.INTER_AREA)
    # A pixel centre i of the reduced part lies at (i + 1/2) * ratio - 1/2 + low in the picture.
    shift = 0.5 * ratio - 0.5 + low
    matrix = view[:, :2] * ratio
    return np.asarray(reduced, np.uint8), np.column_stack(
        [matrix, view[:, :2] @ shift + view[:, 2]]
    )


def face_patch(
    pixels: Pixels, axes: FaceAxes, side: int, centre: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.float32]:
    """A levelled square of one D of a face, in CIE L*a*b*: float32 (side, side, 3).

    `centre` is its middle in the face frame; (u, v) lies at pixel
    `(side - 1) / 2 + side * ((u, v) - centre)`.
    """
    turn = side / axes.unit * np.stack([axes.along, axes.down])
    middle = axes.to_picture(np.array(centre))
    view = np.column_stack([turn, (side - 1) / 2 - turn @ middle])
    patch = sample(pixels, view, side).astype(np.float32) / np.float32(255)
    softened = cv2.GaussianBlur(patch, (0, 0), _PATCH_BLUR)
    return np.asarray(cv2.cvtColor(softened, cv2.COLOR_RGB2Lab), np.float32)
