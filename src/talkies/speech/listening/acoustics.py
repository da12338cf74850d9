"""What can be measured of speech every 10 ms without a model: level and log-mel spectrum."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from talkies.core.timing import SPEECH_RATE

#: Samples between two rows of the spectrum (10 ms).
STEP = SPEECH_RATE // 100

#: Samples under one window (25 ms), and points of its transform.
_WINDOW = SPEECH_RATE // 40
_POINTS = 512

#: Bands of the mel scale, and their edges in Hz.
BANDS = 24
_LOWEST, _HIGHEST = 60.0, 7600.0

#: Power that is no sound (-100 dB of full scale, per band).
_NOTHING = 1e-10

#: Rows transformed at once: bounds the memory for a long recording.
_BLOCK = 2048


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural log of the power in each mel band, (steps, BANDS), for samples (n,) at 16 kHz.

    Row i is centred on sample i * STEP + STEP / 2, so it describes the step [i, i + 1) * STEP.
    """
    steps = -(-len(samples) // STEP)
    before = (_WINDOW - STEP) // 2
    padded = np.zeros(steps * STEP + _WINDOW, dtype=np.float32)
    padded[before : before + len(samples)] = samples
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::STEP][:steps]
    shape = np.hanning(_WINDOW).astype(np.float32)
    rows = np.empty((steps, BANDS), dtype=np.float32)
    for first in range(0, steps, _BLOCK):
        spectrum = np.fft.rfft(windows[first : first + _BLOCK] * shape, _POINTS)
        power = np.square(np.abs(spectrum)) / _WINDOW
        rows[first : first + _BLOCK] = np.log(power @ _mel_filters() + _NOTHING)
    return rows


@lru_cache(maxsize=1)
def _mel_filters() -> NDArray[np.float64]:
    """Triangles of equal area, (bins, BANDS), on the mel scale 2595 log10(1 + f / 700)."""
    mels = np.linspace(
        2595 * np.log10(1 + _LOWEST / 700), 2595 * np.log10(1 + _HIGHEST / 700), BANDS + 2
    )
    edges = 700 * (10 ** (mels / 2595) - 1)
    bins = np.fft.rfftfreq(_POINTS, 1 / SPEECH_RATE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.clip(np.minimum(rising, falling), 0, None)
    return np.asarray(filters / filters.sum(axis=0))
