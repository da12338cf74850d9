"""What tests of several rooms share: a real Postgres."""

from collections.abc import Iterator

import pytest
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
