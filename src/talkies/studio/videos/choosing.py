"""Which engine makes a video: the one that was named, or for `auto` the one that suits it best.

`auto` looks at every engine that can make what is asked for, that the licence policy allows, and
whose jobs a worker takes. Of those it takes the most lifelike one that is expected to be done in
time, or else the one that is done first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from talkies.engines.base import Capabilities
from talkies.engines.registry import AUTO, BUILT_IN, ListedEngine
from talkies.errors import InvalidOption, LicenceForbids
from talkies.studio.able import require_able
from talkies.studio.engines import EngineCatalog
from talkies.studio.videos.lengths import recorded, spoken
from talkies.studio.videos.pace import Pace, Range
from talkies.studio.videos.queueing import Lines, slots, wait
from talkies.studio.videos.submission import VideoSubmission


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


class EngineChooser:
    """Chooses by what the engines can do, whose workers are there, and how fast they were."""

    def __init__(
        self,
        catalog: EngineCatalog,
        lines: Lines,
        pace: Pace,
        *,
        facts_of: Callable[[str], Mapping[str, object] | None],
        commercial_only: bool,
        auto_seconds: float,
    ) -> None:
        """`facts_of` a kept input's sha256 are its `bytes` and `content_type`, where known.

        `auto_seconds` is how long `auto` lets a better engine take where no deadline says so.
        """
        self._catalog = catalog
        self._lines = lines
        self._pace = pace
        self._facts_of = facts_of
        self._commercial_only = commercial_only
        self._auto_seconds = auto_seconds

    def choose(self, submission: VideoSubmission) -> Choice:
        """The engine that makes this video.

        Raises:
            UnknownEngine, EngineFailure: as `EngineCatalog.choose`.
            InvalidOption: the engine, or for `auto` every engine, cannot make this video.
            LicenceForbids: only engines could that must not be used here.
        """
        if submission.engine == AUTO:
            return self._best(submission)
        engine = self._catalog.choose(submission.engine)
        self._require_allowed(engine)
        _require_able(engine, submission)
        return Choice(engine=engine)

    def _best(self, submission: VideoSubmission) -> Choice:
        able = self._able(submission)
        allowed = [each for each in able if self._allowed(each.capabilities)]
        if not allowed:
            self._require_allowed(_known(able[0]))
        candidates = [self._candidate(_known(each), submission) for each in self._served(allowed)]
        return best(candidates, submission.deadline_seconds or self._auto_seconds)

    def _able(self, submission: VideoSubmission) -> list[ListedEngine]:
        able, refusals = [], []
        for listed in self._catalog.list():
            if listed.capabilities is None:
                continue
            try:
                _require_able(listed.capabilities, submission)
            except InvalidOption as error:
                refusals.append((listed.id, error))
            else:
                able.append(listed)
        if not able:
            # The built-in engine's refusal tells what every installation could do instead.
            raise min(refusals, key=lambda each: each[0] != BUILT_IN)[1]
        return able

    def _served(self, allowed: Sequence[ListedEngine]) -> Sequence[ListedEngine]:
        """Those whose jobs a worker takes; or else what this machine could do, or all of them."""
        served = [each for each in allowed if slots(self._lines, each.id)]
        return served or [each for each in allowed if each.ready] or allowed

    def _candidate(self, engine: Capabilities, submission: VideoSubmission) -> Candidate:
        pace = self._pace.of(engine, scored=submission.score, preset=preset_of(submission))
        work = pace.work(self._seconds(submission))
        waits = wait(self._lines, engine.id, pace.typical)
        return Candidate(
            engine=engine, seconds=Range(low=waits.low + work.low, high=waits.high + work.high)
        )

    def _seconds(self, submission: VideoSubmission) -> Range:
        if submission.text is not None:
            return spoken(submission.text, submission.speed)
        kept = submission.audio.sha256 if submission.audio is not None else None
        return recorded(None if kept is None else self._facts_of(kept))

    def _allowed(self, engine: Capabilities | None) -> bool:
        return engine is not None and (engine.commercial_use or not self._commercial_only)

    def _require_allowed(self, engine: Capabilities) -> None:
        if not self._allowed(engine):
            raise LicenceForbids(
                f"The engine {engine.id} must not be used here: {engine.licence_note}".rstrip(": ")
                + ".",
                details={"engine": engine.id, "licence": engine.licence},
            )


def preset_of(submission: VideoSubmission) -> str | None:
    """The preset that a request names; None leaves it to the engine."""
    named = submission.options.get("preset")
    return str(named) if named else None


def _known(listed: ListedEngine) -> Capabilities:
    """The capabilities of an engine that has passed `_able`."""
    if listed.capabilities is None:
        raise ValueError(f"{listed.id} is broken")
    return listed.capabilities


def _require_able(engine: Capabilities, submission: VideoSubmission) -> None:
    require_able(
        engine,
        visual=submission.visual,
        format_=submission.format,
        options=submission.options,
    )
