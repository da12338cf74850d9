"""Coarticulation: neighbouring sounds share the mouth, each as strongly as it insists.

After Cohen and Massaro (1993): every sound has a dominance that is full inside its span and falls
off before and after it; the mouth is the mean of all targets, weighted by dominance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from talkies.core.mouth.grid import GRID_RATE, Samples, smooth_step
from talkies.core.mouth.targets import Segment, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a sound's dominance reaches, in seconds."""

    ahead: float
    behind: float


#: The jaw: about a syllable's consonant on either side.
OPENING_REACH = Reach(ahead=0.10, behind=0.10)
#: Rounding and spreading begin long before the vowel, across its consonants (Perkell 1990).
SHAPE_REACH = Reach(ahead=0.20, behind=0.13)
#: After the last sound before a pause the mouth takes this many seconds to close softly.
SETTLE_SECONDS = 0.28
#: A pause takes hold of the mouth in this many seconds: shorter ones never quite close it.
REST_SECONDS = 0.16
#: Dominance below which a curve would be undefined.
_FLOOR = 1e-3


def opening(segments: Sequence[Segment], cells: int) -> Samples:
    """Opening in D before contacts, shape (cells,) at `GRID_RATE`."""
    return _blend(segments, cells, OPENING_REACH, lambda t: (t.opening, t.opening_weight))


def width(segments: Sequence[Segment], cells: int) -> Samples:
    """Relative width, shape (cells,) at `GRID_RATE`."""
    return _blend(segments, cells, SHAPE_REACH, lambda t: (t.width, t.shape_weight))


def pucker(segments: Sequence[Segment], cells: int) -> Samples:
    """Pucker from 0 to 1, shape (cells,) at `GRID_RATE`."""
    return _blend(segments, cells, SHAPE_REACH, lambda t: (t.pucker, t.shape_weight))


def _blend(
    segments: Sequence[Segment],
    cells: int,
    reach: Reach,
    aim: Callable[[Target], tuple[float, float]],
) -> Samples:
    total = np.zeros(cells)
    weighted = np.zeros(cells)
    for number, segment in enumerate(segments):
        settling = number + 1 < len(segments) and segments[number + 1].silent
        behind = SETTLE_SECONDS if settling else reach.behind
        first = max(0, int((segment.start - reach.ahead) * GRID_RATE))
        last = min(cells, int((segment.end + behind) * GRID_RATE) + 2)
        times = np.arange(first, last) / GRID_RATE
        value, weight = aim(segment.target)
        dominance = max(weight, _FLOOR) * _dominance(segment, times, reach.ahead, behind)
        total[first:last] += dominance
        weighted[first:last] += dominance * value
    return weighted / np.maximum(total, _FLOOR**2)


def _dominance(segment: Segment, times: Samples, ahead: float, behind: float) -> Samples:
    rise = smooth_step(1 - (segment.start - times) / ahead)
    fall = smooth_step(1 - (times - segment.end) / behind)
    full = np.minimum(rise, fall)
    if not segment.silent:
        return full
    hold = np.maximum(smooth_step((times - segment.start) / REST_SECONDS), _FLOOR)
    return np.where(times < segment.start, _FLOOR * full, hold * full)
