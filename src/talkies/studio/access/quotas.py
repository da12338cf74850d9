"""Quotas: how many unfinished jobs one key, and one of its users, may have at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, select, text

from talkies.db.engine import reading
from talkies.db.tables import api_keys, jobs
from talkies.errors import QueueFull
from talkies.jobs.records import UNFINISHED, Job
from talkies.studio.access.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuotas:
    """Unfinished jobs, where a key has no quota of its own; 0 is no limit."""

    per_key: int
    per_user: int


@dataclass(frozen=True, slots=True)
class _Quota:
    """One quota that applies."""

    #: `key` or `user`.
    policy: str
    limit: int
    #: The jobs that it counts.
    mine: ColumnElement[bool]
    #: Names the one it counts.
    name: str


class Quotas:
    """Refuses jobs over a quota: early and cheaply, and again where the job is accepted.

    The early look may let a few through that come at the same moment; `observe` counts within
    the transaction that accepts a job, one key after another, and lets none.
    """

    def __init__(self, engine: Engine, defaults: JobQuotas) -> None:
        self._engine = engine
        self._defaults = defaults

    def require_room(self, principal: Principal, user_id: str | None = None) -> None:
        """Raise `QueueFull` where one more job would be over a quota."""
        with reading(self._engine) as connection:
            for quota in self._quotas(principal.key_id, user_id, principal.max_unfinished_jobs):
                _require(quota, _count(connection, quota) + 1)

    def observe(self, connection: Connection, job: Job, event: str) -> None:
        """Raise `QueueFull` within the transaction that queued this job over a quota."""
        if event != "job.queued":
            return
        own = None
        if job.key_id is not None:
            query = select(api_keys.c.max_unfinished_jobs).where(api_keys.c.id == job.key_id)
            own = connection.execute(query).scalar()
        for quota in self._quotas(job.key_id, job.user_id, own):
            _one_at_a_time(connection, quota)
            _require(quota, _count(connection, quota))

    def _quotas(self, key_id: str | None, user_id: str | None, own: int | None) -> Iterator[_Quota]:
        per_key = self._defaults.per_key if own is None else own
        if key_id is not None and per_key:
            yield _Quota("key", per_key, jobs.c.key_id == key_id, key_id)
        if user_id is not None and self._defaults.per_user:
            mine = and_(jobs.c.user_id == user_id, jobs.c.key_id.is_not_distinct_from(key_id))
            yield _Quota("user", self._defaults.per_user, mine, f"{key_id}/{user_id}")


def _count(connection: Connection, quota: _Quota) -> int:
    query = select(func.count()).where(quota.mine, jobs.c.status.in_(UNFINISHED))
    return connection.execute(query.select_from(jobs)).scalar_one()


def _require(quota: _Quota, wanted: int) -> None:
    if wanted > quota.limit:
        raise QueueFull(
            f"This {quota.policy} has {wanted - 1} unfinished jobs; it may have {quota.limit}.",
            details={
                "policy": quota.policy,
                "limit": quota.limit,
                "unfinished": wanted - 1,
                "retry_after_seconds": 10,
            },
        )


def _one_at_a_time(connection: Connection, quota: _Quota) -> None:
    """Let nobody else count the same until this transaction ends.

    On SQLite a transaction that writes is alone already. Postgres' own lock by number is held
    to the transaction's end (documentation, 13.3.5); numbers may meet, which only makes wait.
    """
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
        connection.execute(lock, {"name": f"quota/{quota.policy}/{quota.name}"})
