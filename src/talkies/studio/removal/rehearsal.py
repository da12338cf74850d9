"""The rehearsal of a sweep: what it would remove, as far as the database alone can tell."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from talkies.db.character_tables import characters, timelines
from talkies.db.engine import reading
from talkies.db.tables import assets, job_outputs, jobs
from talkies.studio.removal.expiry import useless_rows
from talkies.studio.removal.past import (
    expired_assets,
    expired_characters,
    expired_jobs,
    expired_timelines,
)


def due(engine: sa.Engine, hours: float | None, moment: int) -> dict[str, int]:
    """How many of each would go at this moment (UTC milliseconds); `bytes` of results.

    Inputs that only expired jobs and assets use go with them, and are not counted here.
    """
    with reading(engine) as connection:
        return {name: connection.execute(query).scalar_one() for name, query in _due(hours, moment)}


def _due(hours: float | None, moment: int) -> Iterator[tuple[str, sa.Select[Any]]]:
    for name, (table, useless) in useless_rows(moment).items():
        yield name, sa.select(sa.func.count()).select_from(table).where(useless)
    going: sa.ColumnElement[bool] = jobs.c.swept_at.is_not(None)
    if hours is not None:
        expired = expired_jobs(hours, moment)
        yield "jobs", sa.select(sa.func.count()).select_from(jobs).where(expired)
        old = expired_assets(hours, moment)
        yield "assets", sa.select(sa.func.count()).select_from(assets).where(old)
        unedited = expired_timelines(hours, moment)
        yield "timelines", sa.select(sa.func.count()).select_from(timelines).where(unedited)
        unused = expired_characters(hours, moment)
        yield "characters", sa.select(sa.func.count()).select_from(characters).where(unused)
        going = sa.or_(going, expired)
    there = sa.and_(going, job_outputs.c.removed_at.is_(None))
    both = job_outputs.join(jobs, jobs.c.id == job_outputs.c.job_id)
    yield "outputs", sa.select(sa.func.count()).select_from(both).where(there)
    size = sa.cast(sa.func.coalesce(sa.func.sum(job_outputs.c.bytes), 0), sa.BigInteger)
    yield "bytes", sa.select(size).select_from(both).where(there)
