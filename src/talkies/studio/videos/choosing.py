"""Which engine makes a video: the one that was named, or for `auto` the one that suits it best.

`auto` looks at every engine that can make what is asked for, that the licence policy allows, and
whose jobs a worker takes. Of those it takes the most lifelike one that is expected to be done in
time, or else the one that is done first.
"""

from collections.abc import Callable, Mapping, Sequence

from talkies.engines.base import Capabilities
from talkies.engines.registry import AUTO, BUILT_IN, ListedEngine
from talkies.errors import InvalidOption, LicenceForbids
from talkies.studio.able import require_able
from talkies.studio.engines import EngineCatalog
from talkies.studio.videos.choice import Candidate, Choice, best
from talkies.studio.videos.lengths import recorded, spoken
from talkies.studio.videos.pace import Pace
from talkies.studio.videos.queueing import Lines, slots, wait
from talkies.studio.videos.speeds import Range, preset_in
from talkies.studio.videos.submission import VideoSubmission


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
                other = submission.visual not in listed.capabilities.visuals
                refusals.append(((other, listed.id != BUILT_IN), error))
            else:
                able.append(listed)
        if not able:
            # One tells more that takes such a visual, and then the one that everybody has.
            raise min(refusals, key=lambda each: each[0])[1]
        return able

    def _served(self, allowed: Sequence[ListedEngine]) -> Sequence[ListedEngine]:
        """Those whose jobs a worker takes; or else what this machine could do, or all of them."""
        served = [each for each in allowed if slots(self._lines, each.id)]
        return served or [each for each in allowed if each.ready] or allowed

    def _candidate(self, engine: Capabilities, submission: VideoSubmission) -> Candidate:
        pace = self._pace.of(engine, scored=submission.score, preset=preset_in(submission.options))
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
                f"The engine {engine.id} must not be used here: {engine.licence_note}".rstrip(": .")
                + ".",
                details={"engine": engine.id, "licence": engine.licence},
            )


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
