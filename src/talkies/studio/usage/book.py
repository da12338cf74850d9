"""The book of usage: one line for every run that ended, and sums over them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, case, func, insert, select

from talkies.db.engine import reading
from talkies.db.tables import job_outputs, usage
from talkies.errors import UnknownEngine
from talkies.jobs.records import Job, Status
from talkies.kit.clock import DAY, Clock, now
from talkies.studio.progress import Stage
from talkies.studio.usage.prices import Prices

#: Runs from which times are taken: more tell little more, and cost memory.
SAMPLE: Final = 10_000


class By(StrEnum):
    """What the lines of a report stand for."""

    DAY = "day"
    KEY = "key"
    USER = "user"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageQuery:
    """Which runs a report sums; moments are UTC milliseconds, `until` is not part of it."""

    since: int
    until: int
    by: By = By.DAY
    key_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """Sums over the runs of one day, key, user or engine."""

    #: UTC milliseconds of the day's beginning as text, or the id of the key, user or engine.
    name: str | None
    runs: int
    succeeded: int
    failed: int
    canceled: int
    media_seconds: float
    work_seconds: float
    gpu_seconds: float
    stored_bytes: int
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """Lines in the order of their names, and their sum."""

    lines: tuple[UsageLine, ...]
    total: UsageLine
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds of work that a run took, by percentile (nearest rank); None where there is none."""

    runs: int
    p50: float | None
    p95: float | None
    p99: float | None


class UsageBook:
    """Writes down what each run used, and sums it up."""

    def __init__(
        self,
        engine: Engine,
        prices: Prices,
        *,
        uses_gpu: Callable[[str], bool],
        clock: Clock = now,
    ) -> None:
        """`uses_gpu` says of an engine's id whether its renders are paid by GPU time.

        It may raise `UnknownEngine`.
        """
        self._engine = engine
        self._prices = prices
        self._uses_gpu = uses_gpu
        self._clock = clock

    @property
    def currency(self) -> str:
        return self._prices.currency

    def observe(self, connection: Connection, job: Job, _event: str) -> None:
        """Write the line of a run, within the transaction that ends it."""
        if not job.done or self._written(connection, job):
            return
        stored = _stored_bytes(connection, job)
        gpu_seconds = self._gpu_seconds(job)
        connection.execute(
            insert(usage).values(
                job_id=job.id,
                run=job.run,
                kind=job.kind,
                key_id=job.key_id,
                user_id=job.user_id,
                engine=job.engine,
                preset=_preset(job),
                status=job.status.value,
                error_code=(job.error or {}).get("code"),
                media_seconds=_number(job, "media_seconds"),
                work_seconds=_work_seconds(job),
                gpu_seconds=gpu_seconds,
                stored_bytes=stored,
                cost=self._prices.cost(gpu_seconds, stored),
                at=self._clock(),
            )
        )

    def report(self, query: UsageQuery) -> UsageReport:
        """Sums over the runs that ended in a time."""
        name, where = _NAMES[query.by], _where(query)
        with reading(self._engine) as connection:
            rows = connection.execute(
                _sums(name).where(where).group_by(name).order_by(name)
            ).mappings()
            lines = tuple(_line(row) for row in rows)
            total = connection.execute(_sums(None).where(where)).mappings().one()
        return UsageReport(lines=lines, total=_line(total), currency=self.currency)

    def cost_today(self) -> float:
        """What the runs of this day (UTC) cost, in the prices' currency."""
        today = self._clock() - self._clock() % DAY
        with reading(self._engine) as connection:
            query = select(func.coalesce(func.sum(usage.c.cost), 0.0)).where(usage.c.at >= today)
            return float(connection.execute(query).scalar_one())

    def times(self, *, since: int, kind: str = "video") -> Times:
        """How long the latest runs that succeeded since a moment have worked."""
        query = (
            select(usage.c.work_seconds)
            .where(usage.c.at >= since, usage.c.kind == kind)
            .where(usage.c.status == Status.SUCCEEDED.value)
            .order_by(usage.c.at.desc())
            .limit(SAMPLE)
        )
        with reading(self._engine) as connection:
            seconds = sorted(connection.execute(query).scalars())
        p50, p95, p99 = (_percentile(seconds, share) for share in (0.5, 0.95, 0.99))
        return Times(runs=len(seconds), p50=p50, p95=p95, p99=p99)

    def _written(self, connection: Connection, job: Job) -> bool:
        query = select(usage.c.run).where(usage.c.job_id == job.id, usage.c.run == job.run)
        return connection.execute(query).first() is not None

    def _gpu_seconds(self, job: Job) -> float:
        seconds = _number(job, f"{Stage.RENDER}_seconds")
        if job.engine is None or not seconds:
            return 0.0
        try:
            return seconds if self._uses_gpu(job.engine) else 0.0
        except UnknownEngine:
            # Removed since, or not installed where the job was ended: no reason not to end it.
            return 0.0


def _number(job: Job, name: str) -> float:
    value = job.metrics.get(name, 0.0)
    return max(0.0, float(value)) if isinstance(value, int | float) else 0.0


def _preset(job: Job) -> str | None:
    named = job.request.get("options", {}).get("preset")
    return str(named)[:60] if named else None


def _work_seconds(job: Job) -> float:
    """What was measured, or else the time from the run's start to its end."""
    measured = _number(job, "work_seconds")
    if measured or job.started_at is None or job.finished_at is None:
        return measured
    return max(0.0, (job.finished_at - job.started_at) / 1000)


def _stored_bytes(connection: Connection, job: Job) -> int:
    query = select(func.coalesce(func.sum(job_outputs.c.bytes), 0))
    return int(connection.execute(query.where(job_outputs.c.job_id == job.id)).scalar_one())


def _where(query: UsageQuery) -> ColumnElement[bool]:
    parts = [usage.c.at >= query.since, usage.c.at < query.until]
    if query.key_id is not None:
        parts.append(usage.c.key_id == query.key_id)
    if query.user_id is not None:
        parts.append(usage.c.user_id == query.user_id)
    return and_(*parts)


def _sums(name: ColumnElement[Any] | None) -> Select[Any]:
    row = usage.c
    named = () if name is None else (name.label("name"),)
    counts = (
        func.coalesce(func.sum(case((row.status == status.value, 1), else_=0)), 0).label(label)
        for status, label in _COUNTED
    )
    sums = (func.coalesce(func.sum(row[column]), 0).label(column) for column in _SUMMED)
    return select(*named, func.count().label("runs"), *counts, *sums).select_from(usage)


_NAMES: Final[Mapping[By, ColumnElement[Any]]] = {
    By.DAY: usage.c.at - usage.c.at % DAY,
    By.KEY: usage.c.key_id,
    By.USER: usage.c.user_id,
    By.ENGINE: usage.c.engine,
}
_COUNTED = tuple((status, status.value) for status in Status if status.done)
_SUMMED = ("media_seconds", "work_seconds", "gpu_seconds", "stored_bytes", "cost")


def _line(row: Any) -> UsageLine:
    name = row.get("name")
    return UsageLine(
        name=None if name is None else str(name),
        runs=row["runs"],
        succeeded=int(row["succeeded"]),
        failed=int(row["failed"]),
        canceled=int(row["canceled"]),
        media_seconds=float(row["media_seconds"]),
        work_seconds=float(row["work_seconds"]),
        gpu_seconds=float(row["gpu_seconds"]),
        stored_bytes=int(row["stored_bytes"]),
        cost=float(row["cost"]),
    )


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None
