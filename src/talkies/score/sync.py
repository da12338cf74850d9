"""The pure measures of lip sync: how one curve of a video follows its reference.

Curves are float64 of shape (frames,), on the video's frame grid. `valid` is a bool mask of the
same shape, true where a face was found. Lengths are in D, the distance of the outer eye corners.
A measure is None where it is undefined: too few frames, or a reference that never moves.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Series: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

#: Fewest frames a correlation is computed on; below, chance alone gives high values.
FEWEST_FRAMES = 12
#: Fewest frames of pauses that say anything.
FEWEST_SILENT = 4
#: Standard deviation, in D, under which a curve counts as still: far below what landmarks resolve.
STILL = 1e-6
#: Steps per second of the grid on which lags are searched, finer than any frame rate.
LAG_RATE = 200
#: How far picture and sound are searched for each other, seconds to either side.
LAG_REACH = 0.4
#: Percentiles of a curve between which its range is taken; outliers at the ends do not count.
RANGE_PERCENTILES = (5.0, 95.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Where a measured curve fits its reference best."""

    #: Milliseconds by which the picture is late; negative where it is early.
    milliseconds: float
    #: Correlation at that lag.
    correlation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LagProfile:
    """Correlation at every lag searched."""

    #: Seconds by which the picture is assumed late, ascending, shape (lags,).
    seconds: Series
    #: Correlation at each, 0 where it is undefined, shape (lags,).
    correlation: Series


def frame_middles(frames: int, fps: float) -> Series:
    """The moment that each frame shows: the middle of its time, in seconds, (frames,)."""
    return np.asarray((np.arange(frames) + 0.5) / fps, np.float64)


def correlation(measured: Series, reference: Series, valid: Mask) -> float | None:
    """Pearson's r between two curves over the valid frames, from -1 to 1.

    A measured curve that stands still follows nothing: 0. None where fewer than `FEWEST_FRAMES`
    frames are valid or the reference itself stands still there.
    """
    if int(valid.sum()) < FEWEST_FRAMES:
        return None
    there, wanted = measured[valid], reference[valid]
    if float(wanted.std()) < STILL:
        return None
    if float(there.std()) < STILL:
        return 0.0
    return float(np.corrcoef(there, wanted)[0, 1])


def reversed_correlation(measured: Series, reference: Series, valid: Mask) -> float | None:
    """Pearson's r with the reference played backwards: what chance gives on this very video."""
    return correlation(measured, reference[::-1], valid)


def amplitude_ratio(measured: Series, reference: Series, valid: Mask) -> float | None:
    """Range of the measured curve over the range of the reference; 1 is as wide open as asked.

    The range runs from the 5th to the 95th percentile, so the landmarks' own offset on closed
    lips (.016 to .062 D, measured on four portraits) cancels out.
    """
    if int(valid.sum()) < FEWEST_FRAMES:
        return None
    wanted = spread(reference[valid])
    return None if wanted < STILL else spread(measured[valid]) / wanted


def spread(curve: Series) -> float:
    """Distance between the 5th and the 95th percentile, in the unit of the curve."""
    low, high = np.percentile(curve, RANGE_PERCENTILES)
    return float(high - low)


def lag_profile(
    measured: Series, reference: Series, valid: Mask, fps: float, reach: float = LAG_REACH
) -> LagProfile | None:
    """Correlation of measured(t + lag) with reference(t) for every lag within ±`reach` seconds.

    Both curves are resampled to `LAG_RATE` by straight lines, so lags are finer than a frame.
    None where the curves are shorter than twice the search, or one of them stands still.
    """
    if len(measured) < 2 * reach * fps or correlation(measured, reference, valid) is None:
        return None
    there = _resampled(measured, fps)
    wanted = _resampled(reference, fps)
    weight = _resampled(valid.astype(np.float64), fps) > 0.5  # noqa: PLR2004 -- half of two frames
    steps = np.arange(-round(reach * LAG_RATE), round(reach * LAG_RATE) + 1)
    r = np.array([_shifted_correlation(there, wanted, weight, int(step)) for step in steps])
    return LagProfile(seconds=steps / LAG_RATE, correlation=r)


def best_lag(profile: LagProfile) -> Lag:
    """The lag of the highest correlation, refined by a parabola through its neighbours."""
    r = profile.correlation
    peak = int(np.argmax(r))
    offset = 0.0
    if 0 < peak < len(r) - 1:
        before, here, after = r[peak - 1 : peak + 2]
        bend = before - 2 * here + after
        offset = 0.0 if bend >= 0 else float(0.5 * (before - after) / bend)
    seconds = float(profile.seconds[peak]) + offset / LAG_RATE
    return Lag(milliseconds=1000 * seconds, correlation=float(r[peak]))


def _resampled(curve: Series, fps: float) -> Series:
    times = np.arange(int((len(curve) - 1) / fps * LAG_RATE) + 1) / LAG_RATE
    return np.interp(times, np.arange(len(curve)) / fps, curve)


def _shifted_correlation(there: Series, wanted: Series, weight: Mask, late: int) -> float:
    count = len(wanted) - abs(late)
    start_there, start_wanted = max(0, late), max(0, -late)
    seen = weight[start_there : start_there + count]
    return (
        correlation(
            there[start_there : start_there + count],
            wanted[start_wanted : start_wanted + count],
            seen,
        )
        or 0.0
    )


def closed_share(level: Series, silent: Mask, valid: Mask, limit: float) -> float | None:
    """Share of silent frames in which the mouth is closed, from 0 to 1.

    `level` is the opening between the video's own closed (0) and open (1) mouth; a frame counts
    as closed under `limit`. None where fewer than `FEWEST_SILENT` frames are silent and valid.
    """
    frames = silent & valid
    if int(frames.sum()) < FEWEST_SILENT:
        return None
    return float((level[frames] < limit).mean())


def longest_run(marks: Mask) -> int:
    """Length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marks.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def window_correlations(
    measured: Series, reference: Series, valid: Mask, window: int, step: int
) -> list[tuple[int, float]]:
    """(first frame, r) of windows of `window` frames, `step` apart; undefined ones left out."""
    found = []
    for start in range(0, max(1, len(measured) - window + 1), step):
        part = slice(start, start + window)
        r = correlation(measured[part], reference[part], valid[part])
        if r is not None:
            found.append((start, r))
    return found
