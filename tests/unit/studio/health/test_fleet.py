from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from made_once import migrated
from sqlalchemy import Engine, insert

from talkies.db.engine import connect, writing
from talkies.db.tables import jobs, usage, webhook_attempts, webhook_deliveries, workers
from talkies.jobs.records import QueueDepth
from talkies.kit.clock import DAY, now
from talkies.studio.health.fleet import LOST_AFTER, OVERLAP, FleetNumbers, Tail
from talkies.telemetry.fleet import QueueLoad

NOON = 1_000 * DAY + DAY // 2


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


def depth(queue: str = "portrait", oldest_at: int | None = None) -> QueueDepth:
    return QueueDepth(queue=queue, waiting=2, running=1, oldest_at=oldest_at)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = migrated(tmp_path / "talkies.db")
    else:
        engine = connect(request.getfixturevalue("postgres_with_tables"))
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def numbers(engine: Engine, clock: Clock, *depths: QueueDepth) -> FleetNumbers:
    return FleetNumbers(engine, depths=lambda: depths, storage_up=lambda: True, clock=clock)


def use(engine: Engine, job_id: str, at: int, **more: object) -> None:
    values = {
        "job_id": job_id,
        "run": 1,
        "kind": "video",
        "engine": "portrait",
        "status": "succeeded",
        "media_seconds": 4.0,
        "work_seconds": 9.0,
        "gpu_seconds": 1.0,
        "stored_bytes": 10,
        "cost": 0.5,
        "at": at,
    }
    with writing(engine) as connection:
        connection.execute(insert(usage).values({**values, **more}))


def add_job(engine: Engine, job_id: str, metrics: Mapping[str, object]) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(jobs).values(
                id=job_id,
                kind="video",
                request={},
                metadata={},
                status="succeeded",
                warnings=[],
                metrics=metrics,
                queue="portrait",
                created_at=NOON,
            )
        )


def test_the_queues_are_told_with_the_age_of_their_oldest_job(engine: Engine, clock: Clock) -> None:
    state = numbers(engine, clock, depth(oldest_at=NOON - 2_500), depth("cpu")).state()
    assert state.queues == (
        QueueLoad(name="portrait", waiting=2, running=1, oldest_seconds=2.5),
        QueueLoad(name="cpu", waiting=2, running=1, oldest_seconds=0.0),
    )
    assert state.storage_up


def test_the_cost_of_today_begins_at_midnight(engine: Engine, clock: Clock) -> None:
    use(engine, "yesterday", NOON - DAY // 2 - 1)
    use(engine, "today", NOON - DAY // 2)
    use(engine, "now", NOON, cost=0.25)
    assert numbers(engine, clock).state().cost_today == 0.75


def test_workers_are_told_by_what_they_do(engine: Engine, clock: Clock) -> None:
    with writing(engine) as connection:
        for name, age, draining in (("a", 0, False), ("b", 0, True), ("c", LOST_AFTER * 2, False)):
            connection.execute(
                insert(workers).values(
                    executor_id=name,
                    host="h",
                    namespace="n",
                    pid=1,
                    pid_started=1,
                    engines=[],
                    concurrency=1,
                    version="1",
                    started_at=NOON,
                    seen_at=now() - age,
                    draining=draining,
                )
            )
    assert numbers(engine, clock).state().workers == {"ready": 1, "draining": 1, "lost": 1}


def test_an_ended_run_is_told_once_with_the_seconds_of_its_stages(
    engine: Engine, clock: Clock
) -> None:
    fleet = numbers(engine, clock)
    seconds = {"fetch": 0.5, "unknown": 1}
    add_job(engine, "job_1", {"render_seconds": 8, "seconds": seconds, "peak": 3})
    use(engine, "job_1", NOON)
    (job,) = fleet.finished()
    assert job.stages == {"fetch": 0.5, "render": 8.0}
    assert (job.kind, job.status, job.seconds, job.cost) == ("video", "succeeded", 9.0, 0.5)
    assert fleet.finished() == []


def test_each_run_of_a_job_counts(engine: Engine, clock: Clock) -> None:
    fleet = numbers(engine, clock)
    use(engine, "job_1", NOON, status="failed", error_code="CHILD_CRASHED")
    use(engine, "job_1", NOON + 5, run=2)
    assert [job.error_code for job in fleet.finished()] == ["CHILD_CRASHED", None]


def test_what_ended_before_the_start_is_not_told(engine: Engine, clock: Clock) -> None:
    use(engine, "old", NOON - 1)
    assert numbers(engine, clock).finished() == []


def test_a_run_that_appears_late_is_still_told(engine: Engine, clock: Clock) -> None:
    fleet = numbers(engine, clock)
    use(engine, "job_2", NOON + 60_000)
    assert len(fleet.finished()) == 1
    use(engine, "job_1", NOON + 30_000)
    assert len(fleet.finished()) == 1


def test_tries_of_deliveries_are_told_once_by_outcome(engine: Engine, clock: Clock) -> None:
    fleet = numbers(engine, clock)
    with writing(engine) as connection:
        connection.execute(
            insert(webhook_deliveries).values(
                id="msg_1", url="u", event="e", payload={}, status="pending", created_at=NOON
            )
        )
        for status in (204, 500, None):
            connection.execute(
                insert(webhook_attempts).values(
                    delivery_id="msg_1", at=NOON, milliseconds=1, http_status=status
                )
            )
    assert fleet.tries() == {"delivered": 1, "failed": 2}
    assert fleet.tries() == {}
    assert fleet.state().deliveries_pending == 1


def test_without_a_database_it_says_so(tmp_path: Path, clock: Clock) -> None:
    fleet = numbers(connect(f"sqlite:///{tmp_path}/missing/talkies.db"), clock)
    state = fleet.state()
    assert not state.database_up
    assert state.storage_up
    assert list(fleet.finished()) == []
    assert fleet.tries() == {}


def test_a_tail_forgets_what_it_will_not_read_again() -> None:
    tail = Tail(0)
    assert tail.fresh("a", 1)
    assert tail.fresh("b", OVERLAP * 2)
    tail.forget()
    assert tail.since == OVERLAP
    assert not tail.fresh("b", OVERLAP * 2)
    assert tail.fresh("a", 1)
