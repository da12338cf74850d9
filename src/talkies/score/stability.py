"""What should stay put: the rigid part of the face, the background, and time itself.

Points are float64 of shape (frames, points, 2), x and y in pixels of the video.
"""

import numpy as np
from numpy.typing import NDArray

from talkies.score.sync import FEWEST_FRAMES, Mask, Series, longest_run

Points = NDArray[np.float64]
_Plane = NDArray[np.complex128]

#: Mean difference of two frames of the face, in grey levels, under which they are the same one.
SAME_FRAME = 0.2
#: Peak of an 8-bit picture, for PSNR.
PEAK = 255.0


def similarity_residuals(points: Points, shape: Points) -> Points:
    """Distances left after the best similarity fit of each frame onto `shape` (points, 2).

    Returns (frames, points), in the unit of `shape`.
    """
    wanted = _centred(shape)
    return np.asarray(np.abs(_laid(_centred(points), wanted) - wanted), np.float64)


def rigid_drift(points: Points, shape: Points, eye_distance: float) -> Series:
    """Mean distance of the rigid points from their places on `shape`, in D, shape (frames,).

    `shape` (points, 2) is the face at rest, `eye_distance` its D in the same pixels.
    """
    return np.asarray(similarity_residuals(points, shape).mean(axis=1) / eye_distance, np.float64)


def median_shape(points: Points) -> Points:
    """The middle face of a video, (points, 2): the median of all frames laid onto the first."""
    there = _centred(points)
    laid = _laid(there, there[0])
    middle = np.median(laid.real, axis=0) + 1j * np.median(laid.imag, axis=0)
    return np.stack([middle.real, middle.imag], axis=-1)


def jitter(points: Points, eye_distance: Series, valid: Mask) -> float | None:
    """Mean length of the second difference of the rigid points over time, in D.

    A steady motion gives 0; trembling from frame to frame does not. The landmarks' own noise is
    about .005 D. Only runs of three valid frames count.
    """
    runs = valid[:-2] & valid[1:-1] & valid[2:]
    if int(runs.sum()) < FEWEST_FRAMES:
        return None
    bend = np.hypot(*np.moveaxis(np.diff(points, 2, axis=0), -1, 0)).mean(axis=1)
    return float((bend / eye_distance[1:-1])[runs].mean())


def psnr(mean_squared_error: Series) -> float | None:
    """Peak signal-to-noise ratio of all frames together, in dB; None without frames."""
    if not len(mean_squared_error):
        return None
    error = max(float(mean_squared_error.mean()), 1e-6)
    return float(10 * np.log10(PEAK**2 / error))


def longest_freeze(change: Series, speaking: Mask, fps: float) -> float:
    """Longest time, in seconds, for which the face stays the very same while speech goes on.

    `change` is the mean absolute difference of the face to the frame before, in grey levels.
    """
    return longest_run((change < SAME_FRAME) & speaking) / fps


def repeated_share(change: Series, speaking: Mask) -> float | None:
    """Share of spoken frames that repeat the frame before, from 0 to 1."""
    if int(speaking.sum()) < FEWEST_FRAMES:
        return None
    return float((change[speaking] < SAME_FRAME).mean())


def _centred(points: Points) -> _Plane:
    """Points (..., points, 2) about their mean, as complex numbers x + iy."""
    plane = points[..., 0] + 1j * points[..., 1]
    return np.asarray(plane - plane.mean(axis=-1, keepdims=True))


def _laid(there: _Plane, wanted: _Plane) -> _Plane:
    """Each frame (frames, points) turned and scaled onto `wanted` (points,) by least squares.

    In closed form for centred points of the plane (Umeyama 1991).
    """
    turn = (np.conj(there) * wanted).sum(axis=1) / (np.abs(there) ** 2).sum(axis=1)
    return np.asarray(turn[:, None] * there)
