"""The level of synthesized speech: as loud as video platforms play it, and never clipped."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Samples = NDArray[np.float32]

#: Blocks of ITU-R BS.1770-4: 400 ms, three quarters overlapping. Seconds.
BLOCK_SECONDS = 0.4
STEP_SECONDS = 0.1

#: Gates of BS.1770-4: blocks that count, absolutely and under the mean of those. LUFS and LU.
ABSOLUTE_GATE = -70.0
RELATIVE_GATE = -10.0

#: Loudness of a mean square of one, LUFS (BS.1770-4, equation 2).
OFFSET = -0.691

#: K-weighting as analogue sections: a shelf of 4 dB above 1682 Hz, and a high-pass at 38 Hz
#: (frequency, Q and gain that reproduce the coefficients of BS.1770-4, tables 1 and 2).
SHELF_HZ, SHELF_Q, SHELF_DB = 1_681.974, 0.7072, 3.999843853973347
HIGHPASS_HZ, HIGHPASS_Q = 38.135, 0.5003
SHELF_SLOPE = 0.4996667741545416

#: Largest sample that leaves here. The speech is band-limited to half of the rate it ends up at,
#: where true peaks stand at most 1 dB over samples (BS.1770-4, annex 2): -1.2 dB keeps -0.2 dBTP.
PEAK = 0.87

#: How long before and after a peak the limiter turns down. Seconds.
LIMITER_SECONDS = 0.003


def loudness(samples: Samples, rate: int) -> float:
    """Gated loudness of mono float32 (n,) samples in LUFS (ITU-R BS.1770-4); -inf for silence."""
    block, step = round(BLOCK_SECONDS * rate), round(STEP_SECONDS * rate)
    padded = np.pad(samples, (0, max(0, block - len(samples))))
    weights = _k_weighting(np.asarray(np.fft.rfftfreq(block, 1 / rate), np.float64))
    views = sliding_window_view(padded, block)[::step]
    powers = np.array([_weighted_power(view, weights) for view in views])
    heard = powers[powers > _power(ABSOLUTE_GATE)]
    if not len(heard):
        return float("-inf")
    gate = heard.mean() * 10 ** (RELATIVE_GATE / 10)
    return float(OFFSET + 10 * np.log10(heard[heard > gate].mean()))


def mastered(samples: Samples, rate: int, target: float) -> Samples:
    """The same speech at a loudness of `target` LUFS, with peaks over `PEAK` turned down."""
    measured = loudness(samples, rate)
    if not np.isfinite(measured):
        return samples
    gain = np.float32(10 ** ((target - measured) / 20))
    return _limited(samples * gain, rate)


def _limited(samples: Samples, rate: int) -> Samples:
    """Samples times a smooth gain that brings every peak down to `PEAK`."""
    reach = max(1, round(LIMITER_SECONDS * rate))
    needed = np.minimum(1, PEAK / np.maximum(np.abs(samples), PEAK)).astype(np.float32)
    if needed.min(initial=1.0) == 1:
        return samples
    held = sliding_window_view(np.pad(needed, reach, mode="edge"), 2 * reach + 1).min(axis=1)
    kernel = np.hanning(2 * reach + 3)[1:-1].astype(np.float32)
    smooth = np.convolve(np.pad(held, reach, mode="edge"), kernel / kernel.sum(), mode="valid")
    return np.asarray(samples * smooth, np.float32).clip(-PEAK, PEAK)


def _weighted_power(block: Samples, weights: NDArray[np.float64]) -> float:
    """Mean square after K-weighting, by Parseval's theorem."""
    spectrum = np.abs(np.fft.rfft(block)) ** 2 * weights
    return float(2 * spectrum.sum() - spectrum[0]) / len(block) ** 2


def _k_weighting(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power gain of the two K-weighting sections at frequencies in Hz, in their analogue form."""
    high = 10 ** (SHELF_DB / 20)
    band = high**SHELF_SLOPE
    s = 1j * hertz / SHELF_HZ
    shelf = (high * s**2 + band / SHELF_Q * s + 1) / (s**2 + s / SHELF_Q + 1)
    s = 1j * hertz / HIGHPASS_HZ
    highpass = s**2 / (s**2 + s / HIGHPASS_Q + 1)
    return np.asarray(np.abs(shelf * highpass) ** 2)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - OFFSET) / 10))
