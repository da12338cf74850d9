import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import pytest
from sqlalchemy import Engine, select

from talkies.db.engine import reading
from talkies.db.tables import jobs
from talkies.errors import IdempotencyInProgress, IdempotencyMismatch, InvalidRequest
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import Finished, JobKind, Phase
from talkies.jobs.records import Job, NewJob
from talkies.kit.ids import new_id
from talkies.studio.access.idempotency import (
    LEASE,
    REMEMBERED,
    Fresh,
    Idempotency,
    IdempotentRequest,
    Replay,
    fingerprint,
    require_token,
)


class Clock(Protocol):
    at: int

    def __call__(self) -> int: ...
    def go_on(self, seconds: float) -> None: ...


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


def clip() -> JobKind:
    return JobKind(
        name="clip",
        phases=(Phase(queue=lambda _: "prepare", steps=()),),
        finish=lambda _, __: Finished(result={}),
        purge=lambda _: None,
    )


def asked(token: str = "token", **changes: str) -> IdempotentRequest:  # noqa: S107
    return IdempotentRequest(
        **{
            "owner": "key_1",
            "route": "POST /v1/videos",
            "token": token,
            "fingerprint": fingerprint({"text": "Hi"}, {"portrait": "ab" * 32}),
            **changes,
        }
    )


@pytest.fixture
def book(engine: Engine, clock: Clock) -> Idempotency:
    return Idempotency(engine, clock)


class TestFingerprints:
    def test_the_order_of_fields_and_files_is_nothing(self) -> None:
        assert fingerprint({"a": 1, "b": [1, 2]}, {"x": "1", "y": "2"}) == fingerprint(
            {"b": [1, 2], "a": 1}, {"y": "2", "x": "1"}
        )

    @pytest.mark.parametrize(
        ("fields", "files"),
        [
            ({"a": 2}, {"x": "1"}),
            ({"a": "1"}, {"x": "1"}),
            ({"a": 1, "b": None}, {"x": "1"}),
            ({"a": 1}, {"x": "2"}),
            ({"a": 1}, {"y": "1"}),
            ({"a": 1, "x": "1"}, {}),
        ],
    )
    def test_another_request_has_another(
        self, fields: dict[str, Any], files: dict[str, str]
    ) -> None:
        assert fingerprint(fields, files) != fingerprint({"a": 1}, {"x": "1"})

    def test_text_that_no_encoding_can_write_has_one(self) -> None:
        assert fingerprint({"a": "\ud800"}, {}) != fingerprint({"a": "\ud801"}, {})


class TestTokens:
    @pytest.mark.parametrize("token", ["", "x" * 256, "a\nb", "schlüssel", "\x00"])
    def test_what_cannot_be_a_token_is_refused(self, token: str) -> None:
        with pytest.raises(InvalidRequest):
            require_token(token)

    def test_what_can_be_one_is_taken_as_it_is(self) -> None:
        assert require_token("x" * 255) == "x" * 255
        assert require_token(" spaced ") == " spaced "


class TestStates:
    def test_the_first_request_creates_and_the_next_ones_see_what_it_made(
        self, book: Idempotency, clock: Clock
    ) -> None:
        assert book.begin(asked(), resource_id="vid_1") == Fresh("vid_1")
        book.finish(asked())
        assert book.begin(asked(), resource_id="vid_2") == Replay("vid_1")
        clock.go_on(REMEMBERED / 1000 - 1)
        assert book.begin(asked(), resource_id="vid_3") == Replay("vid_1")

    def test_while_it_is_being_made_others_are_asked_to_wait(self, book: Idempotency) -> None:
        book.begin(asked(), resource_id="vid_1")
        with pytest.raises(IdempotencyInProgress) as caught:
            book.begin(asked(), resource_id="vid_2")
        assert caught.value.details["retry_after_seconds"] == 1

    def test_another_request_with_the_token_is_refused(self, book: Idempotency) -> None:
        other = asked(fingerprint=fingerprint({"text": "Ho"}, {}))
        book.begin(asked(), resource_id="vid_1")
        with pytest.raises(IdempotencyMismatch):
            book.begin(other, resource_id="vid_2")
        book.finish(asked())
        with pytest.raises(IdempotencyMismatch):
            book.begin(other, resource_id="vid_2")

    @pytest.mark.parametrize(
        "change", [{"owner": "key_2"}, {"route": "POST /v1/assets"}, {"token": "other"}]
    )
    def test_owner_route_and_token_name_an_attempt(
        self, book: Idempotency, change: dict[str, str]
    ) -> None:
        book.begin(asked(), resource_id="vid_1")
        book.finish(asked())
        assert book.begin(asked(**change), resource_id="vid_2") == Fresh("vid_2")

    def test_a_failed_creation_may_be_tried_again(self, book: Idempotency) -> None:
        book.begin(asked(), resource_id="vid_1")
        book.abandon(asked())
        assert book.begin(asked(), resource_id="vid_2") == Fresh("vid_2")

    def test_what_was_made_is_not_abandoned(self, book: Idempotency) -> None:
        book.begin(asked(), resource_id="vid_1")
        book.finish(asked())
        book.abandon(asked())
        assert book.begin(asked(), resource_id="vid_2") == Replay("vid_1")

    def test_after_a_day_the_token_is_new(self, book: Idempotency, clock: Clock) -> None:
        book.begin(asked(), resource_id="vid_1")
        book.finish(asked())
        clock.go_on(REMEMBERED / 1000)
        other = asked(fingerprint=fingerprint({"text": "Ho"}, {}))
        assert book.begin(other, resource_id="vid_2") == Fresh("vid_2")


