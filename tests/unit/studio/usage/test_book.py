from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from made_once import migrated
from sqlalchemy import Engine, insert, select, update

from talkies.db.engine import connect, reading, writing
from talkies.db.tables import job_outputs, jobs, usage
from talkies.errors import UnknownEngine
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import Finished, JobKind, Phase
from talkies.jobs.ledger import Ending
from talkies.jobs.queue import Ticket, TicketState
from talkies.jobs.records import Document, NewJob, Output, Status
from talkies.kit.clock import DAY
from talkies.kit.ids import new_id
from talkies.studio.usage.book import By, UsageBook, UsageQuery
from talkies.studio.usage.prices import Prices

#: Midnight of some day, UTC.
MIDNIGHT = 20_000 * DAY

CLIP = JobKind(
    name="video",
    phases=(Phase(queue=lambda _: "prepare", steps=()),),
    finish=lambda _, __: Finished(result={}),
    purge=lambda _: None,
)


class Line:
    """A queue that takes every ticket and works none off."""

    def add(self, ticket: Ticket) -> None: ...
    def withdraw(self, ids: object) -> None: ...
    def states(self, ids: object) -> dict[str, TicketState]:
        return {}

    def forget(self, ids: object) -> None: ...
    def forget_ended(self, before: int, limit: int) -> int:
        return 0

    def close(self) -> None: ...


@dataclass(slots=True)
class SetClock:
    at: int = MIDNIGHT + 1000

    def __call__(self) -> int:
        return self.at


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = migrated(tmp_path / "test.db")
    else:
        made = connect(request.getfixturevalue("postgres_with_tables"))
    yield made
    made.dispose()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def book(engine: Engine, clock: SetClock) -> UsageBook:
    prices = Prices(gpu_per_hour=3.6, storage_per_gb_month=1.0, currency="EUR")
    return UsageBook(engine, prices, uses_gpu=lambda name: name == "big", clock=clock)


@dataclass(slots=True)
class Works:
    """Jobs that a test ends as it likes."""

    engine: Engine
    book: UsageBook
    clock: SetClock

    @property
    def jobs(self) -> Jobs:
        return Jobs(
            self.engine,
            kinds={"video": CLIP},
            queue=Line(),
            observers=[self.book.observe],
            clock=self.clock,
        )

    def end(
        self,
        status: Status = Status.SUCCEEDED,
        *,
        key: str | None = "key_1",
        user: str | None = None,
        engine: str = "portrait",
        metrics: Document | None = None,
        bytes_: int = 0,
    ) -> str:
        new = NewJob(
            id=new_id("vid"),
            kind="video",
            request={"options": {"preset": "draft"}},
            key_id=key,
            user_id=user,
            engine=engine,
        )
        job = self.jobs.accept(new)
        outputs = (
            *(
                Output(name=n, storage_key=n, sha256="0" * 64, bytes=bytes_ // 2, content_type="x")
                for n in ("video", "poster")
            ),
        )
        error = {"code": "FACE_NOT_FOUND"} if status is Status.FAILED else None
        ending = Ending(status=status, metrics=metrics or {}, outputs=outputs, error=error)
        with self.jobs.ledger.changing() as connection:
            self.jobs.ledger.end(connection, job, ending)
        return job.id


@pytest.fixture
def works(engine: Engine, book: UsageBook, clock: SetClock) -> Works:
    return Works(engine, book, clock)


def rows(engine: Engine) -> list[dict[str, object]]:
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(select(usage)).mappings()]


def asked(by: By = By.DAY, **changes: object) -> UsageQuery:
    return UsageQuery(**{"since": MIDNIGHT, "until": MIDNIGHT + DAY, "by": by, **changes})  # type: ignore[arg-type]


