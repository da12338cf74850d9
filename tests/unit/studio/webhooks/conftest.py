"""A stage for webhooks, on each of the two databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from made_once import migrated
from real_postgres import RealPostgres
from webhook_stage import SetClock, WebhookStage

from talkies.db.engine import connect, writing
from talkies.db.tables import (
    api_keys,
    audit_log,
    metadata,
    webhook_attempts,
    webhook_deliveries,
    webhook_endpoints,
)

FILLED = (webhook_attempts, webhook_deliveries, webhook_endpoints, api_keys, audit_log)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(scope="session")
def prepared(postgres: RealPostgres) -> Iterator[sa.Engine]:
    """One Postgres database for all tests: making the tables takes longer than a test."""
    with postgres.database() as url:
        engine = connect(url)
        metadata.create_all(engine)
        yield engine
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SetClock
) -> Iterator[WebhookStage]:
    if request.param == "postgres":
        engine = request.getfixturevalue("prepared")
        yield WebhookStage(engine, clock)
        with writing(engine) as connection:
            for table in FILLED:
                connection.execute(table.delete())
        return
    engine = migrated(tmp_path / "test.db")
    yield WebhookStage(engine, clock)
    engine.dispose()
