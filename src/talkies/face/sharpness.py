"""How much fine detail a face has, measured about its eyes, where every face has edges."""

from itertools import pairwise
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face import topology
from talkies.face.landmarks import Face

Pixels: TypeAlias = NDArray[np.uint8]
Plane: TypeAlias = NDArray[np.float32]

#: Growth of the eyes' outline over which detail is measured, in D.
_AROUND_EYES = 0.09
#: Blurs that part the detail into two bands, pixels at the measured scale.
_BAND_BLURS = (1.0, 2.0)
#: Spread of grey levels under which there is nothing to measure.
_FLAT = 0.5


def sharpness(pixels: Pixels, face: Face, scale: float) -> float:
    """Detail in the finest band over that in the next, with D brought to `scale` pixels.

    Faces smaller than that are measured as they are. Measured on photographs, paintings and
    drawings: sharp ones .80 to 1.62; blurred with sigma = 1/96 of `scale` .57 to 1.08; with
    sigma = 2/96 .43 to .67; the value of a wholly blurred picture is about .38.
    """
    grey, points = _eyes(pixels, face, min(1.0, scale / face.eye_distance))
    near = _mask(grey, points, _AROUND_EYES * min(scale, face.eye_distance))
    layers = [grey, *(cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in _BAND_BLURS)]
    fine, coarse = (
        float(np.sqrt(((one - other)[near] ** 2).mean())) for one, other in pairwise(layers)
    )
    return fine / coarse if coarse > _FLAT else 0.0


def _eyes(pixels: Pixels, face: Face, ratio: float) -> tuple[Plane, NDArray[np.float64]]:
    """The grey strip about the eyes at `ratio` of its size, and both eyes' outlines in it."""
    outlines = face.points[
        [
            *topology.LEFT_EYE_UPPER,
            *topology.LEFT_EYE_LOWER,
            *topology.RIGHT_EYE_UPPER,
            *topology.RIGHT_EYE_LOWER,
        ],
        :2,
    ].astype(np.float64)
    margin = 0.25 * face.eye_distance
    height, width = pixels.shape[:2]
    left, top = np.clip(outlines.min(axis=0) - margin, 0, (width - 2, height - 2)).astype(int)
    right, bottom = np.clip(outlines.max(axis=0) + margin, (left + 2, top + 2), (width, height))
    strip = cv2.cvtColor(pixels[top : int(bottom), left : int(right)], cv2.COLOR_RGB2GRAY)
    grey = strip.astype(np.float32)
    if ratio < 1:
        size = (max(1, round(grey.shape[1] * ratio)), max(1, round(grey.shape[0] * ratio)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
    return grey, (outlines - (left, top)) * ratio


def _mask(grey: Plane, outlines: NDArray[np.float64], growth: float) -> NDArray[np.bool_]:
    """Where both eyes are, with what is near them."""
    mask = np.zeros(grey.shape, np.uint8)
    for eye in np.split(outlines, 2):
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(eye).astype(np.int32)), 1)
    size = 2 * max(1, round(growth / 2)) + 1
    return np.asarray(cv2.dilate(mask, np.ones((size, size), np.uint8)) > 0)
