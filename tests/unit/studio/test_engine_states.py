from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from engines_to_choose import POINTS
from made_once import migrated

from talkies.engines.registry import EngineRegistry
from talkies.jobs.records import WorkerRecord
from talkies.studio.engine_states import NOT_ALLOWED, EngineState, EngineStates
from talkies.studio.engines import EngineCatalog


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = migrated(tmp_path / "talkies.db")
    yield engine
    engine.dispose()


def worker(*engines: str, draining: bool = False) -> WorkerRecord:
    return WorkerRecord(
        executor_id="w",
        host="here",
        pid=1,
        engines=engines,
        concurrency=1,
        version="1",
        started_at=0,
        seen_at=0,
        draining=draining,
    )


def states(
    database: sa.Engine, *workers: WorkerRecord, commercial_only: bool = False
) -> dict[str, EngineState]:
    catalog = EngineCatalog(EngineRegistry(points=POINTS))
    known = EngineStates(database, catalog, lambda: workers, commercial_only=commercial_only)
    return {state.id: state for state in known.list()}


def test_an_engine_is_ready_where_some_worker_takes_its_jobs(database: sa.Engine) -> None:
    found = states(database, worker("lifelike"), worker("quick", draining=True))
    assert (found["lifelike"].ready, found["lifelike"].workers) == (True, 1)
    assert not found["quick"].ready
    assert "No worker" in found["quick"].reason
    assert not found["broken"].ready
    assert "AttributeError" in found["broken"].reason


def test_an_engine_that_the_licence_policy_forbids_is_never_ready(database: sa.Engine) -> None:
    everybody = worker("lifelike", "research", "quick")
    assert states(database, everybody)["research"].ready
    strict = states(database, everybody, commercial_only=True)
    assert (strict["research"].ready, strict["research"].reason) == (False, NOT_ALLOWED)
    assert strict["lifelike"].ready
