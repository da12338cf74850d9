import logging
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from job_room import until

from talkies.db.engine import connect, reading, writing
from talkies.db.migrate import upgrade
from talkies.db.tables import chores
from talkies.jobs.chores import Chore, Chores


def chore(name: str, run: object, every: float = 60.0) -> Chore:
    return Chore(name=name, every_seconds=every, run=run)  # type: ignore[arg-type]


def test_a_chore_runs_and_runs_again(engine: sa.Engine) -> None:
    ran: list[float] = []
    runner = Chores(engine, [chore("a", lambda: ran.append(time.monotonic()), every=0.1)])
    runner.start()
    until(lambda: len(ran) >= 2)
    runner.end()
    assert ran[1] - ran[0] >= 0.1
    count = len(ran)
    time.sleep(0.2)
    assert len(ran) == count


def test_of_many_processes_one_runs_a_chore(engine: sa.Engine) -> None:
    ran: list[int] = []
    free = threading.Event()

    def run(number: int) -> None:
        ran.append(number)
        assert free.wait(60)

    runners = [
        Chores(engine, [chore("a", lambda number=number: run(number))]) for number in range(10)
    ]
    looks = [threading.Thread(target=runner.look) for runner in runners]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    for runner in runners:
        runner.look()
    assert len(ran) == 1
    free.set()
    for runner in runners:
        runner.end()
    with reading(engine) as connection:
        row = connection.execute(sa.select(chores)).one()
    assert row.due_at - row.finished_at == pytest.approx(60_000, abs=50)


def test_a_chore_that_fails_is_reported_and_runs_again(
    engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []

    def fail() -> None:
        ran.append(1)
        raise ValueError("unforeseen")

    runner = Chores(engine, [chore("a", fail, every=0.01)])
    with caplog.at_level(logging.ERROR):
        runner.start()
        until(lambda: len(ran) >= 2)
        runner.end()
    assert "the chore a failed" in caplog.text


def test_a_slow_chore_delays_no_other_and_is_not_begun_twice(engine: sa.Engine) -> None:
    free, fast, slow = threading.Event(), [], []

    def wait() -> None:
        slow.append(1)
        assert free.wait(60)

    known = [chore("slow", wait, every=0.01), chore("fast", lambda: fast.append(1), every=0.01)]
    runner = Chores(engine, known)
    runner.start()
    until(lambda: len(fast) >= 6)
    free.set()
    runner.end()
    assert len(slow) == 1


def test_a_chore_of_a_process_that_died_is_done_by_another(engine: sa.Engine) -> None:
    ran: list[int] = []
    with writing(engine) as connection:
        # Claimed some time ago, and not renewed.
        connection.execute(sa.insert(chores).values(name="a", due_at=1))
    runner = Chores(engine, [chore("a", lambda: ran.append(1))])
    runner.look()
    runner.end()
    assert ran == [1]


def test_a_chore_under_way_is_renewed(engine: sa.Engine) -> None:
    free = threading.Event()
    runner = Chores(engine, [chore("a", lambda: free.wait(60))])
    runner.look()
    with writing(engine) as connection:
        connection.execute(sa.update(chores).values(due_at=chores.c.due_at - 5_000))
        before = connection.execute(sa.select(chores.c.due_at)).scalar_one()
    runner.renew()
    with reading(engine) as connection:
        assert connection.execute(sa.select(chores.c.due_at)).scalar_one() > before + 3_000
    free.set()
    runner.end()


def test_chores_wait_for_a_database_that_is_out(caplog: pytest.LogCaptureFixture) -> None:
    runner = Chores(connect("postgresql://nobody@127.0.0.1:1/nothing"), [chore("a", print)])
    with caplog.at_level(logging.WARNING):
        runner.start()
        until(lambda: "chores wait for the database" in caplog.text)
        runner.end()


def test_chores_go_on_after_what_nobody_foresaw(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []
    # Its tables are made only while the chores look for them.
    engine = connect(f"sqlite:///{tmp_path}/talkies.db")
    runner = Chores(engine, [chore("a", lambda: ran.append(1))])
    with caplog.at_level(logging.ERROR):
        runner.start()
        until(lambda: "a look at the chores failed" in caplog.text)
    upgrade(engine)
    until(lambda: ran)
    runner.end()
    engine.dispose()
