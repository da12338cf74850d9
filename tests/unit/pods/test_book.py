"""Workers tell each other what they have on the pods; who died is forgotten."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from made_once import migrated
from pod_stage import state

from talkies.db.engine import connect, writing
from talkies.db.tables import pod_reports
from talkies.pods.book import FRESH, KEPT, PodBook, Use


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        made = migrated(tmp_path / "t.db")
    else:
        made = connect(request.getfixturevalue("postgres_with_tables"))
    yield made
    made.dispose()


def age(engine: sa.Engine, executor_id: str, milliseconds: int) -> None:
    row = pod_reports.c
    with writing(engine) as connection:
        connection.execute(
            sa.update(pod_reports)
            .where(row.executor_id == executor_id)
            .values(at=row.at - milliseconds)
        )


def test_each_worker_hears_what_the_others_have(engine: sa.Engine) -> None:
    book = PodBook(engine)
    book.report("w1", [state("a", running=1), state("b", running=2)])
    book.report("w2", [state("a", running=3)])
    assert book.elsewhere("w1") == {"a": 3}
    assert book.elsewhere("w2") == {"a": 1, "b": 2}
    assert book.elsewhere("w3") == {"a": 4, "b": 2}


def test_a_new_report_replaces_the_old_one(engine: sa.Engine) -> None:
    book = PodBook(engine)
    book.report("w1", [state("a", running=1), state("b")])
    book.report("w1", [state("a", running=0)])
    assert [one.name for one in book.states()] == ["a"]
    book.report("w1", [])
    assert book.states() == ()


def test_people_see_each_pod_once_with_the_work_of_all(engine: sa.Engine) -> None:
    book = PodBook(engine)
    book.report("w1", [state("a", running=1, elsewhere=9, last_error="old")])
    age(engine, "w1", 1_000)
    book.report("w2", [state("a", running=2, last_error="new")])
    (seen,) = book.states()
    assert (seen.running, seen.elsewhere, seen.last_error) == (3, 0, "new")
    assert seen.engines == ("x",)


def test_who_says_nothing_any_more_is_not_believed(engine: sa.Engine) -> None:
    book = PodBook(engine)
    book.report("w1", [state("a", running=1, used_at=77)])
    age(engine, "w1", FRESH + 1_000)
    assert (book.elsewhere("w2"), book.states()) == ({}, ())
    assert book.uses() == {"a": Use(running=0, used_at=77)}


def test_very_old_reports_go(engine: sa.Engine) -> None:
    book = PodBook(engine)
    book.report("w1", [state("a", used_at=77)])
    age(engine, "w1", KEPT + 1_000)
    book.report("w2", [])
    assert book.uses() == {}


def test_who_leaves_has_nothing_any_more(engine: sa.Engine) -> None:
    book = PodBook(engine)
    book.report("w1", [state("a", running=2, used_at=5)])
    book.leave("w1")
    assert book.elsewhere("w2") == {"a": 0}
    assert book.uses() == {"a": Use(running=0, used_at=5)}


def test_notes_are_kept_apart(engine: sa.Engine) -> None:
    book = PodBook(engine)
    assert book.note("n") == {}
    book.write_note("n", {"x": 1})
    book.write_note("n", {"x": 2})
    assert book.note("n") == {"x": 2}
    assert (book.states(), book.uses(), book.elsewhere("w")) == ((), {}, {})
