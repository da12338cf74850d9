"""Integer time: ranges on a grid, and the only conversions between grids.

A grid is a rate in ticks per second (a `Fraction`, so 30000/1001 is exact). Tick `i` covers the
half-open time [i / rate, (i + 1) / rate). Positions are integers everywhere; seconds appear only
at the edges, through the functions here.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

#: Ticks per second of every `Alignment`: the sample grid of 16 kHz speech.
SPEECH_RATE = 16_000

#: Samples per second of the sound that goes into a video.
SOUND_RATE = 48_000


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """Half-open range [start, end) of ticks on some grid."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a range cannot end ({self.end}) before it starts ({self.start})")

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def middle(self) -> int:
        return (self.start + self.end) // 2

    def shifted(self, ticks: int) -> "TimeRange":
        return TimeRange(self.start + ticks, self.end + ticks)

    def clamped(self, limit: "TimeRange") -> "TimeRange":
        """The part of this range inside `limit`; empty at its nearest edge where there is none."""
        start = min(max(self.start, limit.start), limit.end)
        return TimeRange(start, max(start, min(self.end, limit.end)))


def convert(tick: int, source: Fraction | int, target: Fraction | int) -> int:
    """The tick of grid `target` nearest to tick `tick` of grid `source` (halves go up)."""
    return int((2 * Fraction(tick) * target / source + 1) // 2)


def to_seconds(tick: int, rate: Fraction | int) -> float:
    """When a tick of grid `rate` begins, in seconds."""
    return float(Fraction(tick) / rate)


def frame_count(length: int, rate: Fraction | int, fps: Fraction | int) -> int:
    """Frames needed to cover `length` ticks: the last frame may reach past the end."""
    return math.ceil(Fraction(length) * fps / rate)
