"""The numbers of the whole installation, read from the database when somebody looks."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, Select, case, func, select

from talkies.db.clock import database_now
from talkies.db.engine import reading
from talkies.db.tables import jobs, usage, webhook_attempts, webhook_deliveries, workers
from talkies.errors import TalkiesError
from talkies.jobs.jobs import STALLED_AFTER
from talkies.jobs.records import QueueDepth
from talkies.kit.clock import DAY, Clock, now
from talkies.pods.member import PodState
from talkies.studio.progress import Stage
from talkies.telemetry.fleet import FinishedJob, FleetState, PodLoad, QueueLoad

#: Milliseconds for which what was read is looked at again: a row may be committed a while after
#: the moment it carries, and the clocks of machines differ.
OVERLAP: Final = 300_000

#: Milliseconds after which a silent worker counts as lost: the default lease of its jobs.
LOST_AFTER: Final = STALLED_AFTER


class Tail:
    """Gives each row once, though rows may appear late and out of order."""

    def __init__(self, started_at: int) -> None:
        self._started_at = started_at
        self._newest = started_at
        self._seen: dict[Hashable, int] = {}

    @property
    def since(self) -> int:
        """Rows from this moment on are to be read."""
        return max(self._started_at, self._newest - OVERLAP)

    def fresh(self, key: Hashable, at: int) -> bool:
        """Whether this row has not been given yet; from now on it has."""
        if key in self._seen:
            return False
        self._seen[key] = at
        self._newest = max(self._newest, at)
        return True

    def forget(self) -> None:
        """Drop what will not be read again."""
        since = self.since
        self._seen = {key: at for key, at in self._seen.items() if at >= since}


class FleetNumbers:
    """Implements `telemetry.fleet.Fleet`; one caller at a time."""

    def __init__(
        self,
        engine: Engine,
        *,
        depths: Callable[[], Sequence[QueueDepth]],
        storage_up: Callable[[], bool],
        pods: Callable[[], Sequence[PodState]] = tuple,
        clock: Clock = now,
    ) -> None:
        self._engine = engine
        self._depths = depths
        self._storage_up = storage_up
        self._pods = pods
        self._clock = clock
        self._runs = Tail(clock())
        self._tries = Tail(clock())

    def state(self) -> FleetState:
        """The installation as it is now."""
        try:
            return self._read()
        except TalkiesError:
            return FleetState(database_up=False, storage_up=self._storage_up())

    def finished(self) -> Sequence[FinishedJob]:
        """Runs that ended since the last call; none while the database is away."""
        query = (
            select(usage, jobs.c.metrics)
            .join_from(usage, jobs, usage.c.job_id == jobs.c.id, isouter=True)
            .where(usage.c.at >= self._runs.since)
            .order_by(usage.c.at)
        )
        rows = self._rows(query)
        fresh = [_finished(row) for row in rows if self._runs.fresh(_run_of(row), row["at"])]
        self._runs.forget()
        return fresh

    def tries(self) -> Mapping[str, int]:
        """Tries of deliveries since the last call, by outcome."""
        attempt = webhook_attempts.c
        query = select(attempt.id, attempt.at, attempt.http_status).where(
            attempt.at >= self._tries.since
        )
        rows = [row for row in self._rows(query) if self._tries.fresh(row["id"], row["at"])]
        self._tries.forget()
        return Counter(_outcome(row["http_status"]) for row in rows)

    def _rows(self, query: Select[Any]) -> Iterable[RowMapping]:
        try:
            with reading(self._engine) as connection:
                return connection.execute(query).mappings().all()
        except TalkiesError:
            return ()

    def _read(self) -> FleetState:
        moment = self._clock()
        depths, pods = self._depths(), self._pods()
        with reading(self._engine) as connection:
            return FleetState(
                queues=tuple(_load(depth, moment) for depth in depths),
                workers=_workers(connection),
                cost_today=_cost_since(connection, moment - moment % DAY),
                storage_up=self._storage_up(),
                deliveries_pending=_pending(connection),
                pods=tuple(map(_pod, pods)),
            )


def _pod(state: PodState) -> PodLoad:
    return PodLoad(
        name=state.name,
        state=state.state,
        videos=state.running,
        price_per_hour=state.price_per_hour,
    )


def _load(depth: QueueDepth, moment: int) -> QueueLoad:
    waited = 0 if depth.oldest_at is None else max(0, moment - depth.oldest_at)
    return QueueLoad(
        name=depth.queue,
        waiting=depth.waiting,
        running=depth.running,
        oldest_seconds=waited / 1000,
    )


def _workers(connection: Connection) -> Mapping[str, int]:
    state = case(
        (workers.c.seen_at < database_now() - LOST_AFTER, "lost"),
        (workers.c.draining, "draining"),
        else_="ready",
    ).label("state")
    rows = connection.execute(select(state, func.count()).group_by(state))
    return {name: count for name, count in rows}  # noqa: C416 - rows are no pairs for `dict`


def _cost_since(connection: Connection, moment: int) -> float:
    total = select(func.coalesce(func.sum(usage.c.cost), 0.0)).where(usage.c.at >= moment)
    return float(connection.execute(total).scalar_one())


def _pending(connection: Connection) -> int:
    waiting = webhook_deliveries.c.status == "pending"
    count = select(func.count()).select_from(webhook_deliveries).where(waiting)
    return int(connection.execute(count).scalar_one())


def _run_of(row: RowMapping) -> Hashable:
    return (row["job_id"], row["run"])


def _finished(row: RowMapping) -> FinishedJob:
    return FinishedJob(
        kind=row["kind"],
        engine=row["engine"],
        status=row["status"],
        error_code=row["error_code"],
        seconds=row["work_seconds"],
        stages=_stages(row["metrics"] or {}),
        media_seconds=row["media_seconds"],
        gpu_seconds=row["gpu_seconds"],
        cost=row["cost"],
    )


def _stages(metrics: Mapping[str, Any]) -> Mapping[str, float]:
    """Seconds by stage: as the job kept them of its steps, else as a step measured itself."""
    steps = metrics.get("seconds", {})
    found = (
        (stage.value, steps.get(stage.value, metrics.get(f"{stage.value}_seconds")))
        for stage in Stage
    )
    return {name: float(value) for name, value in found if isinstance(value, int | float)}


def _outcome(http_status: int | None) -> str:
    return "delivered" if http_status is not None and http_status // 100 == 2 else "failed"  # noqa: PLR2004
