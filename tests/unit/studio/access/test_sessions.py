import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pytest
from sqlalchemy import Engine, event, select

from talkies.db.engine import reading
from talkies.db.tables import sessions
from talkies.errors import Unauthenticated
from talkies.studio.access.audit import Actor
from talkies.studio.access.key_rows import KeyLimits
from talkies.studio.access.keys import KeyRing
from talkies.studio.access.principal import Scope
from talkies.studio.access.sessions import SESSION, SIGN_IN_SECONDS, Sessions


class Clock(Protocol):
    at: int

    def __call__(self) -> int: ...
    def go_on(self, seconds: float) -> None: ...


HOUR = 3600


@pytest.fixture
def doors(engine: Engine, clock: Clock) -> Sessions:
    return Sessions(engine, clock, session_seconds=2 * HOUR)


def ended(doors: Sessions, cookie: str) -> bool:
    try:
        doors.authenticate(cookie)
    except Unauthenticated:
        return True
    return False


class TestLinks:
    def test_a_link_opens_a_session_with_every_scope(self, doors: Sessions) -> None:
        cookie = doors.exchange(doors.make_link_token())
        who = doors.authenticate(cookie.value)
        assert (who.key_id, who.name, who.is_admin) == (None, SESSION, True)

    def test_a_link_works_once(self, doors: Sessions) -> None:
        token = doors.make_link_token()
        doors.exchange(token)
        with pytest.raises(Unauthenticated, match="used"):
            doors.exchange(token)

    def test_a_link_works_for_ten_minutes(self, doors: Sessions, clock: Clock) -> None:
        early, late = doors.make_link_token(), doors.make_link_token()
        clock.go_on(SIGN_IN_SECONDS - 0.001)
        doors.exchange(early)
        clock.go_on(0.001)
        with pytest.raises(Unauthenticated):
            doors.exchange(late)

    def test_what_is_no_link_opens_nothing(self, doors: Sessions) -> None:
        cookie = doors.exchange(doors.make_link_token())
        for token in ("", "x", cookie.value, "\x00"):
            with pytest.raises(Unauthenticated):
                doors.exchange(token)

    def test_a_links_token_is_no_cookie(self, doors: Sessions) -> None:
        assert ended(doors, doors.make_link_token())

    def test_of_many_at_once_one_succeeds(self, any_engine: Engine) -> None:
        doors = Sessions(any_engine)
        token, start = doors.make_link_token(), threading.Barrier(8)

        def try_it(_: int) -> bool:
            start.wait()
            try:
                doors.exchange(token)
            except Unauthenticated:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(try_it, range(8))) == 1

    def test_secrets_are_not_kept(self, doors: Sessions, engine: Engine) -> None:
        token = doors.make_link_token()
        cookie = doors.exchange(token)
        with reading(engine) as connection:
            kept = repr(connection.execute(select(sessions)).all())
        assert token not in kept
        assert cookie.value not in kept


class TestSessions:
    def test_a_session_ends_some_time_after_its_last_use(
        self, doors: Sessions, clock: Clock
    ) -> None:
        cookie = doors.exchange(doors.make_link_token())
        assert cookie.expires_at == clock.at + 2 * HOUR * 1000
        for _ in range(5):
            clock.go_on(1.5 * HOUR)
            assert not ended(doors, cookie.value)
        clock.go_on(2 * HOUR)
        assert ended(doors, cookie.value)

    def test_a_session_does_not_go_on_for_ever(self, doors: Sessions, clock: Clock) -> None:
        cookie = doors.exchange(doors.make_link_token())
        hours = 0
        while not ended(doors, cookie.value):
            clock.go_on(HOUR)
            hours += 1
        assert hours == 7 * 24

    def test_a_session_in_use_writes_seldom(
        self, doors: Sessions, engine: Engine, clock: Clock
    ) -> None:
        cookie = doors.exchange(doors.make_link_token())
        writes: list[str] = []
        event.listen(
            engine, "before_cursor_execute", lambda _c, _u, statement, *_: writes.append(statement)
        )
        for _ in range(60):
            clock.go_on(30)
            doors.authenticate(cookie.value)
        assert "BEGIN IMMEDIATE" not in writes

    def test_signing_out_ends_a_session(self, doors: Sessions) -> None:
        mine, other = (doors.exchange(doors.make_link_token()).value for _ in "ab")
        doors.end(mine)
        doors.end(mine)
        assert ended(doors, mine)
        assert not ended(doors, other)

    def test_a_session_of_a_key_has_its_limits(
        self, doors: Sessions, engine: Engine, clock: Clock, by: Actor
    ) -> None:
        limits = KeyLimits(requests_per_minute=5, max_unfinished_jobs=2)
        key = KeyRing(engine, clock).create("k", [Scope.VIDEOS], by=by, limits=limits).key
        cookie = doors.exchange(doors.make_link_token([Scope.VIDEOS], key_id=key.id))
        who = doors.authenticate(cookie.value)
        assert (who.requests_per_minute, who.max_unfinished_jobs) == (5, 2)

    def test_a_session_of_a_key_ends_with_the_key(
        self, doors: Sessions, engine: Engine, clock: Clock, by: Actor
    ) -> None:
        ring = KeyRing(engine, clock)
        kept, expiring, revoked = (
            ring.create(name, [Scope.VIDEOS], by=by, expires_at=until).key.id
            for name, until in (("a", None), ("b", clock.at + 1000), ("c", None))
        )
        first, second, third = (
            doors.exchange(doors.make_link_token([Scope.VIDEOS], key_id=key)).value
            for key in (kept, expiring, revoked)
        )
        who = doors.authenticate(first)
        assert (who.key_id, who.scopes) == (kept, frozenset({Scope.VIDEOS}))
        assert not ended(doors, second)
        ring.revoke(revoked, by=by)
        clock.go_on(1)
        assert (ended(doors, first), ended(doors, second), ended(doors, third)) == (
            *(False, True, True),
        )
