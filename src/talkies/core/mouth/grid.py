"""The fine time grid on which curves are drawn before they are sampled at frames."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Cells per second: ten to twenty for the fastest move of a lip.
GRID_RATE = 200

Samples: TypeAlias = NDArray[np.float64]


def smooth_step(x: Samples) -> Samples:
    """The minimum-jerk move from 0 at x <= 0 to 1 at x >= 1 (Flash and Hogan 1985)."""
    t = np.clip(x, 0.0, 1.0)
    return t * t * t * (10 - 15 * t + 6 * t * t)


def averaged(curve: Samples, seconds: float, rate: float) -> Samples:
    """A curve of `rate` samples a second under a Hann window this many seconds wide; ends held.

    The window's width is where it is half as high as in its middle.
    """
    half = max(1, round(seconds * rate / 2))
    window = np.hanning(2 * half + 3)[1:-1]
    padded = np.pad(curve, half, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")


def smoothed(curve: Samples, seconds: float) -> Samples:
    """A curve, shape (cells,), under a Gaussian of this standard deviation; ends are held."""
    sigma = seconds * GRID_RATE
    radius = int(4 * sigma) + 1
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    padded = np.pad(curve, radius, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
