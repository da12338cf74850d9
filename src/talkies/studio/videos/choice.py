"""The choice among engines that can make a video: the most lifelike one that is done in time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from talkies.engines.base import Capabilities
from talkies.studio.videos.speeds import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The engine of a video."""

    engine: Capabilities
    #: Why `auto` took it; empty where it was named.
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An engine that could make the video."""

    engine: Capabilities
    #: From now to the finished video, seconds.
    seconds: Range


def best(candidates: Sequence[Candidate], limit: float) -> Choice:
    """The most lifelike of them that is done in `limit` seconds, or the one that is done first."""
    quick = min(candidates, key=lambda each: (each.seconds.high, -each.engine.quality))
    in_time = [each for each in candidates if each.seconds.high <= limit]
    chosen = max(in_time, key=_preferred, default=quick)
    better = [each for each in candidates if each.engine.quality > chosen.engine.quality]
    return Choice(engine=chosen.engine, reason=_reason(chosen, better, limit))


def _preferred(candidate: Candidate) -> tuple[int, float]:
    return candidate.engine.quality, -candidate.seconds.high


def _reason(chosen: Candidate, better: Iterable[Candidate], limit: float) -> str:
    said = f"It is expected to be done in {_span(chosen.seconds)}"
    slower = [f"{each.engine.id} in {_span(each.seconds)}" for each in better]
    if not slower:
        return f"{said}, and no engine that is ready is more lifelike."
    return f"{said}; more lifelike, but not in {round(limit)} s: {', '.join(slower)}."


def _span(seconds: Range) -> str:
    return f"{round(seconds.low)} to {round(seconds.high)} s"
