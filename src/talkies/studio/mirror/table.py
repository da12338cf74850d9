"""The table of the mirror: its columns, and writes that never take a row back in time."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Double,
    Engine,
    MetaData,
    Table,
    Text,
    and_,
    create_engine,
    delete,
    func,
    make_url,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.sql.elements import ColumnElement

from talkies.errors import Misconfigured, Unavailable
from talkies.studio.mirror.rows import ENDED, Row

log = logging.getLogger(__name__)

#: Seconds until an answer of the database is not waited for any longer: to connect, and to a
#: statement. The mirror has a thread of its own, which must not hang for ever either.
CONNECT_SECONDS, STATEMENT_SECONDS = 5, 15

#: Columns that are moments.
MOMENTS: Final = ("created_at", "finished_at", "output_urls_expire_at")

#: What a job's later news does not touch: the app may have written its own before.
CALLERS_OWN: Final = frozenset({"id", "type", "payload", "created_at", "user_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a row said when it was looked at again."""

    talkies_id: str
    revision: int
    has_urls: bool


def connect_mirror(url: str, *, connect_seconds: int = CONNECT_SECONDS) -> Engine:
    """An engine for a Postgres of somebody else: few connections, no waiting without end.

    Prepared statements are off, since Supabase's pooler (port 6543) gives every transaction
    another connection. Raises `Misconfigured` where the URL is not one of a Postgres.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or not parsed.drivername.startswith("postgres"):
        raise Misconfigured(
            "The job table has to be in a Postgres.",
            hint="Set SUPABASE_DB_URL to the connection string of the Supabase project.",
        )
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=2,
        max_overflow=0,
        pool_pre_ping=True,
        pool_recycle=300,
        connect_args={
            "connect_timeout": connect_seconds,
            "prepare_threshold": None,
            "tcp_user_timeout": STATEMENT_SECONDS * 1000,
        },
    )


class JobTable:
    """The rows of one installation, called `source`, in a table that others may share.

    Every method raises `Unavailable` where the database does not answer, and `Misconfigured` where
    the table is not there or may not be written.
    """

    def __init__(
        self, engine: Engine, *, name: str = "public.avatar_jobs", source: str = "talkies"
    ) -> None:
        self._engine = engine
        self._source = source
        self._name = name
        schema, _, table = name.rpartition(".")
        self._rows = _rows(table, schema or None)
        self._cursors = _cursors(f"{table}_cursor", schema or None)

    def cursor(self) -> int:
        """The event up to which the rows are told; 0 in the beginning."""
        with self._transaction() as connection:
            query = select(self._cursors.c.event).where(self._cursors.c.source == self._source)
            return connection.scalar(query) or 0

    def write(self, rows: Sequence[Row], cursor: int) -> None:
        """Bring rows up to date, and note how far this installation has come, both or neither.

        A row that the database refuses is logged and left out, so that it stops no other.
        """
        with self._transaction() as connection:
            for row in rows:
                self._write(connection, row)
            note = insert(self._cursors).values(source=self._source, event=cursor)
            connection.execute(
                note.on_conflict_do_update(
                    index_elements=["source"], set_={"event": cursor, "updated_at": func.now()}
                )
            )

    def unchecked(self, before: int, limit: int) -> tuple[Known, ...]:
        """Rows that nobody compared with their jobs since `before` (UTC ms), the longest first."""
        rows = self._rows.c
        query = (
            select(rows.talkies_id, rows.revision, rows.output_urls)
            .where(rows.source == self._source, rows.checked_at < _moment(before))
            .order_by(rows.checked_at)
            .limit(limit)
        )
        with self._transaction() as connection:
            return tuple(
                Known(
                    talkies_id=row.talkies_id,
                    revision=row.revision,
                    has_urls=bool(row.output_urls),
                )
                for row in connection.execute(query)
            )

    def put_outputs(self, row: Row) -> None:
        """Replace what a row says of its outputs, whatever its age."""
        named = ("output_urls", "output_urls_expire_at", "output_paths")
        values = {name: value for name, value in self._values(row).items() if name in named}
        statement = update(self._rows).where(*self._own([row.talkies_id])).values(values)
        with self._transaction() as connection:
            connection.execute(statement)

    def checked(self, talkies_ids: Sequence[str]) -> None:
        """Note that these rows were compared with their jobs just now."""
        statement = update(self._rows).where(*self._own(talkies_ids)).values(checked_at=func.now())
        with self._transaction() as connection:
            connection.execute(statement)

    def remove(self, talkies_ids: Sequence[str]) -> None:
        """Delete the rows of these jobs."""
        with self._transaction() as connection:
            connection.execute(delete(self._rows).where(*self._own(talkies_ids)))

    def _own(self, talkies_ids: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
        return (self._rows.c.source == self._source, self._rows.c.talkies_id.in_(talkies_ids))

    def _write(self, connection: Connection, row: Row) -> None:
        values = self._values(row)
        new = insert(self._rows).values(values)
        news: dict[str, Any] = {
            name: new.excluded[name] for name in values if name not in CALLERS_OWN
        }
        news["user_id"] = func.coalesce(self._rows.c.user_id, new.excluded.user_id)
        news["updated_at"] = func.now()
        statement = new.on_conflict_do_update(
            index_elements=["id"], set_=news, where=self._is_news(new.excluded)
        )
        try:
            with connection.begin_nested():
                connection.execute(statement)
        except (DataError, IntegrityError) as error:
            log.warning("The job table refused the row of %s: %s", row.talkies_id, error.orig)

    def _is_news(self, new: Any) -> ColumnElement[bool]:
        """Whether the row there is of the same job and user, and knows less."""
        old = self._rows.c
        return and_(
            or_(old.talkies_id.is_(None), old.talkies_id == new.talkies_id),
            or_(old.user_id.is_(None), new.user_id.is_(None), old.user_id == new.user_id),
            or_(
                old.revision < new.revision,
                and_(old.revision == new.revision, old.status.not_in(ENDED)),
            ),
        )

    def _values(self, row: Row) -> dict[str, Any]:
        values = asdict(row) | {"source": self._source, "checked_at": datetime.now(UTC)}
        return values | {name: _moment(values[name]) for name in MOMENTS}

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                connection.execute(text(f"set local statement_timeout = '{STATEMENT_SECONDS}s'"))
                yield connection
        except ProgrammingError as error:
            raise Misconfigured(
                f"The job table {self._name} is not there, or may not be written.",
                hint="Apply deploy/supabase/migrations to the database of SUPABASE_DB_URL.",
            ) from error
        except DBAPIError as error:
            raise Unavailable("The database of the job table does not answer.") from error


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _rows(name: str, schema: str | None) -> Table:
    moments = (*MOMENTS, "updated_at", "checked_at")
    return Table(
        name,
        MetaData(),
        Column("id", Text, primary_key=True),
        *(Column(column, Text) for column in ("user_id", "type", "status", "talkies_id", "source")),
        *(Column(column, JSONB(none_as_null=True)) for column in ("payload", "error")),
        *(Column(column, JSONB) for column in ("output_urls", "output_paths")),
        *(Column(column, DateTime(timezone=True)) for column in moments),
        Column("progress", Double),
        Column("revision", BigInteger),
        schema=schema,
    )


def _cursors(name: str, schema: str | None) -> Table:
    return Table(
        name,
        MetaData(),
        Column("source", Text, primary_key=True),
        Column("event", BigInteger),
        Column("updated_at", DateTime(timezone=True)),
        schema=schema,
    )
