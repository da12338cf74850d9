"""How long a video will take and what it will cost, after its inputs were looked at in full."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

from talkies.core.timing import SOUND_RATE, frame_count
from talkies.engines.base import Capabilities
from talkies.engines.registry import AUTO
from talkies.errors import TalkiesError
from talkies.jobs.queue import PREPARE, render_queue
from talkies.jobs.records import Job, QueueDepth, WorkerRecord
from talkies.kit.clock import Clock, now
from talkies.kit.ids import new_id
from talkies.kit.scratch import Scratch
from talkies.studio.engines import EngineCatalog
from talkies.studio.fetching import Fetcher
from talkies.studio.making import Makers, Patience
from talkies.studio.progress import Stage
from talkies.studio.videos.pace import Pace, Range
from talkies.studio.videos.steps import INPUTS, write_order
from talkies.studio.videos.submission import VideoSubmission, planned
from talkies.studio.videos.workbench import SITTING

#: Seconds for a look at the inputs; a caller waits.
PATIENCE: Final = Patience(wall_seconds=60.0)

#: Characters of a text that a voice says in a second at normal speed, slow and quick: eight of ten
#: English sentences lie between. Scripts that write syllables take longer for each.
CHARACTERS_A_SECOND: Final = (12.0, 18.0)
WIDE_CHARACTERS_A_SECOND: Final = (3.5, 6.0)
#: Code points from here on are of such scripts, nearly all: kana, Han, Hangul.
WIDE_FROM: Final = 0x3040


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is known about a video before it is made."""

    engine: str
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


class Lines(Protocol):
    """What is asked of `jobs.Jobs`."""

    def depths(self) -> tuple[QueueDepth, ...]: ...

    def workers(self) -> tuple[WorkerRecord, ...]: ...


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
        clock: Clock = now,
    ) -> None:
        self._makers = makers
        self._fetcher = fetcher
        self._scratch = scratch
        self._engines = engines
        self._pace = pace
        self._lines = lines
        self._prices = prices
        self._clock = clock

    def estimate(self, engine: str, submission: VideoSubmission) -> Estimate:
        """The estimate of a request that `Videos` has checked, with resolved inputs.

        Raises:
            InvalidInput: what the inputs make impossible, as in the job itself.
            FetchFailed, BlobMissing, StorageUnavailable: an input cannot be got.
        """
        seen = self._look(engine, submission)
        known = self._engines.choose(engine)
        pace = self._pace.of(known, scored=submission.score)
        work = pace.work(seen.seconds)
        wait = self._wait(engine, pace.typical)
        middle = (seen.seconds.low + seen.seconds.high) / 2
        return Estimate(
            engine=engine,
            media_seconds=round(middle, 2),
            width=seen.width,
            height=seen.height,
            fps=round(float(seen.fps), 3),
            frames=frame_count(round(middle * SOUND_RATE), SOUND_RATE, seen.fps),
            wait_seconds=wait,
            work_seconds=work,
            total_seconds=Range(low=wait.low + work.low, high=wait.high + work.high),
            cost=self._cost(known, work),
            currency=self._prices.currency,
            samples=pace.samples,
            warnings=seen.warnings,
        )

    def until_done(self, job: Job, position: int) -> float | None:
        """Seconds until a job at this place of its line is done; None where nobody can say.

        Every job before it is taken to be a usual one: what they ask for is not looked at.
        """
        try:
            engine = self._engines.choose(job.engine or AUTO)
        except TalkiesError:  # its engine has been removed since
            return None
        pace = self._pace.of(engine, scored=bool(job.request.get("score", True)))
        slots = max(1, _slots(self._lines.workers(), engine.id))
        return round(pace.typical * ((position - 1) / slots + 1), 1)

    def _look(self, engine: str, submission: VideoSubmission) -> Seen:
        """Do what the job's first step would, in a folder that goes at once."""
        job = new_id("est", self._clock)
        folder = self._scratch.folder(job)
        try:
            (folder / INPUTS).mkdir()
            for role, source in submission.sources.items():
                self._fetcher.bring(source, folder / INPUTS / role)
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
        seconds = _spoken(submission) if heard is None else Range(low=heard, high=heard)
        return Seen(
            seconds=seconds,
            width=sitting["width"],
            height=sitting["height"],
            fps=planned(submission, {"audio": Path("audio")} if submission.audio else {}).look.fps,
            warnings=tuple(warnings),
        )

    def _wait(self, engine: str, typical: float) -> Range:
        """How long the jobs ahead take; those that run are half done on average."""
        names = {PREPARE, render_queue(engine)}
        queues = [depth for depth in self._lines.depths() if depth.queue in names]
        slots = max(1, _slots(self._lines.workers(), engine))
        ahead = sum(queue.waiting + queue.running / 2 for queue in queues)
        busy = sum(queue.running for queue in queues) >= slots
        middle = max(0.0, ahead - (0 if busy else slots)) * typical / slots
        return Range(low=round(middle / 2, 1), high=round(middle * 2, 1))

    def _cost(self, engine: Capabilities, work: Range) -> Range:
        on_gpu: Callable[[float], float] = lambda s: s if engine.vram_gib > 0 else 0.0  # noqa: E731
        low, high = (self._prices.cost(on_gpu(seconds), 0) for seconds in (work.low, work.high))
        return Range(low=low, high=high)


def _slots(workers: Sequence[WorkerRecord], engine: str) -> int:
    return sum(
        worker.concurrency for worker in workers if engine in worker.engines and not worker.draining
    )


def _spoken(submission: VideoSubmission) -> Range:
    """How long a text lasts when it is said, by its letters."""
    text = submission.text or ""
    wide = sum(ord(letter) >= WIDE_FROM for letter in text)
    speed = submission.speed or 1.0
    slow, quick = (
        wide / syllables + (len(text) - wide) / letters
        for syllables, letters in zip(WIDE_CHARACTERS_A_SECOND, CHARACTERS_A_SECOND, strict=True)
    )
    return Range(low=round(quick / speed + 0.4, 2), high=round(slow / speed + 0.6, 2))
