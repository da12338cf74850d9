"""Last passes: how far the mouth goes, and in how many frames."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from talkies.core.direction.lips.shape import Role, Shape, move_seconds
from talkies.core.mouth.targets import reach

#: How far vowels go at loudness 0 and 1: a soft syllable opens the mouth less than a loud one.
SOFT_STRENGTH = 0.6
LOUD_STRENGTH = 1.0
#: Strengths are multiples of this: drawings are as far apart (eighths of the way), and equal
#: pictures need not be made twice.
STRENGTH_STEP = 0.125


def strengthened(
    shapes: Sequence[Shape], loudness: NDArray[np.float32] | None
) -> tuple[Shape, ...]:
    """Vowels as strong as they are loud (shape (frames,), 0 to 1) and long; others are full."""
    return tuple(
        replace(shape, strength=_strength(shape, loudness)) if shape.role is Role.VOWEL else shape
        for shape in shapes
    )


def _strength(shape: Shape, loudness: NDArray[np.float32] | None) -> float:
    loud = 1.0
    if loudness is not None:
        heard = loudness[shape.span.start : shape.span.end]
        loud = float(np.clip(np.nan_to_num(heard).max(initial=0.0), 0.0, 1.0))
    wide = SOFT_STRENGTH + (LOUD_STRENGTH - SOFT_STRENGTH) * loud
    steps = round(wide * reach(shape.vowel) / STRENGTH_STEP)
    return max(1, steps) * STRENGTH_STEP


def tweened(shapes: Sequence[Shape], fps: Fraction) -> tuple[Shape, ...]:
    """Every shape with the frames that lips take to it, and one at least on which it is whole."""
    found = list(shapes[:1])
    for before, shape in pairwise(shapes):
        frames = max(1, round(move_seconds(before.viseme, shape.viseme) * fps))
        found.append(replace(shape, transition=min(frames, shape.span.length - 1)))
    return tuple(found)
