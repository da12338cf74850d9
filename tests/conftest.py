"""What tests of several rooms share: a real Postgres, signals that arrive, quick coverage.

Hypothesis takes the same examples in every run, for as long as a busy machine needs for them; look
for others with `--hypothesis-profile=default`.
"""

import base64
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from real_postgres import RealPostgres

import talkies
from talkies.db.engine import connect
from talkies.db.migrate import upgrade

#: What coverage measures the programs by that tests start: JSON in base64.
MEASURED = "COVERAGE_PROCESS_CONFIG"

settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Ctrl-C reaches what tests start, also where a shell runs us in its background.

    Such a shell lets us ignore SIGINT, and what we start inherits that.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _measured_quickly() -> None:
    """Programs that tests start write down what of ours they ran, and no more.

    As it is, each of thousands also looks for every file that it did not run: the test process
    does that once for all.
    """
    if MEASURED in os.environ:
        terms = json.loads(base64.b64decode(os.environ[MEASURED]))
        ours = f"{Path(talkies.__file__).parent}/*"
        quick = json.dumps(terms | {"source": None, "run_include": [ours]})
        os.environ[MEASURED] = base64.b64encode(quick.encode()).decode()


@pytest.fixture(scope="session")
def postgres() -> Iterator[RealPostgres]:
    """One server for a test process; started where a test asks for it, and ended with it."""
    with RealPostgres() as server:
        yield server


@pytest.fixture(scope="session")
def _tables(postgres: RealPostgres) -> Iterator[str]:
    """The name of a database with every table, of which copies are quicker than migrations."""
    with postgres.database() as url:
        engine = connect(url)
        upgrade(engine)
        engine.dispose()
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_with_tables(postgres: RealPostgres, _tables: str) -> Iterator[str]:
    """A database with every table, all empty, of its own for one test."""
    with postgres.database(template=_tables) as url:
        yield url


@pytest.fixture
def postgres_url(postgres: RealPostgres) -> Iterator[str]:
    """An empty database of its own for one test."""
    with postgres.database() as url:
        yield url
