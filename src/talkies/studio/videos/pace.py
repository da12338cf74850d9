"""How fast an engine works here: learned from the jobs that this installation has finished."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from talkies.db.engine import reading
from talkies.db.tables import usage
from talkies.engines.base import Capabilities
from talkies.jobs.records import Status
from talkies.studio.videos.kind import KIND

#: Finished jobs that are looked at; older ones ran on another version or machine.
SAMPLE: Final = 200

#: Fewest jobs that say more than the engine's own claim.
LEAST: Final = 5

#: Shares of the jobs that are quicker than the low and the high end of a guess.
LOW, HIGH = 0.2, 0.8

#: Seconds of work that every job costs, whatever its length: inputs, models, files.
FIXED_SECONDS: Final = 1.5

#: How much quicker and slower a machine may be than the one that an engine's claim is from.
QUICK, SLOW = 0.7, 2.5

#: Seconds of work for a second of a video whose lip sync is measured, on two cores.
SCORE_SECONDS: Final = 0.8


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


#: Seconds of video that a job is taken to have where none is known.
USUAL_SECONDS: Final = 15.0


class Pace:
    """Reads the book of usage."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def of(self, engine: Capabilities, *, scored: bool, preset: str | None = None) -> EnginePace:
        """The pace of an engine: its own claim until enough jobs have finished here."""
        jobs = self._finished(engine.id, preset)
        if len(jobs) < LEAST:
            return _claimed(engine, preset, SCORE_SECONDS if scored else 0.0)
        rates = sorted(max(0.0, work - FIXED_SECONDS) / media for media, work in jobs)
        works = sorted(work for _, work in jobs)
        return EnginePace(
            rate=Range(low=_share(rates, LOW), high=_share(rates, HIGH)),
            fixed=Range(low=FIXED_SECONDS, high=FIXED_SECONDS),
            typical=_share(works, 0.5),
            samples=len(jobs),
        )

    def _finished(self, engine: str, preset: str | None) -> list[tuple[float, float]]:
        """Seconds of video, and of work, of the latest jobs that succeeded."""
        query = (
            sa.select(usage.c.media_seconds, usage.c.work_seconds)
            .where(
                usage.c.kind == KIND,
                usage.c.engine == engine,
                usage.c.preset.is_not_distinct_from(preset),
                usage.c.status == Status.SUCCEEDED.value,
                usage.c.media_seconds > 0,
            )
            .order_by(usage.c.at.desc())
            .limit(SAMPLE)
        )
        with reading(self._engine) as connection:
            return [(media, work) for media, work in connection.execute(query)]


def _claimed(engine: Capabilities, preset: str | None, more: float) -> EnginePace:
    """What is published of an engine; a machine's models are perhaps not loaded yet."""
    named = [known for known in engine.presets if known.name == preset] or engine.presets[:1]
    speeds = [speed.seconds_per_video_second for known in named for speed in known.speeds]
    speeds = speeds or [engine.seconds_per_video_second]
    slowest = max(speeds) + more
    return EnginePace(
        rate=Range(low=QUICK * (min(speeds) + more), high=SLOW * slowest),
        fixed=Range(low=FIXED_SECONDS, high=FIXED_SECONDS + engine.load_seconds),
        typical=FIXED_SECONDS + slowest * USUAL_SECONDS,
        samples=0,
    )


def _share(ordered: Sequence[float], share: float) -> float:
    """The value that this share of all stays under (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
