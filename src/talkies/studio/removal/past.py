"""What is past its time: conditions that a sweep and its rehearsal share."""

import sqlalchemy as sa

from talkies.db.character_tables import characters, timelines
from talkies.db.tables import assets, job_inputs, jobs
from talkies.jobs.records import UNFINISHED
from talkies.kit.clock import HOUR


def expiry(hours: float) -> sa.ColumnElement[int]:
    """When the files of a job may go, in UTC milliseconds."""
    return sa.func.coalesce(jobs.c.expires_at, jobs.c.finished_at + round(hours * HOUR))


def expired_jobs(hours: float, moment: int) -> sa.ColumnElement[bool]:
    """Jobs that ended so long ago, and are not swept yet."""
    ended = sa.and_(jobs.c.status.not_in(UNFINISHED), jobs.c.swept_at.is_(None))
    return sa.and_(ended, expiry(hours) <= moment)


def expired_assets(hours: float, moment: int) -> sa.ColumnElement[bool]:
    """Assets that were handed in so long ago, and that no unfinished job uses."""
    used = (
        sa.exists()
        .where(job_inputs.c.sha256 == assets.c.sha256, jobs.c.id == job_inputs.c.job_id)
        .where(jobs.c.status.in_(UNFINISHED))
    )
    before = moment - round(hours * HOUR)
    return sa.and_(assets.c.sha256.is_not(None), assets.c.created_at < before, ~used)


def expired_timelines(hours: float, moment: int) -> sa.ColumnElement[bool]:
    """Timelines that nobody has changed for so long."""
    return timelines.c.updated_at < moment - round(hours * HOUR)


def expired_characters(hours: float, moment: int) -> sa.ColumnElement[bool]:
    """Characters that were made so long ago, and that no timeline and no kept job is of.

    One that could not be made goes with the files of its job.
    """
    used = sa.exists().where(job_inputs.c.sha256 == characters.c.sha256)
    directed = sa.exists().where(timelines.c.character_id == characters.c.id)
    ended = sa.exists().where(jobs.c.id == characters.c.job_id, jobs.c.status.not_in(UNFINISHED))
    old = characters.c.created_at < moment - round(hours * HOUR)
    return sa.and_(old, ended, ~used, ~directed)
