"""The level of synthesized speech: as loud as video platforms play it, and never clipped."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from talkies.media.sounds import SILENCE_LUFS, Sound, loudness

Samples = NDArray[np.float32]

#: Largest sample that leaves here. The speech is band-limited to half of the rate it ends up at,
#: where true peaks stand at most 1 dB over samples (BS.1770-4, annex 2): -1.2 dB keeps -0.2 dBTP.
PEAK = 0.87

#: How long before and after a peak the limiter turns down. Seconds.
LIMITER_SECONDS = 0.003


def mastered(samples: Samples, rate: int, target: float) -> Samples:
    """The same speech, mono (n,), at `target` LUFS, with peaks over `PEAK` turned down.

    What is too short or too quiet to be measured stays as it is.
    """
    measured = loudness(Sound(samples[:, None], rate))
    if measured <= SILENCE_LUFS:
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
