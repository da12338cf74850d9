"""What tests of several rooms share: a real Postgres, and signals that arrive."""

import signal
from collections.abc import Iterator

import pytest
from real_postgres import RealPostgres


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Ctrl-C reaches what tests start, also where a shell runs us in its background.

    Such a shell lets us ignore SIGINT, and what we start inherits that.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
