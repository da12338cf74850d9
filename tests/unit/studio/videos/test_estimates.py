import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from studio_made_up import PORTRAIT, recording
from webhook_stage import job_of
from workshop_stage import POINTS, Room

from talkies.db.engine import writing
from talkies.db.tables import usage
from talkies.engines.registry import EngineRegistry
from talkies.errors import AudioSilent, FetchFailed
from talkies.jobs.records import QueueDepth, WorkerRecord
from talkies.kit.scratch import Scratch
from talkies.studio.engines import EngineCatalog
from talkies.studio.making import Makers
from talkies.studio.submissions import Source
from talkies.studio.usage.prices import Prices
from talkies.studio.videos.choice import Choice
from talkies.studio.videos.estimates import Estimator
from talkies.studio.videos.pace import Pace
from talkies.studio.videos.speeds import FIXED_SECONDS, Range
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

SMALL = OutputOptions(resolution="480p", fps=10)


def book(
    database: sa.Engine, jobs: list[tuple[float, float]], *, status: str = "succeeded"
) -> None:
    """Write down jobs of the quick engine: seconds of video, seconds of work."""
    with writing(database) as connection:
        for number, (media, work) in enumerate(jobs):
            connection.execute(
                sa.insert(usage).values(
                    job_id=f"{status}{number}", run=1, kind="video", engine="quick", status=status,
                    media_seconds=media, work_seconds=work, gpu_seconds=0, stored_bytes=0, cost=0,
                    at=number,
                )
            )  # fmt: skip


QUICK = Choice(engine=EngineCatalog(EngineRegistry(points=POINTS)).choose("quick"))


@dataclass
class Lines:
    """What stands in line, and who works."""

    waiting: int = 0
    running: int = 0
    concurrency: int = 1
    served: str = "quick"

    def depths(self) -> tuple[QueueDepth, ...]:
        return (
            QueueDepth(
                queue="render.quick", waiting=self.waiting, oldest_at=None, running=self.running
            ),
            QueueDepth(queue="render.other", waiting=99, oldest_at=None, running=9),
        )

    def workers(self) -> tuple[WorkerRecord, ...]:
        return tuple(
            WorkerRecord(
                executor_id=name,
                host="here",
                pid=1,
                engines=engines,
                concurrency=self.concurrency,
                version="1",
                started_at=0,
                seen_at=0,
                draining=draining,
            )
            for name, engines, draining in (
                ("a", (self.served,), False),
                ("b", ("other",), False),
                ("c", ("quick",), True),
            )
        )


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def estimator(
    tmp_path: Path, stage: Room, makers: Makers, database: sa.Engine, lines: Lines
) -> Estimator:
    return Estimator(
        makers,
        stage.workshop.fetcher,
        Scratch(tmp_path / "scratch"),
        engines=EngineCatalog(EngineRegistry(points=POINTS)),
        pace=Pace(database),
        lines=lines,
        prices=Prices(gpu_per_hour=3_600.0, currency="EUR"),
    )


def asked(stage: Room, speech: Path | None = None, **changes: object) -> VideoSubmission:
    given: dict[str, object] = {"portrait": Source(sha256=stage.inputs.keep(PORTRAIT))}
    given |= {"text": "Bob."} if speech is None else {}
    given |= {} if speech is None else {"audio": Source(sha256=stage.inputs.keep(speech))}
    return VideoSubmission(**{**given, "output": SMALL, "score": False, **changes})  # type: ignore[arg-type]


def test_inputs_are_looked_at_in_full(
    estimator: Estimator, stage: Room, speech: Path, tmp_path: Path
) -> None:
    found = estimator.estimate(QUICK, asked(stage, speech))
    assert (found.width, found.height, found.fps, found.frames) == (480, 600, 10.0, 6)
    assert found.media_seconds == 0.6
    assert found.samples == 0
    assert found.cost == Range(low=0.0, high=0.0)
    assert found.currency == "EUR"
    assert found.wait_seconds == Range(low=0, high=0)
    assert FIXED_SECONDS <= found.work_seconds.low < found.work_seconds.high
    assert found.total_seconds == found.work_seconds
    assert list((tmp_path / "scratch").iterdir()) == []


