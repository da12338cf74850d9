"""What the workers tell each other and the operator of the pods, in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import sqlalchemy as sa

from talkies.db.clock import database_now
from talkies.db.engine import reading, writing
from talkies.db.tables import pod_reports
from talkies.pods.member import PodState

#: Milliseconds for which a report is believed; a worker that died says nothing more.
FRESH: Final = 15_000

#: Milliseconds for which a report is kept: longer than any pod may be idle.
KEPT: Final = 2 * 86_400_000

#: Stands in the place of a worker and of a pod where a note is about none.
NOBODY: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How a pod is used by all workers together."""

    #: Videos that are there now.
    running: int = 0
    #: When there was one last, in UTC milliseconds.
    used_at: int | None = None


class PodBook:
    """Reports of pods. Raises `Unavailable` where the database is away."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def report(self, executor_id: str, states: Sequence[PodState]) -> None:
        """Write down how a worker sees its pods now; what it said of others of them goes."""
        row = pod_reports.c
        with writing(self._engine) as connection:
            self._forget(connection, executor_id, keep={state.name for state in states})
            for state in states:
                self._put(connection, executor_id, state.name, _document(state))
            connection.execute(sa.delete(pod_reports).where(row.at < database_now() - KEPT))

    def leave(self, executor_id: str) -> None:
        """A worker ends: what it had on pods it has no more."""
        states = [replace(one, running=0) for one in self._of(executor_id)]
        self.report(executor_id, states)

    def elsewhere(self, executor_id: str) -> Mapping[str, int]:
        """Videos that other workers have on each pod."""
        loads: dict[str, int] = {}
        for owner, _, state in self._fresh():
            if owner != executor_id:
                loads[state.name] = loads.get(state.name, 0) + state.running
        return loads

    def states(self) -> tuple[PodState, ...]:
        """Each pod as the workers see it: their loads together, the rest as the latest says."""
        merged: dict[str, PodState] = {}
        for _, _, state in sorted(self._fresh(), key=lambda one: one[1]):
            known = merged.get(state.name)
            running = state.running + (known.running if known else 0)
            merged[state.name] = replace(state, running=running, elsewhere=0)
        return tuple(merged[name] for name in sorted(merged))

    def uses(self) -> Mapping[str, Use]:
        """How much each pod is used, and until when it was."""
        running: dict[str, int] = {}
        used: dict[str, int] = {}
        for _, _, state in self._fresh():
            running[state.name] = running.get(state.name, 0) + state.running
        for state in self._of(None):
            if state.used_at is not None:
                used[state.name] = max(state.used_at, used.get(state.name, 0))
        names = {*running, *used}
        return {name: Use(running=running.get(name, 0), used_at=used.get(name)) for name in names}

    def note(self, name: str) -> Mapping[str, Any]:
        """What was noted under a name; empty where nothing was."""
        row = pod_reports.c
        query = sa.select(row.report).where(row.executor_id == NOBODY, row.pod == name)
        with reading(self._engine) as connection:
            found: Mapping[str, Any] | None = connection.execute(query).scalar()
        return found or {}

    def write_note(self, name: str, note: Mapping[str, Any]) -> None:
        """Note something that all workers are to know; empty forgets it."""
        with writing(self._engine) as connection:
            self._put(connection, NOBODY, name, note)

    def _fresh(self) -> list[tuple[str, int, PodState]]:
        """Owner, moment and state of every report that is believed."""
        row = pod_reports.c
        query = (
            sa.select(row.executor_id, row.at, row.report)
            .where(row.executor_id != NOBODY)
            .where(row.at > database_now() - FRESH)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [(owner, at, _state(document)) for owner, at, document in rows]

    def _of(self, executor_id: str | None) -> list[PodState]:
        """What one worker said, or all of them, however long ago."""
        row = pod_reports.c
        query = sa.select(row.report).where(row.executor_id != NOBODY)
        if executor_id is not None:
            query = query.where(row.executor_id == executor_id)
        with reading(self._engine) as connection:
            return [_state(document) for document in connection.execute(query).scalars()]

    def _forget(self, connection: sa.Connection, executor_id: str, keep: set[str]) -> None:
        row = pod_reports.c
        gone = sa.delete(pod_reports).where(row.executor_id == executor_id)
        connection.execute(gone.where(row.pod.not_in(keep)) if keep else gone)

    def _put(
        self, connection: sa.Connection, executor_id: str, pod: str, report: Mapping[str, Any]
    ) -> None:
        row = pod_reports.c
        known = (row.executor_id == executor_id) & (row.pod == pod)
        values = {"report": dict(report), "at": database_now()}
        if not connection.execute(sa.update(pod_reports).where(known).values(values)).rowcount:
            new = {"executor_id": executor_id, "pod": pod, **values}
            connection.execute(sa.insert(pod_reports).values(new))


def _document(state: PodState) -> dict[str, Any]:
    return asdict(state)


def _state(document: Mapping[str, Any]) -> PodState:
    return PodState(**{**document, "engines": tuple(document["engines"])})
