"""Databases and a clock for the tests of access."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from made_once import migrated
from sqlalchemy import Engine

from talkies.db.engine import connect
from talkies.studio.access.audit import Actor


@dataclass(slots=True)
class SetClock:
    """A clock that a test sets."""

    at: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.at

    def go_on(self, seconds: float) -> None:
        self.at += round(seconds * 1000)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database of its own, on SQLite."""
    engine = migrated(tmp_path / "test.db")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def any_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of its own, on each of the two."""
    if request.param == "sqlite":
        engine = migrated(tmp_path / "test.db")
    else:
        engine = connect(request.getfixturevalue("postgres_with_tables"))
    yield engine
    engine.dispose()


@pytest.fixture
def by() -> Actor:
    return Actor(name="tester", request_id="req_1")
