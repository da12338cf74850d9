"""Whether the lips close where /p b m/ are said, and how often they would by chance.

The landmarks read closed lips as a gap of .016 to .062 D, different from face to face, so a
fixed gap cannot say whether a mouth is closed. A closure is judged between the video's own
closed and open levels, in the tight window of the sound itself. Even so a lively mouth is
closed half of the time somewhere near: every rate comes with the rate at shifted times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from talkies.score.sync import Mask, Series

#: Sounds made with closed lips, in every language.
BILABIALS = frozenset({"p", "b", "m"})
#: Seconds before the sound begins in which the lips may already have closed.
EARLY = 0.03
#: Level, between closed (0) and open (1), under which lips count as closed.
CLOSED_LEVEL = 0.25
#: Percentiles of the opening taken as the closed and as the open mouth of this video.
CLOSED_PERCENTILE, OPEN_PERCENTILE = 2.0, 95.0
#: Largest gap, in D, that the tightest look was seen to read on closed lips: .042 under a thick
#: moustache, .019 at most on 19 clean-shaven or painted faces. A mouth that never gets below it
#: does not close, however well its own range is followed.
CLOSED_CEILING = 0.045
#: Smallest range from closed to open, in D, in which a closure can be told from noise.
LEAST_RANGE = 0.02
#: Seconds by which the windows are shifted for the chance rate.
SHIFTS = (-0.4, -0.2, 0.2, 0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """One place where the lips have to meet."""

    symbol: str
    #: Seconds of the sound.
    start: float
    end: float
    #: Lowest opening in the window, 0 closed to 1 open; None where no face was seen.
    level: float | None

    @property
    def hit(self) -> bool:
        return self.level is not None and self.level < CLOSED_LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The closed and the open mouth of one video, openings in D."""

    closed: float
    open: float
    #: Smallest gap between the lips, in D, as landmarks read it.
    gap: float

    @property
    def closes(self) -> bool:
        """Whether the mouth moves at all, and comes down to what closed lips look like."""
        return self.open - self.closed >= LEAST_RANGE and self.gap <= CLOSED_CEILING

    def of(self, opening: Series) -> Series:
        """Openings in D as levels: 0 closed, 1 open. A mouth that never closes is open: 1."""
        if not self.closes:
            return np.ones_like(opening)
        return (opening - self.closed) / (self.open - self.closed)


def own_levels(opening: Series, gap: Series, valid: Mask) -> Levels | None:
    """Closed and open level of a video from its own openings; None without a valid frame.

    `gap` is the plain distance between the inner edges of the lips, in D.
    """
    if not valid.any():
        return None
    closed, widest = np.percentile(opening[valid], (CLOSED_PERCENTILE, OPEN_PERCENTILE))
    smallest = float(np.percentile(gap[valid], CLOSED_PERCENTILE))
    return Levels(closed=float(closed), open=float(widest), gap=smallest)


def closures(
    level: Series,
    valid: Mask,
    fps: float,
    spans: Sequence[tuple[str, float, float]],
    slack: float = 0.0,
) -> tuple[Closure, ...]:
    """What the lips do at each (symbol, start, end) in seconds: the lowest level in its window.

    The window runs from `EARLY` before the sound to its end, both moved outwards by `slack` seconds
    where times are uncertain, and holds the frames whose middle lies in it; where there is none,
    the frame shown at the window's middle is taken.
    """
    return tuple(
        Closure(
            symbol=symbol,
            start=start,
            end=end,
            level=_lowest(level, valid, fps, start - slack, end + slack),
        )
        for symbol, start, end in spans
    )


def hit_rate(found: Sequence[Closure]) -> float | None:
    """Share of closures that were made, from 0 to 1, of those where a face was seen."""
    seen = [closure.hit for closure in found if closure.level is not None]
    return sum(seen) / len(seen) if seen else None


def chance_rate(
    level: Series,
    valid: Mask,
    fps: float,
    spans: Sequence[tuple[str, float, float]],
    slack: float = 0.0,
) -> float | None:
    """Share of closures at times shifted by `SHIFTS`: what a mouth gets without any sync.

    Shifted windows that leave the video are left out.
    """
    length = len(level) / fps
    moved = [
        (symbol, start + shift, end + shift)
        for shift in SHIFTS
        for symbol, start, end in spans
        if start + shift - EARLY >= 0 and end + shift <= length
    ]
    return hit_rate(closures(level, valid, fps, moved, slack))


def _lowest(level: Series, valid: Mask, fps: float, start: float, end: float) -> float | None:
    first = int(np.ceil((start - EARLY) * fps - 0.5 - 1e-6))
    last = int(np.floor(end * fps - 0.5 + 1e-6))
    if last < first:
        first = last = int((start - EARLY + end) / 2 * fps)
    part = slice(max(0, first), max(0, last + 1))
    seen = level[part][valid[part]]
    return float(seen.min()) if len(seen) else None
