"""Contacts: lips that must meet, a lip under the teeth, a tongue at them, however short.

An open mouth on /m/ is the first thing a viewer sees, so contacts are not blended but reached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from talkies.core.mouth.grid import GRID_RATE, Samples, smooth_step
from talkies.core.mouth.targets import Segment

Kind = Literal["press", "tuck", "tongue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How a contact comes and goes, in seconds."""

    approach: float
    release: float
    #: The contact is held at least this long; longer sounds give `inset` on each side to the
    #: moves, except to a neighbour with the same contact: "of food" tucks once.
    hold: float
    inset: float


#: Lips close in about 60 ms and part a little slower (Löfqvist and Gracco 1997). A closure holds
#: longer than one frame at 24 fps lasts.
MOVES: dict[Kind, Move] = {
    "press": Move(approach=0.055, release=0.065, hold=0.045, inset=0.015),
    "tuck": Move(approach=0.055, release=0.055, hold=0.035, inset=0.015),
    "tongue": Move(approach=0.050, release=0.050, hold=0.030, inset=0.010),
}

#: A move takes at most this share of a vowel beside it, so that the vowel is seen too,
_SHARE_OF_NEIGHBOUR = 0.55
#: but never fewer seconds than this: a lip does not jump.
_FASTEST_MOVE = 0.03

#: Gap in D that is left between the lip and the teeth on it.
TUCKED_OPENING = 0.012


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact: when it holds, and how long it comes and goes; all in seconds."""

    start: float
    end: float
    approach: float
    release: float
    peak: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def contacts(segments: Sequence[Segment], kind: Kind) -> tuple[Contact, ...]:
    """The contacts of one kind, in order."""
    return tuple(
        _contact(segments, number, kind)
        for number, segment in enumerate(segments)
        if _peak(segment, kind) > 0
    )


def _peak(segment: Segment, kind: Kind) -> float:
    peak: float = getattr(segment.target, kind)
    return peak


def _contact(segments: Sequence[Segment], number: int, kind: Kind) -> Contact:
    move, segment = MOVES[kind], segments[number]
    before, after = segments[max(0, number - 1)], segments[min(number + 1, len(segments) - 1)]
    shrink = min(move.inset, (segment.seconds - move.hold) / 2)
    return Contact(
        start=segment.start + (0.0 if _peak(before, kind) else shrink),
        end=segment.end - (0.0 if _peak(after, kind) else shrink),
        approach=_fitted(move.approach, before),
        release=_fitted(move.release, after),
        peak=_peak(segment, kind),
    )


def _fitted(seconds: float, neighbour: Segment) -> float:
    if neighbour.silent:
        return seconds
    return min(seconds, max(_FASTEST_MOVE, _SHARE_OF_NEIGHBOUR * neighbour.seconds))


def drawn(segments: Sequence[Segment], kind: Kind, cells: int) -> Samples:
    """How far a contact is made, 0 to 1, shape (cells,) at `GRID_RATE`."""
    curve = np.zeros(cells)
    for contact in contacts(segments, kind):
        first = max(0, int((contact.start - contact.approach) * GRID_RATE))
        last = min(cells, int((contact.end + contact.release) * GRID_RATE) + 2)
        times = np.arange(first, max(first, last)) / GRID_RATE
        rise = smooth_step(1 - (contact.start - times) / contact.approach)
        fall = smooth_step(1 - (times - contact.end) / contact.release)
        shape = contact.peak * np.minimum(rise, fall)
        curve[first:last] = np.maximum(curve[first:last], shape)
    return curve
