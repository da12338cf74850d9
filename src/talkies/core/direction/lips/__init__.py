"""Lips: from phonemes in time to mouth shapes on the frame grid.

A chain of pure passes, each a function from shapes to shapes; docs/concepts/direction.md tells why
each is there.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import Alignment
from talkies.core.direction.lips.heard import heard, rested
from talkies.core.direction.lips.holding import held
from talkies.core.direction.lips.leading import leading
from talkies.core.direction.lips.moving import strengthened, tweened
from talkies.core.direction.lips.shape import Shape
from talkies.core.direction.lips.yielding import yielded

__all__ = ["lips"]


def lips(
    alignment: Alignment,
    fps: Fraction,
    frames: int,
    loudness: NDArray[np.float32] | None = None,
) -> tuple[Shape, ...]:
    """The mouth's shapes on frames [0, frames), in order and without gaps.

    Lips are closed on at least one frame for every /p b m/, and under the teeth for every /f v/;
    sounds that follow each other with one contact share it. `loudness`, shape (frames,), 0 to 1,
    makes vowels stronger. Deterministic.
    """
    wishes = leading(yielded(rested(heard(alignment), frames / float(fps))))
    return tweened(strengthened(held(wishes, fps, frames), loudness), fps)
