"""How long a video will take and what it will cost, after its inputs were looked at in full."""

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

from talkies.core.timing import SOUND_RATE, frame_count
from talkies.engines.base import Capabilities
from talkies.engines.registry import AUTO
from talkies.errors import TalkiesError
from talkies.jobs.records import Job
from talkies.kit.ids import new_id
from talkies.kit.scratch import Scratch
from talkies.studio.characters.linking import OpenCharacter
from talkies.studio.engines import EngineCatalog
from talkies.studio.fetching import Fetcher
from talkies.studio.maker_process import Patience
from talkies.studio.making import Makers
from talkies.studio.progress import Stage
from talkies.studio.videos.acting_character import played_by
from talkies.studio.videos.choice import Choice
from talkies.studio.videos.lengths import spoken
from talkies.studio.videos.pace import Pace
from talkies.studio.videos.queueing import Lines, slots, unserved, wait
from talkies.studio.videos.speeds import Range, preset_in
from talkies.studio.videos.steps import INPUTS, write_order
from talkies.studio.videos.submission import VideoSubmission, planned, submission_from
from talkies.studio.videos.workbench import SITTING

#: Seconds for a look at the inputs; a caller waits.
PATIENCE: Final = Patience(wall_seconds=60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is known about a video before it is made."""

    engine: str
    #: Why `auto` took it; empty where it was named.
    engine_reason: str
    #: Of the engine; None where it has none.
    preset: str | None
    #: Length of the video; a text's is a guess in the middle.
    media_seconds: float
    width: int
    height: int
    fps: float
    frames: int
    #: Until other jobs let it begin.
    wait_seconds: Range
    #: From its beginning to its end.
    work_seconds: Range
    #: Waiting and work together.
    total_seconds: Range
    #: In the installation's currency.
    cost: Range
    currency: str
    #: How many finished jobs of this installation it rests on; 0 for the engine's own claim.
    samples: int
    warnings: tuple[str, ...]


class Costs(Protocol):
    """What is asked of `usage.Prices`."""

    @property
    def currency(self) -> str: ...

    def cost(self, gpu_seconds: float, stored_bytes: int) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the inputs turned out to be."""

    #: Between which lengths the speech lies; both the same for a recording.
    seconds: Range
    width: int
    height: int
    fps: Fraction
    warnings: tuple[str, ...]


class Estimator:
    """Looks at inputs in a maker, and guesses from what is known of the engine."""

    def __init__(
        self,
        makers: Makers,
        fetcher: Fetcher,
        scratch: Scratch,
        *,
        engines: EngineCatalog,
        pace: Pace,
        lines: Lines,
        prices: Costs,
        open_character: OpenCharacter | None = None,
    ) -> None:
        self._makers = makers
        self._fetcher = fetcher
        self._scratch = scratch
        self._engines = engines
        self._pace = pace
        self._lines = lines
        self._prices = prices
        self._open_character = open_character

    def estimate(self, choice: Choice, submission: VideoSubmission) -> Estimate:
        """The estimate of a request that `Videos` has checked, with resolved inputs.

        Raises:
            InvalidInput: what the inputs make impossible, as in the job itself.
            FetchFailed, BlobMissing, StorageUnavailable: an input cannot be got.
        """
        engine = choice.engine
        seen = self._look(engine.id, submission)
        preset = preset_in(submission.options)
        pace = self._pace.of(engine, scored=submission.score, preset=preset)
        work = pace.work(seen.seconds)
        waits = wait(self._lines, engine.id, pace.typical)
        middle = (seen.seconds.low + seen.seconds.high) / 2
        return Estimate(
            engine=engine.id,
            engine_reason=choice.reason,
            preset=preset or (engine.presets[0].name if engine.presets else None),
            media_seconds=round(middle, 2),
            width=seen.width,
            height=seen.height,
            fps=round(float(seen.fps), 3),
            frames=frame_count(round(middle * SOUND_RATE), SOUND_RATE, seen.fps),
            wait_seconds=waits,
            work_seconds=work,
            total_seconds=Range(low=waits.low + work.low, high=waits.high + work.high),
            cost=self._cost(engine, work),
            currency=self._prices.currency,
            samples=pace.samples,
            warnings=(*seen.warnings, *unserved(self._lines, engine.id)),
        )

    def until_done(self, job: Job, position: int) -> float | None:
        """Seconds until a job at this place of its line is done; None where nobody can say.

        Every job before it is taken to be a usual one: what they ask for is not looked at.
        """
        try:
            engine = self._engines.choose(job.engine or AUTO)
        except TalkiesError:  # its engine has been removed since
            return None
        submission = submission_from(job.request)
        pace = self._pace.of(engine, scored=submission.score, preset=preset_in(submission.options))
        places = max(1, slots(self._lines, engine.id))
        return round(pace.typical * ((position - 1) / places + 1), 1)

    def _look(self, engine: str, submission: VideoSubmission) -> Seen:
        """Do what the job's first step would, in a folder that goes at once."""
        job = new_id("est")
        folder = self._scratch.folder(job)
        try:
            (folder / INPUTS).mkdir()
            for role, source in submission.sources.items():
                self._fetcher.bring(source, folder / INPUTS / role)
            with played_by(submission, folder, self._open_character):
                return self._seen(folder, engine, submission)
        finally:
            self._scratch.remove(job)

    def _seen(self, folder: Path, engine: str, submission: VideoSubmission) -> Seen:
        write_order(folder, submission, engine)
        warnings: list[str] = []

        def hear(header: dict[str, Any]) -> None:
            if header["event"] == "warned":
                warnings.append(header["message"])

        command = {"do": "step", "stage": Stage.FETCH.value, "folder": str(folder)}
        with self._makers.lend() as maker:
            answer = maker.do(command, PATIENCE, hear)
        sitting = json.loads((folder / SITTING).read_text())
        heard = answer["media_seconds"]
        text = submission.text or ""
        said = spoken(text, submission.speed)
        seconds = said if heard is None else Range(low=heard, high=heard)
        return Seen(
            seconds=seconds,
            width=sitting["width"],
            height=sitting["height"],
            fps=planned(submission, {role: Path(role) for role in submission.sources}).look.fps,
            warnings=tuple(warnings),
        )

    def _cost(self, engine: Capabilities, work: Range) -> Range:
        paid = 1.0 if engine.needs_gpu else 0.0
        low, high = (self._prices.cost(paid * seconds, 0) for seconds in (work.low, work.high))
        return Range(low=low, high=high)
