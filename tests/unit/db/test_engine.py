import sqlite3
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from talkies.db.clock import database_now
from talkies.db.engine import connect, reading, writing
from talkies.errors import DiskFull, Misconfigured, Unavailable
from talkies.kit.clock import now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "talkies.db"


@pytest.fixture
def engine(path: Path) -> sa.Engine:
    engine = connect(f"sqlite:///{path}")
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
    return engine


def pragma(connection: sa.Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_a_sqlite_file_is_its_owners_alone(engine: sa.Engine, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sqlite_keeps_what_it_committed_through_a_power_cut(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        assert pragma(connection, "journal_mode") == "wal"
        assert pragma(connection, "synchronous") == 2
        assert pragma(connection, "foreign_keys") == 1
        assert pragma(connection, "busy_timeout") == 30_000


def test_a_writer_waits_for_another_and_none_is_lost(engine: sa.Engine) -> None:
    def write(number: int) -> None:
        for _ in range(10):
            with writing(engine) as connection:
                # Reading first would fail half-way under a lock that is taken only to write.
                count = connection.exec_driver_sql("SELECT count(*) FROM things").scalar()
                insert = sa.text("INSERT INTO things (name) VALUES (:name)")
                connection.execute(insert, {"name": f"{number}-{count}"})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM things").scalar() == 80


def test_a_transaction_that_fails_leaves_nothing(engine: sa.Engine) -> None:
    def half() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("INSERT INTO things (name) VALUES ('half')")
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        half()
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM things").scalar() == 0


def test_a_broken_constraint_is_the_callers_to_understand(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO things (id) VALUES (1)")
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO things (id) VALUES (1)")


def test_a_mistake_in_a_statement_is_no_outage(engine: sa.Engine, postgres_url: str) -> None:
    for one in (engine, connect(postgres_url)):
        with pytest.raises(sa.exc.DBAPIError), reading(one) as connection:
            connection.exec_driver_sql("SELECT * FROM nowhere")
        one.dispose()


@pytest.mark.parametrize("url", ["mysql://host/name", "no url at all"])
def test_other_databases_are_refused_with_a_hint(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        connect(url)
    assert "sqlite:///" in caught.value.hint


def test_a_database_in_memory_needs_no_file() -> None:
    with reading(connect("sqlite://")) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_folder_that_is_not_there_is_said_by_the_first_connection(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/missing/talkies.db")
    with pytest.raises(Unavailable), reading(engine):
        pass


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(b"something else entirely " * 100)
    with pytest.raises(Misconfigured, match="damaged"), reading(connect(f"sqlite:///{path}")):
        raise AssertionError


def test_a_server_that_is_not_there_is_unavailable() -> None:
    engine = connect("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable) as caught, reading(engine):
        pass
    assert caught.value.retryable


def test_a_full_database_says_so(engine: sa.Engine) -> None:
    def fill() -> None:
        with writing(engine) as connection:
            pages = pragma(connection, "page_count")
            pragma(connection, f"max_page_count={pages}")
            insert = sa.text("INSERT INTO things (name) VALUES (:name)")
            connection.execute(insert, {"name": "x" * 400_000})

    with pytest.raises(DiskFull):
        fill()


def test_a_database_that_cannot_be_written_says_so(engine: sa.Engine) -> None:
    def write() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("PRAGMA query_only=1")
            connection.exec_driver_sql("INSERT INTO things (name) VALUES ('x')")

    with pytest.raises(Unavailable):
        write()


def test_a_busy_pool_is_an_outage(path: Path, engine: sa.Engine) -> None:
    small = sa.create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with small.connect(), pytest.raises(Unavailable, match="connection to spare"), reading(small):
        pass
    small.dispose()


def test_a_reading_sees_one_state_of_the_database(engine: sa.Engine, postgres_url: str) -> None:
    numbers = sa.table("numbers", sa.column("number"))
    count = sa.select(sa.func.count()).select_from(numbers)
    for one in (engine, connect(postgres_url)):
        with writing(one) as connection:
            connection.execute(sa.text("CREATE TABLE numbers (number INTEGER)"))
        with reading(one) as connection:
            before = connection.execute(count).scalar()
            with writing(one) as other:
                other.execute(sa.insert(numbers).values(number=1))
            assert (before, connection.execute(count).scalar()) == (0, 0)
        with reading(one) as connection:
            assert connection.execute(count).scalar() == 1
        one.dispose()


def test_the_databases_clock_is_ours_within_a_second(engine: sa.Engine, postgres_url: str) -> None:
    for one in (engine, connect(postgres_url)):
        with reading(one) as connection:
            moment = connection.execute(sa.select(database_now())).scalar_one()
        one.dispose()
        assert abs(moment - now()) < 1_000


def test_the_databases_clock_moves_within_a_transaction(postgres_url: str) -> None:
    engine = connect(postgres_url)
    with reading(engine) as connection:
        first = connection.execute(sa.select(database_now())).scalar_one()
        connection.execute(sa.text("SELECT pg_sleep(0.02)"))
        assert connection.execute(sa.select(database_now())).scalar_one() > first
    engine.dispose()


def test_sqlite_needs_no_more_than_the_standard_library(path: Path, engine: sa.Engine) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM things").fetchone() == (0,)
    connection.close()
