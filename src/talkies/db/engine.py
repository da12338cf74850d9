"""How to reach the database: one engine a process, and transactions that read or write."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    TimeoutError,  # noqa: A004  the pool's
)

from talkies.errors import DiskFull, Misconfigured, Unavailable

#: Milliseconds a writer waits for another one; SQLite has one writer at a time.
BUSY_MILLISECONDS: Final = 30_000

#: Connections one process may hold to Postgres, and how many more for a moment.
POOL_SIZE, POOL_OVERFLOW = 10, 20

#: Seconds a connection attempt may take before the database counts as gone.
CONNECT_SECONDS: Final = 10

#: What SQLite says of a disk without room (SQLITE_FULL).
FULL: Final = "database or disk is full"


def connect(url: str) -> sa.Engine:
    """An engine for `sqlite:///path` or `postgresql://…`; nothing is opened yet.

    SQLite: write-ahead log, foreign keys, every commit synced to the disk before it returns, so
    that nothing accepted is lost by a power cut; a new file can be read by its owner alone.
    Raises `Misconfigured` for another kind of URL.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise Misconfigured("The database URL cannot be read.", hint=_HINT) from error
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() in {"postgresql", "postgres"}:
        return _postgres(parsed)
    raise Misconfigured(f"{parsed.get_backend_name()} is not supported.", hint=_HINT)


@contextlib.contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads, and sees one state of the database.

    Raises `Unavailable` where the database cannot be reached, and `Misconfigured` where SQLite's
    file is no database.
    """
    with _translating(), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # By default each statement there sees what was committed before it.
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextlib.contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes: committed when the block ends well, else undone.

    On SQLite it takes the writer's place at once, so it never fails half-way for a lock. Raises
    `Unavailable` where the database cannot be reached or written, and `DiskFull`.
    """
    with _translating(), engine.connect() as connection:
        connection.execution_options(talkies_writes=True)
        with connection.begin():
            yield connection


_NO_DATABASE: Final = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}

_HINT = "Use sqlite:///path/to/file.db or postgresql://user:password@host/name."


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database and url.database != ":memory:":
        _create_private(Path(url.database))
    engine = sa.create_engine(url.set(drivername="sqlite"))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgres(url: sa.URL) -> sa.Engine:
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


def _create_private(path: Path) -> None:
    # What stands in the way is said by the first connection, in SQLite's words.
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    # We say BEGIN ourselves: the driver's own would take the lock only at the first change.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("talkies_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextlib.contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except TimeoutError as error:
        raise Unavailable("The database has no connection to spare.") from error
    except DBAPIError as error:
        translated = _translated(error)
        if translated is None:
            raise
        raise translated from error


def _translated(error: DBAPIError) -> Unavailable | DiskFull | Misconfigured | None:
    if FULL in str(error.orig):
        return DiskFull("The disk of the database is full.")
    if getattr(error.orig, "sqlite_errorcode", None) in _NO_DATABASE:
        return Misconfigured(
            "The file of the database is none, or damaged.",
            hint="Restore it from a backup, or name another folder (DATA_DIR, --data-dir).",
        )
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        # A mistake in the statement, which Postgres calls a programming error.
        return None
    if error.connection_invalidated or isinstance(
        error, OperationalError | InterfaceError | InternalError
    ):
        return Unavailable("The database cannot be reached or written.")
    return None
