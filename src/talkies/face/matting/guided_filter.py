"""The guided filter with a colour guide: gives a rough map the edges of a picture."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.float32]

#: The filter's coefficients are computed at most this large, pixels of the longer side; they are
#: smooth, and are enlarged (He and Sun, "Fast Guided Filter", 2015).
_COEFFICIENT_SIDE = 1024


def guided_filter(guide: NDArray[np.uint8], plane: Plane, reach: int, smoothing: float) -> Plane:
    """`plane` (height, width), refined by `guide` RGB (height, width, 3).

    In each window of `reach` pixels about a pixel the result is linear in the guide's colours
    (0 to 1); `smoothing` is the variance under which a window counts as flat. Source: He, Sun,
    Tang, "Guided Image Filtering", 2013, eq. 19.
    """
    ratio = min(1.0, _COEFFICIENT_SIDE / max(guide.shape[:2]))
    size = (max(1, round(guide.shape[1] * ratio)), max(1, round(guide.shape[0] * ratio)))
    small_guide = cv2.resize(guide, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    small_plane = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    slopes, offset = _coefficients(
        np.asarray(small_guide, np.float32),
        np.asarray(small_plane, np.float32),
        max(1, round(reach * ratio)),
        smoothing,
    )
    full = (guide.shape[1], guide.shape[0])
    result = cv2.resize(offset, full, interpolation=cv2.INTER_LINEAR)
    for channel in range(3):
        slope = cv2.resize(slopes[..., channel], full, interpolation=cv2.INTER_LINEAR)
        result += slope * (guide[..., channel] * np.float32(1 / 255))
    return np.asarray(result, np.float32)


def _coefficients(guide: Plane, plane: Plane, reach: int, smoothing: float) -> tuple[Plane, Plane]:
    """Slopes (height, width, 3) and offset (height, width), averaged over all windows."""
    window = (2 * reach + 1, 2 * reach + 1)

    def mean(values: Plane) -> Plane:
        return np.asarray(cv2.blur(values, window, borderType=cv2.BORDER_REFLECT_101), np.float32)

    centre, level = mean(guide), mean(plane)
    covariance = mean(guide * plane[..., None]) - centre * level[..., None]
    spread = np.empty((*plane.shape, 3, 3), np.float32)
    for row in range(3):
        for column in range(row, 3):
            product = mean(guide[..., row] * guide[..., column])
            spread[..., row, column] = product - centre[..., row] * centre[..., column]
            spread[..., column, row] = spread[..., row, column]
    spread += np.float32(smoothing) * np.eye(3, dtype=np.float32)
    slopes = np.linalg.solve(spread, covariance[..., None])[..., 0].astype(np.float32)
    offset = level - (slopes * centre).sum(axis=-1)
    return mean(slopes), mean(np.asarray(offset, np.float32))
