"""The database of a Supabase project: what every one of them has, with our migrations applied."""

from pathlib import Path

from sqlalchemy import Engine, text

from talkies.studio.mirror.table import connect_mirror

MIGRATIONS = Path(__file__).parents[2] / "deploy/supabase/migrations"

#: Roles, `auth.uid()` and default privileges as Supabase defines them: new tables of the schema
#: `public` are open to every role until a migration closes them.
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


def migrations() -> list[str]:
    """Our migrations, in order."""
    return [path.read_text() for path in sorted(MIGRATIONS.glob("*.sql"))]


def project_of(url: str) -> Engine:
    """Make an empty database a project's; dispose of the engine at the end."""
    engine = connect_mirror(url)
    with engine.begin() as connection:
        for statement in (PROJECT, *migrations()):
            connection.execute(text(statement))
    return engine


def rows_of(project: Engine) -> dict[str, dict[str, object]]:
    """Every row of the job table by its id."""
    with project.begin() as connection:
        found = connection.execute(text("select * from public.avatar_jobs")).mappings()
        return {row["id"]: dict(row) for row in found}
