"""Whose job is next: a fair order among the owners of one kind of work, by start-time tags.

Start-time fair queueing (Goyal, Vin and Cheng, 1996) with jobs of equal weight: every job gets a
tag, one after its owner's last one, but never behind what is being started now. The lowest tag
starts first, so an owner who floods the queue waits behind his own jobs, not before others'.
"""

from typing import Any, Final

import sqlalchemy as sa

from talkies.db.tables import jobs
from talkies.jobs.records import UNFINISHED, NewJob, Status

#: Tags of one priority; the next priority begins here. The queue's ranks end at 2**31 - 1.
CLASS_SIZE: Final = 500_000_000


def rank(priority: int, fair_tag: int) -> int:
    """Place in a queue, from 1: priority first, then the fair order."""
    return priority * CLASS_SIZE + min(fair_tag, CLASS_SIZE - 2) + 1


def place(connection: sa.Connection, new: NewJob) -> int:
    """The fair tag of a job that is accepted now."""
    lane = (
        jobs.c.kind == new.kind,
        jobs.c.engine.is_(None) if new.engine is None else jobs.c.engine == new.engine,
        jobs.c.priority == int(new.priority),
    )
    return max(_starting_now(connection, lane), _last_of_owner(connection, new, lane)) + 1


def _starting_now(connection: sa.Connection, lane: tuple[sa.ColumnElement[bool], ...]) -> int:
    """The lowest tag that waits, else the highest that runs, else 0."""
    waiting = sa.select(sa.func.min(jobs.c.fair_tag)).where(jobs.c.waiting.is_(True), *lane)
    running = sa.select(sa.func.max(jobs.c.fair_tag)).where(
        jobs.c.status == Status.RUNNING.value, *lane
    )
    found = connection.execute(waiting).scalar()
    if found is None:
        found = connection.execute(running).scalar()
    return int(found or 0)


def _last_of_owner(
    connection: sa.Connection, new: NewJob, lane: tuple[sa.ColumnElement[bool], ...]
) -> int:
    owner = (_same(jobs.c.key_id, new.key_id), _same(jobs.c.user_id, new.user_id))
    tags = [
        connection.execute(
            sa.select(sa.func.max(jobs.c.fair_tag)).where(jobs.c.status == status, *owner, *lane)
        ).scalar()
        for status in UNFINISHED
    ]
    return max(int(tag or 0) for tag in tags)


def _same(column: sa.Column[Any], value: str | None) -> sa.ColumnElement[bool]:
    return column.is_(None) if value is None else column == value
