"""What a character is made of: states, and sequences of drawings between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: The state that every character has.
NEUTRAL: Final = "neutral"
CENTER: Final = "center"
#: The expression whose lids are laid over others when a character blinks, where it has one.
BLINK: Final = "blink_closed"


@dataclass(frozen=True, slots=True, order=True)
class State:
    """One expression in one pose."""

    expression: str
    pose: str = CENTER


#: Where a character begins, rests, and turns its head.
REST: Final = State(NEUTRAL, CENTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What one expression does with each part of the face, by the names of `RigConfig.axes`."""

    mouth: str
    eyes: str
    brows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePath:
    """A sequence between two expressions that a character may have, in any pose."""

    #: Not always `<start>_to_<end>`.
    id: str
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RigConfig:
    """The words of a character: what `expressions.json` says."""

    #: The values of `mouth`, `eyes` and `brows`.
    axes: Mapping[str, tuple[str, ...]]
    poses: tuple[str, ...]
    expressions: Mapping[str, Expression]
    base_paths: tuple[BasePath, ...]


@dataclass(frozen=True, slots=True, order=True)
class Stop:
    """One drawing of a sequence."""

    #: Where it stands on the way, 0 at the start to 100 at the end.
    percent: int
    #: Its path in the tree of frames, with forward slashes: `sequences/a_to_b__center/025.png`.
    drawing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """Drawings on the way between two states; it plays in both directions.

    Stops are in order of `percent`. Any may be missing, also the first and the last.
    """

    #: Its folder: `neutral_to_speaking_ah__center`, or `neutral_center_to_neutral_tilt_left_small`.
    id: str
    start: State
    end: State
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """A character: its words, and the drawings that there really are."""

    config: RigConfig
    #: Size of every drawing in pixels; both even.
    width: int
    height: int
    #: The drawings of states: path in the tree, `endpoints/neutral__center.png`.
    endpoints: Mapping[State, str]
    sequences: tuple[Sequence, ...]

    @property
    def drawings(self) -> tuple[str, ...]:
        """The path of every drawing, once; those of states first."""
        stops = (stop.drawing for sequence in self.sequences for stop in sequence.stops)
        return tuple(dict.fromkeys([*self.endpoints.values(), *stops]))