def test_that_nobody_takes_jobs_of_an_engine_is_said(
    estimator: Estimator, stage: Room, speech: Path, lines: Lines
) -> None:
    assert estimator.estimate(QUICK, asked(stage, speech)).warnings == ()
    lines.served = "other"
    (warning,) = estimator.estimate(QUICK, asked(stage, speech)).warnings
    assert warning.startswith("No worker takes jobs of the engine quick now")


def test_a_look_takes_less_than_a_second_once_somebody_looked(
    estimator: Estimator, stage: Room, speech: Path
) -> None:
    estimator.estimate(QUICK, asked(stage, speech))
    began, cpu = time.monotonic(), time.process_time()
    estimator.estimate(QUICK, asked(stage, speech))
    assert time.monotonic() - began < 5  # under a second where nobody else computes
    assert time.process_time() - cpu < 0.5


def test_what_the_job_would_refuse_is_refused_here(
    estimator: Estimator, stage: Room, tmp_path: Path
) -> None:
    silent = recording(tmp_path / "silent.wav", seconds=0.2)
    silent.write_bytes(silent.read_bytes()[:44] + bytes(6_400))
    with pytest.raises(AudioSilent):
        estimator.estimate(QUICK, asked(stage, silent))
    with pytest.raises(FetchFailed):
        estimator.estimate(QUICK, asked(stage, portrait=Source(url="https://nowhere.example")))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_text_s_length_is_guessed_by_its_letters(estimator: Estimator, stage: Room) -> None:
    english = estimator.estimate(QUICK, asked(stage, text="a" * 150))
    assert 8 < english.media_seconds < 13
    quick = estimator.estimate(QUICK, asked(stage, text="a" * 150, speed=2.0))
    assert quick.media_seconds < english.media_seconds * 0.6
    chinese = estimator.estimate(QUICK, asked(stage, text="你好" * 20))
    assert 6 < chinese.media_seconds < 13


def test_who_waits_ahead_is_counted(estimator: Estimator, stage: Room, lines: Lines) -> None:
    lines.waiting, lines.running = 4, 1
    one = estimator.estimate(QUICK, asked(stage)).wait_seconds
    lines.concurrency = 2
    two = estimator.estimate(QUICK, asked(stage)).wait_seconds
    assert 0 < two.low < one.low
    assert one.low < one.high


def test_a_waiting_job_is_done_when_those_before_it_are(
    estimator: Estimator, database: sa.Engine, lines: Lines
) -> None:
    book(database, [(10.0, 20.0)] * 6)
    job = job_of(engine="quick", request={})
    lines.concurrency = 1
    assert estimator.until_done(job, 1) == 20.0
    assert estimator.until_done(job, 4) == 80.0
    lines.concurrency = 3
    assert estimator.until_done(job, 4) == 40.0
    assert estimator.until_done(job_of(engine="gone", request={}), 1) is None


def test_an_engine_is_as_fast_as_its_last_jobs_were_here(database: sa.Engine) -> None:
    known = EngineCatalog(EngineRegistry(points=POINTS)).choose("quick")
    pace = Pace(database)
    claim = pace.of(known, scored=False)
    assert pace.of(known, scored=True).rate.low > claim.rate.low
    book(database, [(10, 1)] * 9, status="failed")
    book(database, [(10, FIXED_SECONDS + 10 * rate) for rate in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)])
    learned = pace.of(known, scored=False)
    assert learned.samples == 10
    assert (learned.rate.low, learned.rate.high) == (pytest.approx(3), pytest.approx(9))
    assert learned.work(Range(low=2, high=2)) == Range(low=7.5, high=19.5)


def test_a_few_jobs_say_less_than_the_engine_s_claim(database: sa.Engine) -> None:
    book(database, [(10, 500)] * 4)
    assert (
        Pace(database)
        .of(EngineCatalog(EngineRegistry(points=POINTS)).choose("quick"), scored=False)
        .samples
        == 0
    )
