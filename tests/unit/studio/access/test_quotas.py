import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from talkies.db.engine import reading
from talkies.db.tables import jobs
from talkies.errors import QueueFull
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import Finished, JobKind, Phase
from talkies.jobs.records import NewJob
from talkies.kit.ids import new_id
from talkies.studio.access.audit import Actor
from talkies.studio.access.key_rows import KeyLimits
from talkies.studio.access.keys import KeyRing
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.access.quotas import JobQuotas, Quotas


class Line:
    """A queue that takes every ticket and works none off."""

    def add(self, ticket: Any) -> None: ...
    def withdraw(self, ids: Any) -> None: ...
    def states(self, ids: Any) -> dict[str, Any]:
        return {}

    def forget(self, ids: Any) -> None: ...
    def forget_ended(self, before: int, limit: int) -> int:
        return 0

    def close(self) -> None: ...


CLIP = JobKind(
    name="clip",
    phases=(Phase(queue=lambda _: "prepare", steps=()),),
    finish=lambda _, __: Finished(result={}),
    purge=lambda _: None,
)


def book(engine: Engine, quotas: Quotas) -> Jobs:
    return Jobs(engine, kinds={"clip": CLIP}, queue=Line(), observers=[quotas.observe])


def accept(jobs_book: Jobs, key: str | None = "key_1", user: str | None = None) -> str:
    new = NewJob(id=new_id("vid"), kind="clip", request={}, key_id=key, user_id=user)
    return jobs_book.accept(new).id


def who(key: str | None = "key_1", most: int | None = None) -> Principal:
    return Principal(key_id=key, name="n", scopes=frozenset(), max_unfinished_jobs=most)


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(jobs)).scalar_one()


def test_a_key_may_have_so_many_unfinished_jobs(engine: Engine) -> None:
    quotas = Quotas(engine, JobQuotas(per_key=2, per_user=0))
    jobs_book = book(engine, quotas)
    first = accept(jobs_book)
    quotas.require_room(who())
    accept(jobs_book)
    for ask in (lambda: quotas.require_room(who()), lambda: accept(jobs_book)):
        with pytest.raises(QueueFull) as caught:
            ask()
        assert caught.value.details["policy"] == "key"
        assert caught.value.details["unfinished"] == 2
        assert caught.value.details["limit"] == 2
    assert count(engine) == 2
    accept(jobs_book, key="key_2")
    jobs_book.cancel(first)
    quotas.require_room(who())
    accept(jobs_book)


def test_a_user_of_a_key_may_have_so_many(engine: Engine) -> None:
    quotas = Quotas(engine, JobQuotas(per_key=10, per_user=1))
    jobs_book = book(engine, quotas)
    accept(jobs_book, user="anna")
    for ask in (
        lambda: quotas.require_room(who(), "anna"),
        lambda: accept(jobs_book, user="anna"),
    ):
        with pytest.raises(QueueFull) as caught:
            ask()
        assert caught.value.details["policy"] == "user"
    quotas.require_room(who(), "ben")
    quotas.require_room(who())
    accept(jobs_book, user="ben")
    accept(jobs_book, key="key_2", user="anna")
    accept(jobs_book, key=None, user="anna")
    with pytest.raises(QueueFull):
        accept(jobs_book, key=None, user="anna")


def test_a_key_may_have_a_quota_of_its_own(engine: Engine, by: Actor) -> None:
    quotas = Quotas(engine, JobQuotas(per_key=1, per_user=0))
    ring, jobs_book = KeyRing(engine), book(engine, quotas)
    more, free = (
        ring.create(name, [Scope.VIDEOS], by=by, limits=KeyLimits(max_unfinished_jobs=most))
        for name, most in (("more", 2), ("free", 0))
    )
    for _ in range(2):
        quotas.require_room(ring.authenticate(more.secret))
        accept(jobs_book, key=more.key.id)
    with pytest.raises(QueueFull):
        quotas.require_room(ring.authenticate(more.secret))
    with pytest.raises(QueueFull):
        accept(jobs_book, key=more.key.id)
    for _ in range(5):
        quotas.require_room(ring.authenticate(free.secret))
        accept(jobs_book, key=free.key.id)


def test_the_session_of_the_operator_has_no_quota(engine: Engine) -> None:
    quotas = Quotas(engine, JobQuotas(per_key=1, per_user=1))
    jobs_book = book(engine, quotas)
    for _ in range(3):
        quotas.require_room(who(None))
        accept(jobs_book, key=None)


def test_a_retry_needs_room_as_well(engine: Engine) -> None:
    quotas = Quotas(engine, JobQuotas(per_key=1, per_user=0))
    jobs_book = book(engine, quotas)
    first = accept(jobs_book)
    jobs_book.cancel(first)
    accept(jobs_book)
    with pytest.raises(QueueFull):
        jobs_book.retry(first)
    assert jobs_book.get(first).status == "canceled"


def test_of_many_at_once_exactly_so_many_pass(any_engine: Engine) -> None:
    quotas = Quotas(any_engine, JobQuotas(per_key=5, per_user=0))
    jobs_book, start = book(any_engine, quotas), threading.Barrier(20)

    def post(_: int) -> bool:
        start.wait()
        try:
            quotas.require_room(who())
            accept(jobs_book)
        except QueueFull:
            return False
        return True

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(post, range(20))) == 5
    assert count(any_engine) == 5
