"""How long an engine takes, as far as its own claims go: guesses that say how sure they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from talkies.engines.base import Capabilities

#: Seconds of work that every job costs, whatever its length: inputs, models, files.
FIXED_SECONDS: Final = 1.5

#: How much quicker and slower a machine may be than the one that an engine's claim is from.
QUICK, SLOW = 0.7, 2.5

#: Seconds of work for a second of a video whose lip sync is measured, on two cores.
SCORE_SECONDS: Final = 0.8

#: Seconds of video that a job is taken to have where none is known.
USUAL_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A guess with its honesty: six of ten lie between, as far as this installation knows."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EnginePace:
    """Seconds of work for a second of video."""

    rate: Range
    #: Seconds of work that a job takes whatever its length.
    fixed: Range
    #: Seconds of work that a job takes, in the middle.
    typical: float
    #: How many jobs it rests on; 0 for the engine's own claim.
    samples: int

    def work(self, media_seconds: Range) -> Range:
        """Seconds of work for a video whose length lies between two."""
        return Range(
            low=round(self.fixed.low + self.rate.low * media_seconds.low, 1),
            high=round(self.fixed.high + self.rate.high * media_seconds.high, 1),
        )


def preset_in(options: Mapping[str, Any]) -> str | None:
    """The preset that an engine's options name; None leaves it to the engine."""
    named = options.get("preset")
    return str(named) if named else None


def claimed(engine: Capabilities, preset: str | None, more: float) -> EnginePace:
    """What is published of an engine; a machine's models are perhaps not loaded yet.

    `more` are seconds of other work for each second of video.
    """
    known = engine.preset(preset)
    published = known.speeds if known is not None else ()
    speeds = [speed.seconds_per_video_second for speed in published]
    speeds = speeds or [engine.seconds_per_video_second]
    slowest = max(speeds) + more
    return EnginePace(
        rate=Range(low=QUICK * (min(speeds) + more), high=SLOW * slowest),
        fixed=Range(low=FIXED_SECONDS, high=FIXED_SECONDS + engine.load_seconds),
        typical=FIXED_SECONDS + slowest * USUAL_SECONDS,
        samples=0,
    )
