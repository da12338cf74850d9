"""Whether the sound in a video is where its timing says, by loudness alone.

A timing that was given says nothing about the sound that is really in the file: it may have been
moved, cut or exchanged since. Vowels are louder than other sounds, and those louder than pauses;
so the loudness has to rise and fall as the timing says.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import Alignment
from talkies.core.phonemes import INVENTORY
from talkies.core.timing import SPEECH_RATE, to_seconds
from talkies.score.sync import Lag, Series, best_lag, frame_middles, lag_profile
from talkies.speech.loudness import loudness_curve

#: Steps per second at which loudness is compared.
RATE = 100
#: How loud vowels and other sounds are taken to be, on the scale of `loudness_curve`.
VOWEL, CONSONANT = 1.0, 0.5
#: Milliseconds by which loudness comes before its timing where both belong together: -5 to -13
#: with the timing of six synthetic voices.
BIAS = -8.0


def sound_lag(alignment: Alignment, samples: NDArray[np.float32]) -> Lag | None:
    """How late the sound, mono (n,) at `SPEECH_RATE`, is against a timing, and how well it fits.

    None where there is no telling: silence, or less than a second.
    """
    count = int(alignment.seconds * RATE)
    heard = loudness_curve(samples, SPEECH_RATE, Fraction(RATE), count).astype(np.float64)
    everywhere = np.ones(count, np.bool_)
    profile = lag_profile(heard, _expected(alignment, count), everywhere, float(RATE))
    if profile is None:
        return None
    found = best_lag(profile)
    return Lag(milliseconds=found.milliseconds - BIAS, correlation=found.correlation)


def _expected(alignment: Alignment, count: int) -> Series:
    """The loudness that the sounds of a timing would have."""
    times = frame_middles(count, float(RATE))
    expected = np.zeros(count)
    for phoneme in alignment.phonemes:
        phone = INVENTORY.get(phoneme.symbol)
        if phone is not None:
            start, end = (
                to_seconds(t, SPEECH_RATE) for t in (phoneme.span.start, phoneme.span.end)
            )
            first, last = np.searchsorted(times, (start, end))
            expected[first:last] = VOWEL if phone.is_vowel else CONSONANT
    return expected
