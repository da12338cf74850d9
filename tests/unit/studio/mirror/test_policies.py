"""The migration's policies, asked as Supabase's API asks: by role and by the claims of a token."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from supabase_project import migrations

ANN, BOB = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"

Ask = Callable[..., list[Any]]


@pytest.fixture
def ask(project: Engine) -> Ask:
    """Runs a statement as PostgREST does for a token of `role` and `user`."""
    with project.begin() as connection:
        connection.execute(
            text("insert into avatar_jobs (id, user_id, type) values (:id, :user, 'video')"),
            [{"id": "a", "user": ANN}, {"id": "b", "user": BOB}, {"id": "nobody", "user": None}],
        )

    def run(role: str, statement: str, user: str | None = None) -> list[Any]:
        claims = json.dumps({"role": role} | ({"sub": user} if user else {}))
        with project.begin() as connection:
            connection.execute(text(f"set local role {role}"))
            connection.execute(
                text("select set_config('request.jwt.claims', :claims, true)"), {"claims": claims}
            )
            found = connection.execute(text(statement))
            return list(found.scalars()) if found.returns_rows else []

    return run


def test_an_owner_reads_its_own_rows_alone(ask: Ask) -> None:
    assert ask("authenticated", "select id from avatar_jobs", ANN) == ["a"]
    assert ask("authenticated", "select id from avatar_jobs", BOB) == ["b"]


def test_a_token_without_a_user_reads_nothing(ask: Ask) -> None:
    assert ask("authenticated", "select id from avatar_jobs") == []


def test_visitors_read_nothing(ask: Ask) -> None:
    for statement in ("select * from avatar_jobs", "select * from avatar_jobs_cursor"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            ask("anon", statement)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into avatar_jobs (id, user_id, type) values ('x', auth.uid()::text, 'video')",
        "update avatar_jobs set status = 'finished' where id = 'a'",
        "delete from avatar_jobs where id = 'a'",
        "truncate avatar_jobs",
        "select * from avatar_jobs_cursor",
        "update avatar_jobs_cursor set event = 0",
    ],
)
@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_nobody_writes_but_the_service_role(ask: Ask, role: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        ask(role, statement, ANN)


def test_the_policies_hold_where_the_rights_were_given_back(ask: Ask, project: Engine) -> None:
    with project.begin() as connection:
        connection.execute(text("grant all on all tables in schema public to authenticated"))
    assert ask("authenticated", "select id from avatar_jobs", ANN) == ["a"]
    assert ask("authenticated", "select event from avatar_jobs_cursor", ANN) == []
    ask("authenticated", "update avatar_jobs set status = 'finished'", ANN)
    assert ask("service_role", "select distinct status from avatar_jobs") == ["queued"]
    with pytest.raises(ProgrammingError, match="row-level security"):
        ask(
            "authenticated",
            "insert into avatar_jobs (id, user_id, type) values ('x', auth.uid()::text, 'v')",
            ANN,
        )


def test_the_service_role_reads_and_writes_all(ask: Ask) -> None:
    ask("service_role", "update avatar_jobs set progress = 0.5")
    assert ask("service_role", "select distinct progress from avatar_jobs") == [0.5]
    assert len(ask("service_role", "select id from avatar_jobs")) == 3


def test_a_status_of_another_vocabulary_is_refused(project: Engine) -> None:
    with pytest.raises(Exception, match="check constraint"), project.begin() as connection:
        connection.execute(
            text("insert into avatar_jobs (id, type, status) values ('x', 'video', 'completed')")
        )


def test_the_migrations_may_run_again(project: Engine) -> None:
    with project.begin() as connection:
        for migration in migrations():
            connection.execute(text(migration))
