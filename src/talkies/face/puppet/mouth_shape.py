"""What a mouth does in one frame, apart from whose mouth it is."""

from dataclasses import dataclass, replace

import numpy as np

#: Small openings are drawn larger than asked for, by this factor of opening times what it lacks
#: to `_AS_ASKED`, in 1/D and D: viewers and landmark networks see less of a thin dark slit than
#: there is. Measured on four faces: with it, openings read off the video are linear in the curve.
_BOOST, _AS_ASKED = 3.6, 0.175
#: The same for widths, as a factor, and for openings of pushed-out lips.
_WIDTH_SEEN, _PUCKER_SEEN = 1.15, 0.15
#: More for rounded openings of a smile, per D of its corners' lift.
_SMILE_SEEN = 3.0
#: Opening of a wide /a/ in D: where jaw effects are at full strength.
_WIDE = 0.16
#: Most that the upper lip may rise, in D; the space up to the nose is about .15.
_MAX_RISE = 0.055


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthShape:
    """What the mouth does in one frame; terms and units as in `core.performance.Mouth`."""

    opening: float = 0.0
    width: float = 0.0
    pucker: float = 0.0
    press: float = 0.0
    tuck: float = 0.0
    tongue: float = 0.0
    #: How far the corners go up and aside, to 1 for a big smile, or down, to -1.
    smile: float = 0.0

    @property
    def spread(self) -> float:
        """How far the lips are drawn apart sideways, 0 to 1: 1 for a full /i/."""
        return float(np.clip(self.width / 0.13, 0, 1))

    @property
    def wideness(self) -> float:
        """The opening as a share of a wide /a/, 0 to 1."""
        return float(np.clip(self.opening / _WIDE, 0, 1))

    @property
    def rise(self) -> float:
        """How far the upper lip lifts from the lip line, in D."""
        share = 0.18 + 0.10 * self.spread + 0.20 * self.pucker
        share += (0.85 - share) * self.tuck
        return min(share * self.opening, _MAX_RISE)

    @property
    def drop(self) -> float:
        """How far the lower lip falls from the lip line, in D."""
        return self.opening - self.rise


def as_seen(shape: MouthShape, smile: float) -> MouthShape:
    """The shape to draw so that a viewer sees the shape that was asked for.

    A smile (as `LipRest.smile`, in D) that rounds shows less of its opening than it did spread.
    """
    asked = shape.opening
    drawn = asked + _BOOST * asked * max(0.0, _AS_ASKED - asked)
    rounded = _PUCKER_SEEN + _SMILE_SEEN * max(0.0, smile)
    return replace(
        shape,
        opening=drawn * (1 + rounded * shape.pucker),
        width=shape.width * _WIDTH_SEEN,
    )
