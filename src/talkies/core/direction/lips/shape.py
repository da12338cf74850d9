"""Mouth shapes on their way from sounds to clips, and who of them yields to whom."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from talkies.core.alignment import SILENCE
from talkies.core.mouth.contacts import MOVES
from talkies.core.mouth.speed import LIP_SPEED
from talkies.core.mouth.targets import Target, target_of
from talkies.core.timing import TimeRange
from talkies.core.visemes import Viseme


class Role(IntEnum):
    """What a shape is for. Where there is too little time, the lowest goes first."""

    #: Made by the tongue, behind whatever the lips do for the vowels around: t d k n l h.
    PASSING = 0
    #: Teeth together or lips pushed forward: s z ʃ tʃ w.
    SHAPED = 1
    VOWEL = 2
    #: Nobody speaks.
    REST = 3
    #: Lips closed, or the lower one under the teeth. Never dropped: a mouth that is open on /m/
    #: is the first thing that a viewer sees.
    CONTACT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A mouth shape and when it should show, in seconds; one begins where another ends."""

    viseme: Viseme
    role: Role
    start: float
    end: float
    #: Seconds of its longest vowel, 0 where it has none.
    vowel: float = 0.0
    #: Whether it ends in a burst, /p b/: that is heard as the lips part, and lies in its time.
    bursts: bool = False

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A mouth shape on the frame grid."""

    viseme: Viseme
    role: Role
    span: TimeRange
    #: Seconds of its longest vowel, 0 where it has none.
    vowel: float = 0.0
    #: How far the mouth goes, 0 to 1.
    strength: float = 1.0
    #: Frames that it takes to get there.
    transition: int = 0


#: A sound of each viseme, whose target stands for it.
_SOUNDS: Mapping[Viseme, str] = MappingProxyType({
    Viseme.SIL: SILENCE, Viseme.PP: "p", Viseme.FF: "f", Viseme.TH: "θ", Viseme.DD: "t",
    Viseme.KK: "k", Viseme.CH: "ʃ", Viseme.SS: "s", Viseme.NN: "n", Viseme.RR: "ɹ",
    Viseme.AA: "a", Viseme.E: "ɛ", Viseme.IH: "i", Viseme.OH: "o", Viseme.OU: "u",
})  # fmt: skip
#: Seconds in which contacts are made, whatever the lips did before.
_APPROACHES = {Viseme.PP: MOVES["press"].approach, Viseme.FF: MOVES["tuck"].approach}
_TARGETS = {viseme: target_of(sound) for viseme, sound in _SOUNDS.items()}

#: Seconds in which lips are pushed forward from flat to a full /u/ (Perkell 1990: 0.1 to 0.2).
PUCKER_SECONDS = 0.12
#: No move is faster, in seconds: lips close in about 60 ms (Löfqvist and Gracco 1997), of which a
#: viewer sees the faster part.
FASTEST_MOVE = 0.04


def move_seconds(before: Viseme, after: Viseme) -> float:
    """How long lips take from one shape to another, at human speed; they meet fast from any."""
    start, end = _TARGETS[before], _TARGETS[after]
    parting = abs(end.opening - start.opening) / LIP_SPEED
    rounding = abs(end.pucker - start.pucker) * PUCKER_SECONDS
    longest = _APPROACHES.get(after, math.inf)
    return min(longest, max(FASTEST_MOVE, parting, rounding))


def contact_of(target: Target) -> Viseme | None:
    """The viseme of the contact that a sound must make; None where it makes none with its lips."""
    if target.press > 0:
        return Viseme.PP
    return Viseme.FF if target.tuck > 0 else None
