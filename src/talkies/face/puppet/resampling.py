"""cv2's resampling and smoothing, with array types kept and edges repeated."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.uint8, np.float32)

_BORDER = cv2.BORDER_REPLICATE


def read_through(
    values: NDArray[Number],
    maps: NDArray[np.float32],
    *,
    cubic: bool = False,
    relative: bool = False,
    out: NDArray[Number] | None = None,
) -> NDArray[Number]:
    """Values at the places in `maps` (rows, cols, 2): x and y, from each pixel if `relative`.

    `out` receives them where given.
    """
    flags = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    flags |= cv2.WARP_RELATIVE_MAP if relative else 0
    read = cv2.remap(values, maps, None, flags, out, _BORDER)  # type: ignore[call-overload]
    return np.asarray(read, values.dtype)


def resized(
    values: NDArray[Number], size: tuple[int, int], out: NDArray[Number] | None = None
) -> NDArray[Number]:
    """Values on `size` (width, height): areas averaged when smaller, bilinear when larger."""
    smaller = size[0] < values.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, size, out, interpolation=how), values.dtype)


def blurred(
    values: NDArray[Number], sigma: float, *, dark_outside: bool = False
) -> NDArray[Number]:
    """Gaussian smoothing; beyond the edge lies the edge again, or zero if `dark_outside`."""
    border = cv2.BORDER_CONSTANT if dark_outside else _BORDER
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=border), values.dtype)


def placed(
    values: NDArray[Number], to_source: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[Number]:
    """The picture of `size` whose pixels come from affine `to_source` (2, 3); zero outside."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(values, to_source, size, flags=flags), values.dtype)


def filled(
    outline: NDArray[np.float64], corner: tuple[int, int], size: tuple[int, int]
) -> NDArray[np.float32]:
    """Coverage, 0 to 1, of a polygon (n, 2) in pixels, seen in a window of `size` at `corner`."""
    bits = 4
    mask = np.zeros((size[1], size[0]), np.uint8)
    corners = np.round((outline - corner) * (1 << bits)).astype(np.int32)
    cv2.fillPoly(mask, [corners], (255,), lineType=cv2.LINE_AA, shift=bits)
    return mask * np.float32(1 / 255)
