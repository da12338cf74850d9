"""A Postgres with what Supabase puts into every project, and a book of jobs to mirror."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from job_book import Book
from sqlalchemy import Engine, text

from talkies.studio.mirror.mirror import Mirror
from talkies.studio.mirror.table import JobTable, connect_mirror

MIGRATIONS = Path(__file__).parents[4] / "deploy/supabase/migrations"

#: Roles, `auth.uid()` and default privileges as a Supabase project has them: new tables of the
#: schema `public` are open to every role until a migration closes them.
PROJECT = """
do $$ begin
  if not exists (select from pg_roles where rolname = 'anon') then
    create role anon nologin noinherit;
    create role authenticated nologin noinherit;
    create role service_role nologin noinherit bypassrls;
  end if;
end $$;
grant usage on schema public to anon, authenticated, service_role;
alter default privileges in schema public
  grant all on tables to anon, authenticated, service_role;
create schema auth;
grant usage on schema auth to anon, authenticated, service_role;
create function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;
"""


@pytest.fixture
def project(postgres_url: str) -> Iterator[Engine]:
    """The database of a Supabase project, with our migrations applied."""
    engine = connect_mirror(postgres_url)
    with engine.begin() as connection:
        connection.execute(text(PROJECT))
        for migration in sorted(MIGRATIONS.glob("*.sql")):
            connection.execute(text(migration.read_text()))
    yield engine
    engine.dispose()


@pytest.fixture
def table(project: Engine) -> JobTable:
    return JobTable(project)


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def mirrored(table: JobTable, book: Book) -> Callable[[], Mirror]:
    """A mirror as a process makes it at its start: it remembers nothing of an earlier one."""
    return lambda: Mirror(book, table, link=book.link, clock=lambda: book.now)


@pytest.fixture
def rows(project: Engine) -> Callable[[], dict[str, dict[str, object]]]:
    """Every row of the table by its id."""

    def read() -> dict[str, dict[str, object]]:
        with project.begin() as connection:
            found = connection.execute(text("select * from public.avatar_jobs")).mappings()
            return {row["id"]: dict(row) for row in found}

    return read


@pytest.fixture
def migration() -> str:
    (path,) = MIGRATIONS.glob("*.sql")
    return path.read_text()
