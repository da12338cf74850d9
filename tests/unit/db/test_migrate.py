import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import talkies.db
from talkies.db import migrate
from talkies.db.engine import connect, reading, writing
from talkies.db.tables import metadata
from talkies.errors import Misconfigured


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/talkies.db"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = connect(url)
    yield engine
    engine.dispose()


def differences(engine: sa.Engine) -> list[object]:
    with reading(engine) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))


def tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def test_the_migrated_tables_are_the_tables_of_the_code(engine: sa.Engine) -> None:
    migrate.upgrade(engine)
    assert differences(engine) == []
    assert tables(engine) == set(metadata.tables)


def test_every_revision_goes_up_and_down(engine: sa.Engine) -> None:
    assert migrate.current(engine) is None
    for revision in migrate.revisions():
        before = tables(engine)
        was = migrate.current(engine)
        migrate.upgrade(engine, revision)
        assert migrate.current(engine) == revision
        migrate.downgrade(engine, was or "base")
        assert (tables(engine), migrate.current(engine)) == (before, was)
        migrate.upgrade(engine, revision)
    assert differences(engine) == []


def test_an_upgrade_of_a_new_database_does_nothing(engine: sa.Engine) -> None:
    migrate.upgrade(engine)
    with writing(engine) as connection:
        connection.execute(sa.text("INSERT INTO chores (name, due_at) VALUES ('a', 1)"))
    migrate.upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM chores")).scalar() == 1


def test_a_database_of_a_later_version_is_refused(engine: sa.Engine) -> None:
    migrate.upgrade(engine)
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(Misconfigured, match="later") as caught:
        migrate.upgrade(engine)
    assert "later version" in caught.value.hint


def test_several_processes_that_start_at_once_do_not_collide(engine: sa.Engine) -> None:
    program = textwrap.dedent("""
        import sys
        from talkies.db import migrate
        from talkies.db.engine import connect
        engine = connect(sys.argv[1])
        sys.stdin.readline()
        migrate.upgrade(engine)
    """)
    url = engine.url.render_as_string(hide_password=False)
    processes = [
        subprocess.Popen([sys.executable, "-c", program, url], stdin=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
    assert [process.wait(240) for process in processes] == [0, 0]
    assert differences(engine) == []


def test_the_migrations_are_part_of_the_package() -> None:
    folder = Path(talkies.db.__file__).parent / "migrations"
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert {"env.py", "script.py.mako", "0001_first_tables.py"} <= names
    assert os.access(folder / "env.py", os.R_OK)
