"""The durable queue against the real DBOS; what we use of it that is not public is watched here."""

import inspect
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import dbos
import pytest
import sqlalchemy as sa
from dbos import _dbos, _queue
from job_room import until

from talkies.db.engine import connect
from talkies.errors import Unavailable
from talkies.jobs.dbos_queue import (
    APPLICATION_VERSION,
    DbosQueue,
    DbosRunner,
    prepare,
    queue_url,
)
from talkies.jobs.queue import Abandoned, Checkpoint, Queue, Runner, Ticket, TicketState
from talkies.kit.clock import now

TICKET = Ticket(
    job_id="vid_1", run=1, phase=0, queue="prepare", rank=5, state={"results": {"a": [1, None]}}
)


class Desk:
    """Works tickets off as a test tells it to."""

    def __init__(self) -> None:
        self.seen: list[Ticket] = []
        self.act: Callable[[Ticket, Checkpoint], None] = lambda _ticket, _checkpoint: None

    def work(self, ticket: Ticket, checkpoint: Checkpoint) -> None:
        self.seen.append(ticket)
        self.act(ticket, checkpoint)


@pytest.fixture
def queue(engine: sa.Engine) -> Iterator[Queue]:
    queue = DbosQueue(engine.url)
    yield queue
    queue.close()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def runner(engine: sa.Engine, desk: Desk) -> Iterator[Runner]:
    runner = DbosRunner(engine.url, poll_seconds=0.02)
    runner.start("executor-1", {"prepare": 2, "render.portrait": 1}, desk.work)
    yield runner
    runner.stop()


def state(queue: Queue, ticket: Ticket = TICKET) -> TicketState | None:
    return queue.states([ticket.id]).get(ticket.id)


def test_a_ticket_is_worked_off_as_it_was_added(queue: Queue, runner: Runner, desk: Desk) -> None:
    queue.add(TICKET)
    until(lambda: state(queue) is TicketState.ENDED)
    assert desk.seen == [TICKET]


def test_a_second_ticket_of_an_id_changes_nothing(queue: Queue, desk: Desk) -> None:
    queue.add(TICKET)
    queue.add(replace(TICKET, rank=1, queue="render.portrait"))
    assert queue.states([TICKET.id, "other"]) == {TICKET.id: TicketState.WAITING}


def test_the_lowest_rank_is_first(queue: Queue, engine: sa.Engine, desk: Desk) -> None:
    for rank in (7, 3, 2**31 - 1, 5):
        queue.add(replace(TICKET, job_id=f"vid_{rank}", queue="render.portrait", rank=rank))
    runner = DbosRunner(engine.url)
    runner.start("executor-1", {"render.portrait": 1}, desk.work)
    until(lambda: len(desk.seen) == 4)
    runner.stop()
    assert [ticket.rank for ticket in desk.seen] == [3, 5, 7, 2**31 - 1]


def test_no_more_than_its_slots_are_worked_off_at_once(
    queue: Queue, runner: Runner, desk: Desk
) -> None:
    free = threading.Event()
    desk.act = lambda _ticket, _checkpoint: void(free.wait(60))
    for number in range(5):
        queue.add(replace(TICKET, job_id=f"vid_{number}"))
    until(lambda: runner.busy() == 2)
    time.sleep(0.5)
    assert (runner.busy(), len(desk.seen)) == (2, 2)
    assert runner.holders() == {"executor-1"}
    runner.stop_claiming()
    time.sleep(0.3)
    free.set()
    until(lambda: runner.busy() == 0)
    time.sleep(0.5)
    assert len(desk.seen) == 2


def void(_: object) -> None:
    pass


def test_what_was_checkpointed_does_not_run_again(queue: Queue, runner: Runner, desk: Desk) -> None:
    ran: list[str] = []

    def step() -> dict[str, Any]:
        ran.append("step")
        return {"value": [1, None, 2.5, "ü"]}

    def act(ticket: Ticket, checkpoint: Checkpoint) -> None:
        ran.append(str(checkpoint("step", step)))
        if len(desk.seen) == 1:
            raise Abandoned("as if killed")

    desk.act = act
    queue.add(TICKET)
    until(lambda: desk.seen and runner.busy() == 0)
    assert state(queue) is TicketState.HELD
    runner.recover(["executor-1"])
    until(lambda: state(queue) is TicketState.ENDED)
    assert ran == ["step", *[str({"value": [1, None, 2.5, "ü"]})] * 2]


