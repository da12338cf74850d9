"""Pitch: how high a voice is over time, by autocorrelation.

After Boersma (1993): the autocorrelation of a windowed piece of sound, divided by that of the
window, peaks at the period of a voice however loud it is. Octave errors are folded back to the
speaker's middle, and single outliers are smoothed away: gestures need the melody, not the cycle.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

#: Pitches that are looked for, in hertz: from a deep male voice to an excited child's.
LOWEST, HIGHEST = 60.0, 500.0
#: Seconds of a window: two and a half periods of `LOWEST`, as less cannot show one.
WINDOW_SECONDS = 0.042
#: Seconds from one window to the next.
HOP_SECONDS = 0.010
#: Height of the peak from which sound is taken to be voiced (Boersma's voicing threshold).
VOICED = 0.45
#: What an octave down costs a peak, so that a period is not taken for two.
OCTAVE_COST = 0.02
#: Windows more than this many dB under the loud parts have no voice.
RANGE_DB = 32.0
#: Windows of the median that takes single outliers away.
SMOOTHED = 5
#: Windows that are transformed at a time: 8 MB.
_BLOCK = 1024
_SEMITONES = 12.0


def pitches(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """The pitch in hertz of every `HOP_SECONDS`, shape (windows,); NaN where there is no voice.

    Window i lies around i * `HOP_SECONDS`. `samples` are float32 (n,) in [-1, 1].
    """
    count = int(len(samples) / (HOP_SECONDS * rate)) + 1
    found = np.full(count, np.nan)
    power = np.zeros(count)
    for first, windows in _windows(samples, rate, count):
        place = slice(first, first + len(windows))
        power[place] = np.mean(windows**2, axis=1)
        found[place] = _periodic(windows, rate)
    loud = float(np.percentile(power, 95))
    found[power < max(loud * 10 ** (-RANGE_DB / 10), 1e-12)] = np.nan
    return _steadied(found)


def melody(
    samples: NDArray[np.float32], rate: int, fps: Fraction, frames: int
) -> NDArray[np.float32]:
    """Semitones over the speaker's middle pitch on every frame, float32 (frames,); NaN unvoiced."""
    found = pitches(samples, rate)
    if not np.isfinite(found).any():
        return np.full(frames, np.nan, np.float32)
    semitones = _SEMITONES * np.log2(found / np.nanmedian(found))
    middles = (np.arange(frames) + 0.5) / float(fps)
    nearest = np.round(middles / HOP_SECONDS).astype(int)
    known = np.where(
        nearest < len(semitones), semitones[np.minimum(nearest, len(found) - 1)], np.nan
    )
    return np.asarray(known, np.float32)


def _windows(
    samples: NDArray[np.float32], rate: int, count: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Windows without their mean, a block at a time, each with the number of its first."""
    length = round(WINDOW_SECONDS * rate)
    offsets = np.arange(length) - length // 2
    for first in range(0, count, _BLOCK):
        middles = np.round(np.arange(first, min(first + _BLOCK, count)) * HOP_SECONDS * rate)
        places = middles.astype(int)[:, None] + offsets
        inside = (places >= 0) & (places < len(samples))
        taken = samples[np.clip(places, 0, max(len(samples) - 1, 0))] if len(samples) else 0.0
        block = np.where(inside, taken, 0.0).astype(np.float64)
        yield first, block - block.mean(axis=1, keepdims=True)


def _periodic(windows: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """The pitch of each window in hertz, NaN where it has none."""
    length = windows.shape[1]
    taper = np.hanning(length + 2)[1:-1]
    size = 1 << (2 * length - 1).bit_length()
    shapes = _autocorrelation(windows * taper, size) / _autocorrelation(taper[None], size)
    low, high = int(rate / HIGHEST), min(int(rate / LOWEST) + 1, length - 1)
    lags = np.arange(low, high)
    heights = shapes[:, low:high]
    worth = heights - OCTAVE_COST * np.log2(lags / low)
    rows, best = np.arange(len(windows)), np.argmax(worth, axis=1)
    # At the very edge there is no peak: something longer or shorter than any period rises there.
    edge = (best == 0) | (best == len(lags) - 1)
    voiced = (heights[rows, best] >= VOICED) & ~edge
    return np.where(voiced, rate / lags[best], np.nan)


def _autocorrelation(windows: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    spectrum = np.abs(np.fft.rfft(windows, size, axis=1)) ** 2
    found = np.fft.irfft(spectrum, size, axis=1)[:, : windows.shape[1]]
    return np.asarray(found / np.maximum(found[:, :1], 1e-12))


def _steadied(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Octaves folded to the speaker's middle, and outliers and lone windows taken away."""
    if not np.isfinite(found).any():
        return found
    octaves = np.log2(found / np.nanmedian(found))
    folded = found / 2 ** np.where(np.abs(octaves) > 0.75, np.round(octaves), 0.0)  # noqa: PLR2004
    half = SMOOTHED // 2
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(folded, half, constant_values=np.nan), SMOOTHED
    )
    known = np.isfinite(around).sum(axis=1) > half
    steady = np.full(len(found), np.nan)
    keep = known & np.isfinite(folded)
    steady[keep] = np.nanmedian(around[keep], axis=1)
    return steady
