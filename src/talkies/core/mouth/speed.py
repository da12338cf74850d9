"""How fast lips can part and meet: peaks that would need more than human speed stay lower."""

from fractions import Fraction

import numpy as np

from talkies.core.mouth.grid import Samples

#: Fastest change of the opening, in D per second: with D of 90 mm about 0.2 m/s, between the mean
#: and the peak speed of lips in speech (Löfqvist and Gracco 1997).
LIP_SPEED = 2.3


def within_lip_speed(opening: Samples, fps: Fraction) -> Samples:
    """The widest curve below `opening`, shape (frames,), that changes at most at `LIP_SPEED`.

    A vowel too short for its target falls short of it (undershoot, Lindblom 1963); closures stay.
    """
    climb = np.arange(len(opening)) * (LIP_SPEED / float(fps))
    rising = np.minimum.accumulate(opening - climb) + climb
    falling = np.minimum.accumulate((opening - climb[::-1])[::-1])[::-1] + climb[::-1]
    limited: Samples = np.minimum(rising, falling)
    return limited