def test_a_step_that_is_abandoned_is_not_checkpointed(
    queue: Queue, runner: Runner, desk: Desk
) -> None:
    def step() -> dict[str, Any]:
        if len(desk.seen) == 1:
            raise Abandoned("stopped")
        return {}

    desk.act = lambda _ticket, checkpoint: void(checkpoint("step", step))
    queue.add(TICKET)
    until(lambda: desk.seen and runner.busy() == 0)
    assert state(queue) is TicketState.HELD
    runner.recover(["executor-1"])
    until(lambda: state(queue) is TicketState.ENDED)


def test_who_was_thought_dead_cannot_checkpoint(queue: Queue, runner: Runner, desk: Desk) -> None:
    """Its ticket is worked off again meanwhile, in this process for want of a second one."""
    outcomes: list[str] = []
    second = threading.Event()

    def step() -> dict[str, Any]:
        if len(desk.seen) == 1:
            assert second.wait(60)
        return {"by": len(desk.seen)}

    def act(ticket: Ticket, checkpoint: Checkpoint) -> None:
        try:
            outcomes.append(str(checkpoint("step", step)))
        except Abandoned:
            outcomes.append("abandoned")
            raise
        second.set()

    desk.act = act
    queue.add(TICKET)
    until(lambda: len(desk.seen) == 1)
    runner.recover(["executor-1"])
    until(lambda: len(outcomes) == 2)
    assert outcomes == ["{'by': 2}", "abandoned"]
    until(lambda: state(queue) is TicketState.ENDED)


def bequeath(engine: sa.Engine, executor_id: str) -> None:
    """Let it look as if another executor had held the tickets."""
    queues = sa.create_engine(queue_url(engine.url).replace("postgresql:", "postgresql+psycopg:"))
    schema = "dbos." if engine.dialect.name == "postgresql" else ""
    change = sa.text(f"update {schema}workflow_status set executor_id = :id")  # noqa: S608 - ours
    with queues.begin() as connection:
        connection.execute(change, {"id": executor_id})
    queues.dispose()


def test_ten_reapers_at_once_give_a_ticket_back_once(
    engine: sa.Engine, queue: Queue, runner: Runner, desk: Desk
) -> None:
    def act(ticket: Ticket, checkpoint: Checkpoint) -> None:
        if len(desk.seen) == 1:
            raise Abandoned("as if killed")

    desk.act = act
    queue.add(TICKET)
    until(lambda: desk.seen and runner.busy() == 0)
    assert state(queue) is TicketState.HELD
    bequeath(engine, "executor-0")
    reapers = [
        threading.Thread(target=runner.recover, args=(["executor-0", "executor-9"],))
        for _ in range(10)
    ]
    for reaper in reapers:
        reaper.start()
    for reaper in reapers:
        reaper.join()
    until(lambda: state(queue) is TicketState.ENDED)
    time.sleep(0.5)
    assert len(desk.seen) == 2


def test_a_withdrawn_ticket_is_not_worked_off(queue: Queue, engine: sa.Engine, desk: Desk) -> None:
    queue.add(TICKET)
    queue.withdraw([TICKET.id, "vid_0.1.0"])
    assert state(queue) is TicketState.ENDED
    runner = DbosRunner(engine.url)
    runner.start("executor-1", {"prepare": 1}, desk.work)
    time.sleep(0.6)
    runner.stop()
    assert desk.seen == []


def test_ended_tickets_are_forgotten(queue: Queue) -> None:
    for number in range(3):
        queue.add(replace(TICKET, job_id=f"vid_{number}"))
    queue.withdraw(["vid_0.1.0", "vid_1.1.0"])
    assert queue.forget_ended(now() - 60_000, 10) == 0
    assert queue.forget_ended(now() + 1_000, 1) == 1
    assert queue.forget_ended(now() + 1_000, 10) == 1
    queue.forget(["vid_2.1.0"])
    assert queue.states([f"vid_{number}.1.0" for number in range(3)]) == {}


def test_nothing_is_left_of_a_forgotten_ticket(
    queue: Queue, runner: Runner, desk: Desk, engine: sa.Engine
) -> None:
    desk.act = lambda _ticket, checkpoint: void(checkpoint("step", lambda: {"name": "Ada"}))
    queue.add(TICKET)
    until(lambda: state(queue) is TicketState.ENDED)
    queue.forget([TICKET.id])
    schema = "dbos" if engine.dialect.name == "postgresql" else None
    other = engine if schema else connect(queue_url(engine.url))
    with other.connect() as connection:
        for table in ("workflow_status", "operation_outputs"):
            count = sa.select(sa.func.count()).select_from(sa.table(table, schema=schema))
            assert connection.execute(count).scalar() == 0
    other.dispose()


