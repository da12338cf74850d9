"""What tests of several rooms share: a real Postgres."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))

from real_postgres import RealPostgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[RealPostgres]:
    """One server for a test process; started where a test asks for it, and ended with it."""
    with RealPostgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: RealPostgres) -> Iterator[str]:
    """An empty database of its own for one test."""
    with postgres.database() as url:
        yield url