class TestKilledProcesses:
    def test_what_a_killed_process_began_is_made_under_the_same_id(
        self, book: Idempotency, clock: Clock
    ) -> None:
        book.begin(asked(), resource_id="vid_1")
        clock.go_on(LEASE / 1000 - 0.001)
        with pytest.raises(IdempotencyInProgress):
            book.begin(asked(), resource_id="vid_2")
        clock.go_on(0.001)
        assert book.begin(asked(), resource_id="vid_2") == Fresh("vid_1")
        with pytest.raises(IdempotencyInProgress):
            book.begin(asked(), resource_id="vid_3")

    def test_a_process_killed_after_the_job_was_accepted_has_finished(
        self, book: Idempotency, engine: Engine, clock: Clock
    ) -> None:
        jobs_book = Jobs(engine, kinds={"clip": clip()}, queue=Line(), observers=[book.observe])
        book.begin(asked(), resource_id="vid_1")
        jobs_book.accept(NewJob(id="vid_1", kind="clip", request={}))
        assert book.begin(asked(), resource_id="vid_2") == Replay("vid_1")

    def test_a_slow_process_and_the_one_that_went_on_make_one_job(
        self, book: Idempotency, engine: Engine, clock: Clock
    ) -> None:
        jobs_book = Jobs(engine, kinds={"clip": clip()}, queue=Line(), observers=[book.observe])
        slow = book.begin(asked(), resource_id="vid_1")
        clock.go_on(LEASE / 1000)
        quick = book.begin(asked(), resource_id="vid_2")
        made = [
            jobs_book.accept(NewJob(id=one.resource_id, kind="clip", request={})).id
            for one in (quick, slow)
        ]
        assert made == ["vid_1", "vid_1"]

    def test_other_events_of_other_jobs_finish_nothing(
        self, book: Idempotency, engine: Engine, clock: Clock
    ) -> None:
        told: list[tuple[Job, str]] = []
        jobs_book = Jobs(
            engine,
            kinds={"clip": clip()},
            queue=Line(),
            observers=[book.observe, lambda _, job, event: told.append((job, event))],
        )
        book.begin(asked(), resource_id="vid_1")
        jobs_book.accept(NewJob(id="vid_other", kind="clip", request={}))
        jobs_book.cancel("vid_other")
        assert [event for _, event in told] == ["job.queued", "job.canceled"]
        with pytest.raises(IdempotencyInProgress):
            book.begin(asked(), resource_id="vid_2")


class TestRaces:
    def test_fifty_at_once_make_one_job(self, any_engine: Engine) -> None:
        book = Idempotency(any_engine)
        jobs_book = Jobs(any_engine, kinds={"clip": clip()}, queue=Line(), observers=[book.observe])
        start = threading.Barrier(50)

        def post(_: int) -> str:
            start.wait()
            try:
                begun = book.begin(asked(), resource_id=new_id("vid"))
            except IdempotencyInProgress:
                return "in progress"
            if isinstance(begun, Replay):
                return begun.resource_id
            return jobs_book.accept(NewJob(id=begun.resource_id, kind="clip", request={})).id

        with ThreadPoolExecutor(50) as threads:
            answers = Counter(threads.map(post, range(50)))
        with reading(any_engine) as connection:
            made = connection.execute(select(jobs.c.id)).scalars().all()
        assert len(made) == 1
        assert set(answers) <= {made[0], "in progress"}
        assert sum(answers.values()) == 50

    def test_a_row_that_goes_while_it_is_looked_at_asks_to_wait(self, book: Idempotency) -> None:
        assert isinstance(book.begin(asked(), resource_id="vid_1"), Fresh)

        def end(_: int) -> str:
            try:
                return type(book.begin(asked(), resource_id=new_id("vid"))).__name__
            except IdempotencyInProgress:
                return "in progress"

        with ThreadPoolExecutor(8) as threads:
            waiting = [threads.submit(end, n) for n in range(20)]
            book.abandon(asked())
            answers = Counter(one.result() for one in waiting)
        assert answers["Fresh"] <= 1
        assert set(answers) <= {"Fresh", "in progress"}