class TestLines:
    def test_a_run_that_ended_is_one_line(
        self, works: Works, engine: Engine, clock: SetClock
    ) -> None:
        metrics = {"media_seconds": 5.0, "work_seconds": 9.0, "render_seconds": 7.0}
        job_id = works.end(user="anna", engine="big", metrics=metrics, bytes_=1_000_000_000)
        assert rows(engine) == [
            {
                "job_id": job_id,
                "run": 1,
                "kind": "video",
                "key_id": "key_1",
                "user_id": "anna",
                "engine": "big",
                "preset": "draft",
                "status": "succeeded",
                "error_code": None,
                "media_seconds": 5.0,
                "work_seconds": 9.0,
                "gpu_seconds": 7.0,
                "stored_bytes": 1_000_000_000,
                "cost": pytest.approx(0.007 + 1.0),
                "at": clock.at,
            }
        ]

    def test_an_engine_without_a_gpu_costs_no_gpu_time(self, works: Works, engine: Engine) -> None:
        works.end(metrics={"render_seconds": 7.0})
        (row,) = rows(engine)
        assert (row["gpu_seconds"], row["cost"]) == (0, 0)

    def test_an_engine_that_is_not_installed_here_does_not_keep_a_job_from_ending(
        self, engine: Engine, clock: SetClock
    ) -> None:
        def unknown(name: str) -> bool:
            raise UnknownEngine(name)

        book = UsageBook(engine, Prices(gpu_per_hour=1.0), uses_gpu=unknown, clock=clock)
        Works(engine, book, clock).end(engine="gone", metrics={"render_seconds": 7.0})
        (row,) = rows(engine)
        assert (row["gpu_seconds"], row["cost"]) == (0, 0)

    def test_a_failure_has_its_code(self, works: Works, engine: Engine) -> None:
        works.end(Status.FAILED)
        (row,) = rows(engine)
        assert (row["status"], row["error_code"]) == ("failed", "FACE_NOT_FOUND")

    def test_a_job_that_never_ran_used_nothing(self, works: Works, engine: Engine) -> None:
        new = NewJob(id="vid_1", kind="video", request={})
        works.jobs.accept(new)
        assert rows(engine) == []
        works.jobs.cancel("vid_1")
        (row,) = rows(engine)
        assert (row["status"], row["work_seconds"], row["engine"]) == ("canceled", 0, None)

    def test_every_run_of_a_job_has_a_line(self, works: Works, engine: Engine) -> None:
        job_id = works.end(Status.FAILED)
        works.jobs.retry(job_id)
        works.jobs.cancel(job_id)
        assert sorted((row["run"], row["status"]) for row in rows(engine)) == [  # type: ignore[type-var]
            (1, "failed"),
            (2, "canceled"),
        ]

    def test_a_run_is_written_once_however_often_it_is_told(
        self, works: Works, engine: Engine, book: UsageBook
    ) -> None:
        job = works.jobs.get(works.end())
        with writing(engine) as connection:
            book.observe(connection, job, "job.succeeded")
        assert len(rows(engine)) == 1

    def test_without_a_measure_the_time_from_start_to_end_counts(
        self, works: Works, engine: Engine, book: UsageBook, clock: SetClock
    ) -> None:
        job_id = works.end()
        with writing(engine) as connection:
            connection.execute(usage.delete())
            connection.execute(
                update(jobs).where(jobs.c.id == job_id).values(started_at=clock.at - 2500)
            )
        job = works.jobs.get(job_id)
        with writing(engine) as connection:
            book.observe(connection, job, "job.succeeded")
        (row,) = rows(engine)
        assert row["work_seconds"] == 2.5

    @pytest.mark.parametrize("odd", [-4.0, "seven", None])
    def test_odd_numbers_count_as_none(self, works: Works, engine: Engine, odd: object) -> None:
        works.end(metrics={"media_seconds": odd})
        (row,) = rows(engine)
        assert row["media_seconds"] == 0


