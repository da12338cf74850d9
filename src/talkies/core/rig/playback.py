"""What is asked of a character over time, and the drawings that answer it, frame by frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.core.rig.model import State
from talkies.core.timing import TimeRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyframe:
    """From this frame on the character goes to a state, and stays until the next keyframe."""

    frame: int
    state: State
    #: How far it goes from rest to the expression, 0 to 1.
    strength: float = 1.0
    #: Frames that the way takes; 0 jumps.
    transition: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Cel:
    """One picture of a video: a drawing, with the upper face of others laid over it."""

    #: Path in the tree of frames.
    drawing: str
    #: The drawing whose lids are shown; None for its own.
    lids: str | None = None
    #: The drawing whose eyes and brows are shown, below the lids; None for its own.
    upper: str | None = None

    @property
    def drawings(self) -> tuple[str, ...]:
        """All drawings that it is made of."""
        return tuple(name for name in (self.drawing, self.upper, self.lids) if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """Every frame of a video as a number of a cel: cels are few, frames are many."""

    #: Each once, in the order of their first showing.
    cels: tuple[Cel, ...]
    #: Index into `cels`, int32, shape (frames,).
    order: NDArray[np.int32]
    #: What could not be shown as it was asked for, in sentences for people, each once.
    warnings: tuple[str, ...] = ()
    #: Blinks, as frames, that no drawing of the character can show there.
    skipped_blinks: tuple[TimeRange, ...] = ()

    @property
    def frames(self) -> int:
        return len(self.order)
