"""How loud a recording is over time: its level in short windows, and the loudness of each frame."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Curve = NDArray[np.float32]

#: Length and spacing of the windows that levels are measured in. Seconds.
WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010

#: Level given to digital silence. dB of full scale.
FLOOR_DB = -120.0

#: Quieter than this a whole recording is silent, whatever is in it. dB of full scale.
SILENT_DB = -55.0

#: How far under the loud parts of a recording speech still sounds. dB.
SPEECH_RANGE_DB = 30.0

#: How far over its own noise floor a sound has to be to count as speech. dB.
OVER_NOISE_DB = 6.0

#: The least range that a loudness curve spreads over its scale, in however much noise. dB.
CURVE_RANGE_MIN_DB = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The level of a recording over time."""

    #: float64 (n,): root mean square of each window, dB of full scale, one every `HOP_SECONDS`.
    db: NDArray[np.float64]
    #: dB that only a twentieth of the windows exceed: the loud parts.
    loud: float
    #: dB that a tenth of the windows stay under: the noise between words.
    noise: float


def levels(samples: Samples, rate: int) -> Levels:
    """The level of float32 (n,) samples in windows; window i starts i hops after the start."""
    window = max(1, round(WINDOW_SECONDS * rate))
    hop = max(1, round(HOP_SECONDS * rate))
    power = _window_power(samples, window, hop)
    db = 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))
    return Levels(db=db, loud=float(np.percentile(db, 95)), noise=float(np.percentile(db, 10)))


def loudness_curve(samples: Samples, rate: int, fps: Fraction | int, frames: int) -> Curve:
    """How loud each video frame is, against the recording's own speech: float32 (frames,) 0 to 1.

    1 is the level that only a twentieth of the active windows exceed, 0 is `SPEECH_RANGE_DB`
    under it, or the noise between words where that is louder; the scale between is linear in dB,
    as loudness is heard. Each frame is the mean over its own time; frames past the end are 0.
    """
    measured = levels(samples, rate)
    if measured.loud < SILENT_DB:
        return np.zeros(frames, np.float32)
    active = measured.db[measured.db > measured.loud - SPEECH_RANGE_DB]
    top = float(np.percentile(active, 95))
    noise = min(measured.noise + OVER_NOISE_DB / 2, top - CURVE_RANGE_MIN_DB)
    bottom = max(top - SPEECH_RANGE_DB, noise)
    heard = np.clip((measured.db - bottom) / (top - bottom), 0, 1)
    middles = np.asarray(np.arange(len(heard)) * HOP_SECONDS + WINDOW_SECONDS / 2, np.float64)
    edges = np.asarray(np.arange(frames + 1) / float(fps), np.float64)
    return _means_between(middles, heard, edges).astype(np.float32)


def _window_power(samples: Samples, window: int, hop: int) -> NDArray[np.float64]:
    """Mean square of each window; the last window is filled with zeros.

    Windows share cells, the largest that both window and hop are made of, so that memory is a small
    part of the samples'.
    """
    cell = math.gcd(window, hop)
    count = max(1, -(-max(len(samples) - window, 0) // hop) + 1)
    whole = samples[: len(samples) // cell * cell].reshape(-1, cell)
    energy = np.zeros(((count - 1) * hop + window) // cell + 1)
    energy[: len(whole)] = np.einsum("ij,ij->i", whole, whole)
    rest = samples[whole.size :]
    energy[len(whole)] += float(rest @ rest)
    windows = np.lib.stride_tricks.sliding_window_view(energy, window // cell)[:: hop // cell]
    return np.asarray(windows[:count].sum(axis=1) / window)


def _means_between(
    times: NDArray[np.float64], values: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of a polyline over each interval of `edges`, from its integral; 0 past its end."""
    fine = np.union1d(times, edges)
    height = np.interp(fine, times, values, right=0.0)
    area = np.concatenate([[0.0], np.cumsum(np.diff(fine) * (height[1:] + height[:-1]) / 2)])
    return np.asarray(np.diff(np.interp(edges, fine, area)) / np.diff(edges))