def test_a_runner_can_stop_and_another_one_start(engine: sa.Engine, queue: Queue) -> None:
    for name in ("first", "second"):
        desk, runner = Desk(), DbosRunner(engine.url)
        runner.start(name, {"prepare": 1}, desk.work)
        queue.add(replace(TICKET, job_id=name))
        until(lambda desk=desk: desk.seen)
        until(lambda runner=runner: not runner.busy())
        runner.stop()
    assert [thread.name for thread in threading.enumerate() if "dbos" in thread.name] == []


def test_its_tables_are_beside_ours(engine: sa.Engine) -> None:
    prepare(engine.url)
    ours = set(sa.inspect(engine).get_table_names())
    assert "workflow_status" not in ours
    if engine.dialect.name == "postgresql":
        theirs = sa.inspect(engine).get_table_names(schema="dbos")
    else:
        other = connect(queue_url(engine.url))
        theirs = sa.inspect(other).get_table_names()
        with other.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        other.dispose()
    assert "workflow_status" in theirs


def test_a_queue_that_cannot_be_reached_says_so_soon() -> None:
    queue = DbosQueue(sa.make_url("postgresql://nobody@127.0.0.1:1/nothing"))
    began = time.monotonic()
    for call in (
        lambda: queue.add(TICKET),
        lambda: queue.withdraw(["a"]),
        lambda: queue.states(["a"]),
        lambda: queue.forget(["a"]),
        lambda: queue.forget_ended(1, 1),
        lambda: prepare(sa.make_url("postgresql://nobody@127.0.0.1:1/nothing")),
    ):
        with pytest.raises(Unavailable):
            call()
    assert time.monotonic() - began < 10
    queue.close()


def test_the_version_that_tickets_carry_stays_over_releases() -> None:
    """Another one would strand every job that waits while a new release is rolled out."""
    assert APPLICATION_VERSION == "talkies-jobs-1"


def test_an_outage_is_one_line_in_the_log_not_a_traceback_a_second(
    caplog: pytest.LogCaptureFixture,
) -> None:
    DbosQueue(sa.make_url("sqlite:///never-opened")).close()
    logger = logging.getLogger("dbos")
    logger.propagate = True
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            logger.error("Queue thread:\nsecond line %s", "x", exc_info=ValueError("no connection"))
    assert [record.message for record in caplog.records] == ["Queue thread:"]
    assert "Traceback" not in caplog.text


class TestWhatWeUseThatIsNotPublic:
    """Fails where an update of DBOS takes away or changes what `dbos_queue` relies on."""

    def test_the_release_is_one_that_was_tried(self) -> None:
        from importlib.metadata import version

        assert version("dbos").startswith("3.4.")

    def test_pending_workflows_can_be_recovered(self) -> None:
        recover = inspect.signature(dbos.DBOS._recover_pending_workflows)
        assert list(recover.parameters) == ["executor_ids"]

    def test_queues_of_one_process_exist(self) -> None:
        register = inspect.signature(_dbos.DBOSRegistry._register_internal_queue)
        assert list(register.parameters) == ["self", "name", "limits"]

    def test_a_queues_slots_can_be_opened_and_closed(self, engine: sa.Engine, desk: Desk) -> None:
        runner = DbosRunner(engine.url, poll_seconds=0.02)
        runner.start("executor-1", {"prepare": 2}, desk.work)
        try:
            queue = _dbos._get_dbos_instance()._registry.internal_queue_map["prepare"]
            assert queue._worker_concurrency == 0
            assert "_worker_concurrency" in inspect.getsource(_queue.queue_worker_thread)
        finally:
            runner.stop()

    def test_a_queue_without_slots_is_passed_over(
        self, engine: sa.Engine, queue: Queue, desk: Desk
    ) -> None:
        """Neither is it looked into, nor is what waits there taken."""
        runner = DbosRunner(engine.url, poll_seconds=0.02)
        runner.start("executor-1", {"prepare": 2}, desk.work)
        try:
            runner.stop_claiming()
            time.sleep(0.3)
            asked: list[object] = []
            theirs = _dbos._get_dbos_instance()._sys_db.engine
            sa.event.listen(theirs, "before_cursor_execute", lambda *told: asked.append(told[3]))
            queue.add(TICKET)
            time.sleep(0.5)
            assert [told for told in asked if "prepare" in str(told)] == []
            assert state(queue) is TicketState.WAITING
        finally:
            runner.stop()

    def test_active_workflows_can_be_counted(self, runner: DbosRunner) -> None:
        instance = _dbos._get_dbos_instance()
        assert instance._active_workflows_set.activeList() == []
