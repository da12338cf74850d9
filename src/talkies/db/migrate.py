"""Bring a database to a revision of the tables, up or down, one process at a time."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from talkies.db.engine import reading, writing
from talkies.errors import Misconfigured

#: Names the lock that keeps two processes from migrating one Postgres database at once. Any number
#: will do that no other program of that database uses.
LOCK: Final = 7_451_200_301


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Go up to `revision`; does nothing where the database is there already.

    All of it is one transaction, behind a lock. Raises `Misconfigured` where the database was
    made by a later version than this.
    """
    with writing(engine) as connection:
        _lock(connection)
        _require_known(connection)
        command.upgrade(_config(connection), revision)


def downgrade(engine: sa.Engine, revision: str) -> None:
    """Go down to `revision`; `base` removes every table."""
    with writing(engine) as connection:
        _lock(connection)
        _require_known(connection)
        command.downgrade(_config(connection), revision)


def current(engine: sa.Engine) -> str | None:
    """The revision the database is at; None for an empty one."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def revisions() -> tuple[str, ...]:
    """Every revision, oldest first."""
    scripts = ScriptDirectory.from_config(_config(None)).walk_revisions()
    return tuple(reversed([script.revision for script in scripts]))


def _config(connection: sa.Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _lock(connection: sa.Connection) -> None:
    # SQLite's writing transaction is a lock already.
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def _require_known(connection: sa.Connection) -> None:
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in revisions():
        raise Misconfigured(
            f"The database is at revision {revision}, which this version does not know.",
            hint="A later version of Talkies made it: run that version, or restore a backup.",
        )
