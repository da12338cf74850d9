"""What a face does, frame by frame, in terms that every engine understands."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: One value a frame: float32, shape (frames,).
Curve: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mouth:
    """Mouth curves. Lengths are in D, the distance between the outer eye corners."""

    #: Gap between the inner lips at the middle, in D; 0 is closed, .16 a wide open /a/.
    opening: Curve
    #: Relative change of the mouth's width: -.26 a rounded /u/, 0 at rest, +.13 a spread /i/.
    width: Curve
    #: How far the lips are pushed forward, 0 to 1: 1 for /u/ and /w/.
    pucker: Curve
    #: How firmly closed lips are pressed and rolled in, 0 to 1: 1 for /p b m/.
    press: Curve
    #: How far the lower lip is tucked under the upper teeth, 0 to 1: 1 for /f v/.
    tuck: Curve
    #: How far the tongue's tip is raised to the teeth, 0 to 1: 1 for /θ l/.
    tongue: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Head motion about the neck, and breath."""

    #: Radians, positive to the picture's right.
    yaw: Curve
    #: Radians, positive is a nod down.
    pitch: Curve
    #: Radians, positive is clockwise as seen in the picture.
    roll: Curve
    #: Rise of chest and shoulders, in D.
    breath: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """Everything a face does during one video, on one frame grid."""

    fps: Fraction
    mouth: Mouth
    #: How far the lids are closed, 0 to 1.
    blink: Curve
    #: How far the brows are raised, -1 to 1.
    brows: Curve
    head: Head

    @property
    def frames(self) -> int:
        return len(self.blink)
