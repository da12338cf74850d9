"""How fast an engine works here: learned from the jobs that this installation has finished."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from talkies.db.engine import reading
from talkies.db.tables import usage
from talkies.engines.base import Capabilities
from talkies.jobs.records import Status
from talkies.studio.videos.kind import KIND
from talkies.studio.videos.speeds import (
    FIXED_SECONDS,
    SCORE_SECONDS,
    EnginePace,
    Range,
    claimed,
)

#: Finished jobs that are looked at; older ones ran on another version or machine.
SAMPLE: Final = 200

#: Fewest jobs that say more than the engine's own claim.
LEAST: Final = 5

#: Shares of the jobs that are quicker than the low and the high end of a guess.
LOW, HIGH = 0.2, 0.8


class Pace:
    """Reads the book of usage."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def of(self, engine: Capabilities, *, scored: bool, preset: str | None = None) -> EnginePace:
        """The pace of an engine: its own claim until enough jobs have finished here."""
        jobs = self._finished(engine.id, preset)
        if len(jobs) < LEAST:
            return claimed(engine, preset, SCORE_SECONDS if scored else 0.0)
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


def _share(ordered: Sequence[float], share: float) -> float:
    """The value that this share of all stays under (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
