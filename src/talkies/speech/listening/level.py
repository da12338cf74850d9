"""How loud a recording is, and the level at which the recogniser hears it."""

import numpy as np
from numpy.typing import NDArray

from talkies.core.timing import SPEECH_RATE
from talkies.errors import AudioEmpty, AudioSilent, InvalidInput

#: Samples over which power is averaged (20 ms).
_BLOCK = SPEECH_RATE // 50

#: Blocks this share of the loudest one's power count as sound (-30 dB).
_ACTIVE_SHARE = 1e-3

#: Root mean square of sound at the level the model was taught with (-24 dB of full scale).
_TAUGHT_LEVEL = 0.06
_HIGHEST_PEAK = 0.95

#: A recording whose loudest 20 ms are below this root mean square is silent (-66 dB).
SILENT_LEVEL = 5e-4

#: Samples beyond this are no sound in [-1, 1], even an overdriven one.
_PEAK_MAX = 1e3

#: Shortest recording that can hold speech, in samples (50 ms).
_SHORTEST = SPEECH_RATE // 20


def require_sound(samples: NDArray[np.float32]) -> None:
    """Raise where there is nothing to listen to in samples (n,) at 16 kHz.

    Raises:
        AudioEmpty: they are shorter than 50 ms.
        AudioSilent: nobody could hear anything in them.
        InvalidInput: they are no sound in [-1, 1]: infinite, not a number, or far too large.
    """
    if len(samples) < _SHORTEST:
        raise AudioEmpty(
            "The recording is shorter than a twentieth of a second.",
            details={"seconds": len(samples) / SPEECH_RATE},
        )
    peak = _peak(samples)
    if not peak <= _PEAK_MAX:
        raise InvalidInput(
            "The recording has samples that are no sound.",
            hint="Give samples between -1 and 1.",
            details={"peak": str(peak)},
        )
    loudest = float(np.sqrt(_block_power(samples).max()))
    if not loudest > SILENT_LEVEL:
        raise AudioSilent(
            "The recording is silent.",
            details={"loudest_dbfs": round(20 * float(np.log10(max(loudest, 1e-9))), 1)},
        )


def levelling(samples: NDArray[np.float32]) -> np.float32:
    """The gain at which the sounding parts of samples (n,) have the level the model knows."""
    power = _block_power(samples)
    active = power[power > power.max() * _ACTIVE_SHARE]
    peak = _peak(samples)
    if peak == 0 or not len(active):
        return np.float32(1)
    return np.float32(min(_TAUGHT_LEVEL / float(np.sqrt(active.mean())), _HIGHEST_PEAK / peak))


def _peak(samples: NDArray[np.float32]) -> float:
    """The largest absolute sample, without a copy of a long recording; NaN where one is."""
    return float(np.maximum(samples.max(initial=0), -samples.min(initial=0)))


def _block_power(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean square of each whole block; of everything where there is less than one."""
    whole = len(samples) // _BLOCK * _BLOCK
    if whole == 0:
        return np.asarray(np.square(samples).mean(keepdims=True))
    blocks = samples[:whole].reshape(-1, _BLOCK)
    return np.asarray(np.einsum("ij,ij->i", blocks, blocks) / _BLOCK)
