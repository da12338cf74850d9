"""Rows that are of no use after a time: which, and when."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from talkies.db.engine import writing
from talkies.db.tables import idempotency, job_events, jobs, sessions, webhook_deliveries
from talkies.jobs.records import UNFINISHED
from talkies.kit.clock import DAY
from talkies.studio.access.idempotency import REMEMBERED

#: A week of a finished job's events, for readers that resume.
EVENT_DAYS: Final = 7
#: A month of the delivery log.
DELIVERY_DAYS: Final = 30

#: Rows of one transaction: on SQLite nobody else writes meanwhile.
BATCH: Final = 1_000


def useless_rows(moment: int) -> Mapping[str, tuple[sa.Table, sa.ColumnElement[bool]]]:
    """What can go at this moment (UTC milliseconds), by the name under which it is counted."""
    unfinished = sa.select(jobs.c.id).where(jobs.c.status.in_(UNFINISHED))
    return {
        "idempotency": (idempotency, idempotency.c.created_at < moment - REMEMBERED),
        "deliveries": (
            webhook_deliveries,
            sa.and_(
                webhook_deliveries.c.created_at < moment - DELIVERY_DAYS * DAY,
                webhook_deliveries.c.status != "pending",
            ),
        ),
        "sessions": (sessions, sessions.c.expires_at < moment),
        "events": (
            job_events,
            sa.and_(
                job_events.c.at < moment - EVENT_DAYS * DAY, job_events.c.job_id.not_in(unfinished)
            ),
        ),
    }


def remove_useless(engine: sa.Engine, moment: int) -> dict[str, int]:
    """Remove such rows, some at a time; says how many."""
    return {
        name: _removed(engine, table, useless)
        for name, (table, useless) in useless_rows(moment).items()
    }


def _removed(engine: sa.Engine, table: sa.Table, useless: sa.ColumnElement[bool]) -> int:
    key = sa.tuple_(*table.primary_key.columns)
    some = sa.select(*table.primary_key.columns).where(useless).limit(BATCH)
    total = 0
    while True:
        with writing(engine) as connection:
            count = connection.execute(sa.delete(table).where(key.in_(some))).rowcount
        total += count
        if count < BATCH:
            return total
