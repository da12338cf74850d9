"""Doors before the queues, on DBOS's real tables."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from job_room import until

from talkies.db.engine import connect
from talkies.errors import Unavailable
from talkies.jobs.dbos_queue import SCHEMA, DbosQueue, queue_url
from talkies.jobs.doors import Doors
from talkies.jobs.queue import Queue, Ticket

TICKET = Ticket(job_id="vid_1", run=1, phase=0, queue="prepare", rank=5)
SLOTS = {"prepare": 2, "audio": 1, "render.portrait": 3}
CLOSED = dict.fromkeys(SLOTS, 0)


@pytest.fixture
def queue(engine: sa.Engine) -> Iterator[Queue]:
    queue = DbosQueue(engine.url)
    yield queue
    queue.close()


@pytest.fixture
def slots() -> dict[str, int]:
    """What each queue has."""
    return dict(CLOSED)


@pytest.fixture
def doors(engine: sa.Engine, slots: dict[str, int]) -> Iterator[Doors]:
    doors = doors_of(engine, slots)
    yield doors
    doors.end()


def doors_of(engine: sa.Engine, slots: dict[str, int], schema: str | None = None) -> Doors:
    known = None if engine.dialect.name == "sqlite" else SCHEMA
    return Doors(
        connect(queue_url(engine.url)),
        schema or known,
        SLOTS,
        slots.__setitem__,
        look_seconds=0.02,
    )


def test_only_queues_where_tickets_wait_are_open(
    doors: Doors, queue: Queue, slots: dict[str, int]
) -> None:
    doors.look()
    assert slots == CLOSED
    queue.add(TICKET)
    queue.add(replace(TICKET, job_id="vid_2"))
    queue.add(replace(TICKET, job_id="vid_3", queue="render.portrait"))
    queue.add(replace(TICKET, job_id="vid_4", queue="render.another"))
    doors.look()
    assert slots == CLOSED | {"prepare": 2, "render.portrait": 3}
    queue.withdraw(["vid_1.1.0", "vid_3.1.0"])
    doors.look()
    assert slots == CLOSED | {"prepare": 2}
    queue.withdraw(["vid_2.1.0"])
    doors.look()
    assert slots == CLOSED


def test_what_was_shut_is_never_opened_again(
    doors: Doors, queue: Queue, slots: dict[str, int]
) -> None:
    queue.add(TICKET)
    doors.look()
    assert slots["prepare"] == SLOTS["prepare"]
    doors.shut()
    assert slots == CLOSED
    doors.look()
    assert slots == CLOSED


def test_they_look_by_themselves_until_the_end(
    doors: Doors, queue: Queue, slots: dict[str, int]
) -> None:
    doors.start()
    queue.add(TICKET)
    until(lambda: slots["prepare"] == SLOTS["prepare"])
    queue.withdraw([TICKET.id])
    until(lambda: slots == CLOSED)
    doors.end()
    queue.add(replace(TICKET, job_id="vid_2"))
    assert slots == CLOSED


def test_a_look_steps_down_the_index_of_what_has_not_ended(
    sqlite_engine: sa.Engine, slots: dict[str, int]
) -> None:
    """Or it would read all tickets that are kept, ten times a second."""
    engine = connect(queue_url(sqlite_engine.url))
    doors = Doors(engine, None, SLOTS, slots.__setitem__, look_seconds=1)
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    doors.look()
    with engine.connect() as connection:
        (looked,) = [one for one in asked if one.startswith("SELECT")]
        plan = connection.exec_driver_sql(f"explain query plan {looked}").all()
    doors.end()
    steps = [row[3] for row in plan if "workflow_status" in row[3]]
    assert len(steps) == len(SLOTS)
    assert all("idx_workflow_status_in_flight" in step for step in steps), steps


def test_an_outage_is_waited_for(slots: dict[str, int], caplog: pytest.LogCaptureFixture) -> None:
    nowhere = connect("postgresql://nobody@127.0.0.1:1/nothing")
    doors = Doors(nowhere, SCHEMA, SLOTS, slots.__setitem__, look_seconds=0.01)
    with pytest.raises(Unavailable):
        doors.look()
    with caplog.at_level(logging.DEBUG, "talkies.jobs.doors"):
        doors.start()
        until(lambda: len(caplog.records) > 1)
    doors.end()
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}
    assert slots == CLOSED


def test_all_are_open_where_the_tickets_cannot_be_found(
    engine: sa.Engine, slots: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    """As after an upgrade of DBOS that names its table otherwise: jobs begin all the same."""
    doors = doors_of(engine, slots, schema="nowhere")
    doors.start()
    until(lambda: slots == SLOTS)
    until(lambda: "DBOS looks into each queue" in caplog.text)
    doors.shut()
    doors.end()
    assert slots == CLOSED
