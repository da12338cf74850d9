"""A migrated database for each test, on SQLite and on Postgres, and jobs in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from job_room import MemoryQueue, Script, TestClock
from real_postgres import RealPostgres

from talkies.db import migrate
from talkies.db.engine import connect, writing
from talkies.db.tables import metadata
from talkies.jobs.dbos_queue import prepare
from talkies.jobs.jobs import Jobs


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "talkies.db"
    engine = connect(f"sqlite:///{path}")
    migrate.upgrade(engine)
    prepare(engine.url)
    engine.dispose()
    return path


@pytest.fixture(scope="module")
def migrated_postgres(postgres: RealPostgres) -> Iterator[str]:
    with postgres.database() as url:
        engine = connect(url)
        migrate.upgrade(engine)
        prepare(engine.url)
        engine.dispose()
        yield url


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[sa.Engine]:
    for ending in ("", ".queue"):
        shutil.copy(f"{sqlite_template}{ending}", f"{tmp_path}/talkies.db{ending}")
    engine = connect(f"sqlite:///{tmp_path}/talkies.db")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(migrated_postgres: str) -> Iterator[sa.Engine]:
    engine = connect(migrated_postgres)
    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
        for name in ("workflow_status", "operation_outputs"):
            connection.execute(sa.delete(sa.table(name, schema="dbos")))
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    engine: sa.Engine = request.getfixturevalue(f"{request.param}_engine")
    return engine


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def jobs(engine: sa.Engine, script: Script, queue: MemoryQueue, clock: TestClock) -> Jobs:
    return Jobs(
        engine,
        kinds={"quick": script.kind()},
        queue=queue,
        observers=[script.observe],
        clock=clock,
    )
