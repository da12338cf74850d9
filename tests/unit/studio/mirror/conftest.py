"""A Supabase project's database, and a book of jobs to mirror into it."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from job_book import Book
from sqlalchemy import Engine
from supabase_project import project_of, rows_of

from talkies.studio.mirror.mirror import Mirror
from talkies.studio.mirror.table import JobTable


@pytest.fixture
def project(postgres_url: str) -> Iterator[Engine]:
    engine = project_of(postgres_url)
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
    return partial(rows_of, project)