class TestReports:
    def test_lines_stand_for_what_was_asked_for_and_add_up(
        self, works: Works, book: UsageBook, clock: SetClock
    ) -> None:
        works.end(key="key_1", user="anna", metrics={"media_seconds": 1.0, "work_seconds": 2.0})
        works.end(Status.FAILED, key="key_1", user="ben", metrics={"work_seconds": 4.0})
        clock.at += DAY
        big = {"media_seconds": 8.0, "work_seconds": 16.0, "render_seconds": 10.0}
        works.end(key="key_2", user="anna", engine="big", metrics=big, bytes_=200)
        works.end(Status.CANCELED, key=None)
        whole = {"until": MIDNIGHT + 2 * DAY}

        by_day = book.report(asked(By.DAY, **whole))
        assert [(line.name, line.runs) for line in by_day.lines] == [
            (str(MIDNIGHT), 2),
            (str(MIDNIGHT + DAY), 2),
        ]
        by_key = book.report(asked(By.KEY, **whole))
        assert {(line.name, line.work_seconds) for line in by_key.lines} == {
            ("key_1", 6),
            ("key_2", 16),
            (None, 0),
        }
        by_user = book.report(asked(By.USER, **whole))
        assert {(line.name, line.media_seconds) for line in by_user.lines} == {
            ("anna", 9),
            ("ben", 0),
            (None, 0),
        }
        by_engine = book.report(asked(By.ENGINE, **whole))
        assert {(line.name, line.gpu_seconds) for line in by_engine.lines} == {
            ("portrait", 0),
            ("big", 10),
        }
        for report in (by_day, by_key, by_user, by_engine):
            total = report.total
            assert (total.runs, total.succeeded, total.failed, total.canceled) == (4, 2, 1, 1)
            assert total.stored_bytes == 200
            assert total.cost == pytest.approx(0.01 + 200e-9)
            assert sum(line.cost for line in report.lines) == pytest.approx(total.cost)
            assert report.currency == "EUR"

    def test_a_report_may_be_about_one_key_or_user(self, works: Works, book: UsageBook) -> None:
        works.end(key="key_1", user="anna")
        works.end(key="key_1", user="ben")
        works.end(key="key_2", user="anna")
        assert book.report(asked(key_id="key_1")).total.runs == 2
        assert book.report(asked(user_id="anna")).total.runs == 2
        assert book.report(asked(key_id="key_1", user_id="anna")).total.runs == 1

    def test_a_report_begins_with_its_first_moment_and_ends_before_its_last(
        self, works: Works, book: UsageBook, clock: SetClock
    ) -> None:
        for clock.at in (MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + DAY - 1, MIDNIGHT + DAY):
            works.end()
        assert book.report(asked()).total.runs == 2

    def test_nothing_used_is_a_report_of_nothing(self, book: UsageBook) -> None:
        report = book.report(asked())
        assert report.lines == ()
        assert (report.total.runs, report.total.cost, report.total.failed) == (0, 0, 0)


class TestNumbers:
    def test_the_cost_of_today_begins_at_midnight(
        self, works: Works, book: UsageBook, clock: SetClock
    ) -> None:
        assert book.cost_today() == 0
        render = {"render_seconds": 1000.0}
        clock.at = MIDNIGHT - 1
        works.end(engine="big", metrics=render)
        assert book.cost_today() == pytest.approx(1.0)
        clock.at = MIDNIGHT
        works.end(engine="big", metrics=render)
        assert book.cost_today() == pytest.approx(1.0)

    def test_times_are_those_of_videos_that_succeeded(
        self, book: UsageBook, engine: Engine
    ) -> None:
        def line(n: int, **changes: object) -> dict[str, object]:
            return {
                "job_id": f"vid_{n}",
                "run": 1,
                "kind": "video",
                "status": "succeeded",
                "media_seconds": 1.0,
                "work_seconds": float(n),
                "gpu_seconds": 0.0,
                "stored_bytes": 0,
                "cost": 0.0,
                "at": MIDNIGHT,
                **changes,
            }

        with writing(engine) as connection:
            connection.execute(insert(usage), [line(n) for n in range(1, 201)])
            for number, change in enumerate(
                ({"status": "failed"}, {"kind": "speech"}, {"at": MIDNIGHT - 1}), 1000
            ):
                connection.execute(insert(usage).values(line(number, **change)))
        times = book.times(since=MIDNIGHT)
        assert (times.runs, times.p50, times.p95, times.p99) == (200, 100, 190, 198)
        assert book.times(since=MIDNIGHT, kind="speech").p99 == 1001

    def test_without_runs_there_are_no_times(self, book: UsageBook) -> None:
        times = book.times(since=0)
        assert (times.runs, times.p50, times.p95, times.p99) == (0, None, None, None)


def test_outputs_of_other_jobs_are_not_counted(works: Works, engine: Engine) -> None:
    works.end(bytes_=100)
    works.end(bytes_=40)
    assert sorted(row["stored_bytes"] for row in rows(engine)) == [40, 100]  # type: ignore[type-var]
    with reading(engine) as connection:
        assert len(connection.execute(select(job_outputs)).all()) == 4
