"""Engines as a caller chooses among them: able, ready, served by whom, how busy and how fast."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, case, func, select

from talkies.db.engine import reading
from talkies.db.tables import jobs, usage
from talkies.engines.base import Capabilities, Readiness
from talkies.engines.registry import ListedEngine
from talkies.errors import NotFound
from talkies.jobs.records import UNFINISHED, Status, WorkerRecord
from talkies.kit.clock import DAY, Clock, now
from talkies.studio.engines import EngineCatalog

#: Milliseconds of history from which speed is learned: a month knows this machine as it is.
HISTORY: Final = 30 * DAY


#: Why an engine is not ready where COMMERCIAL_ONLY is set.
NOT_ALLOWED: Final = "Its licence does not allow commercial use, and this installation asks for it."


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """One engine as it is now."""

    id: str
    #: None where the plug-in could not even be loaded.
    capabilities: Capabilities | None
    ready: bool
    #: Why it is not ready; empty where it is.
    reason: str
    #: The command that makes it ready on a machine; empty where it is, or nobody knows.
    mend: str
    #: Jobs of this engine that wait, and that run.
    waiting: int
    running: int
    #: Workers that take its jobs.
    workers: int
    #: Seconds of work for each second of video: of this installation's finished jobs, or else
    #: the engine's own claim; None where neither is known.
    seconds_per_video_second: float | None
    #: How many finished jobs that rests on.
    samples: int


@dataclass(frozen=True, slots=True)
class _Speed:
    ratio: float
    samples: int


class EngineStates:
    """Brings together what the installation knows of its engines."""

    def __init__(
        self,
        engine: Engine,
        catalog: EngineCatalog,
        workers: Callable[[], Sequence[WorkerRecord]],
        clock: Clock = now,
        *,
        commercial_only: bool = False,
    ) -> None:
        """`commercial_only` lets no engine be ready whose licence forbids commercial use."""
        self._engine = engine
        self._catalog = catalog
        self._workers = workers
        self._clock = clock
        self._commercial_only = commercial_only

    def list(self) -> tuple[EngineState, ...]:
        """All engines, by id."""
        with reading(self._engine) as connection:
            loads = _loads(connection)
            speeds = _speeds(connection, self._clock() - HISTORY)
        workers = self._workers()
        return tuple(
            _state(
                engine.id,
                engine.capabilities,
                self._readiness(engine),
                load=loads.get(engine.id, (0, 0)),
                workers=sum(
                    engine.id in worker.engines and not worker.draining for worker in workers
                ),
                speed=speeds.get(engine.id),
            )
            for engine in self._catalog.list()
        )

    def _readiness(self, engine: ListedEngine) -> Readiness:
        able = engine.capabilities
        if self._commercial_only and able is not None and not able.commercial_use:
            return Readiness(reason=NOT_ALLOWED)
        return engine.readiness

    def get(self, engine_id: str) -> EngineState:
        """One engine. Raises `NotFound`."""
        states = self.list()
        found = next((state for state in states if state.id == engine_id), None)
        if found is None:
            raise NotFound(
                f"There is no engine named '{engine_id[:60]}'.",
                hint="`GET /v1/engines` lists the engines.",
                details={"engines": [state.id for state in states]},
            )
        return found


def _state(
    id_: str,
    capabilities: Capabilities | None,
    readiness: Readiness,
    *,
    load: tuple[int, int],
    workers: int,
    speed: _Speed | None,
) -> EngineState:
    allowed = readiness.reason != NOT_ALLOWED
    served = capabilities is not None and workers > 0 and allowed
    claimed = capabilities.seconds_per_video_second if capabilities else None
    missing = readiness.reason or "No worker takes its jobs at the moment."
    return EngineState(
        id=id_,
        capabilities=capabilities,
        ready=served,
        reason="" if served else missing,
        mend="" if served else readiness.mend,
        waiting=load[0],
        running=load[1],
        workers=workers,
        seconds_per_video_second=speed.ratio if speed else claimed,
        samples=speed.samples if speed else 0,
    )


def _loads(connection: Connection) -> Mapping[str, tuple[int, int]]:
    """Waiting and running jobs by engine."""
    waits = func.sum(case((jobs.c.waiting.is_(True), 1), else_=0))
    query = (
        select(jobs.c.engine, waits, func.count())
        .where(jobs.c.status.in_(UNFINISHED))
        .where(jobs.c.engine.is_not(None))
        .group_by(jobs.c.engine)
    )
    rows = connection.execute(query)
    return {engine: (int(waiting), total - int(waiting)) for engine, waiting, total in rows}


def _speeds(connection: Connection, since: int) -> Mapping[str, _Speed]:
    row = usage.c
    query = (
        select(row.engine, func.sum(row.work_seconds), func.sum(row.media_seconds), func.count())
        .where(row.at >= since, row.status == Status.SUCCEEDED.value)
        .where(row.engine.is_not(None), row.media_seconds > 0)
        .group_by(row.engine)
    )
    return {
        engine: _Speed(ratio=float(work) / float(media), samples=count)
        for engine, work, media, count in connection.execute(query)
    }
