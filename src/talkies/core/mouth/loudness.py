"""Loudness: how much wider a loud syllable opens the mouth than a soft one."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkies.core.mouth.grid import Samples, averaged

#: Openings are multiplied by these at loudness 0 and 1.
SOFT_GAIN = 0.75
LOUD_GAIN = 1.2
#: Seconds over which loudness is averaged: a syllable, so that a stop's gap is not heard as soft.
SYLLABLE_SECONDS = 0.2


def opening_gain(loudness: NDArray[np.float32] | None, fps: Fraction, frames: int) -> Samples:
    """The gain on the opening of every frame, shape (frames,)."""
    if loudness is None:
        return np.ones(frames)
    if loudness.shape != (frames,):
        raise ValueError(f"loudness has shape {loudness.shape}, not ({frames},)")
    known = np.clip(np.nan_to_num(loudness.astype(np.float64)), 0.0, 1.0)
    return SOFT_GAIN + (LOUD_GAIN - SOFT_GAIN) * averaged(known, SYLLABLE_SECONDS, float(fps))
