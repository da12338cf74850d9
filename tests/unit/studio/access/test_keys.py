import hashlib
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import pytest
from sqlalchemy import Engine, event, select

from talkies.db.engine import reading
from talkies.db.tables import api_keys
from talkies.errors import Conflict, InvalidOption, NotFound, Unauthenticated
from talkies.studio.access.audit import Actor, AuditLog
from talkies.studio.access.key_rows import Key, KeyLimits
from talkies.studio.access.keys import KeyRing
from talkies.studio.access.known_keys import HELD, REMEMBERED, KnownKeys
from talkies.studio.access.principal import Principal, Scope


class Clock(Protocol):
    at: int

    def __call__(self) -> int: ...
    def go_on(self, seconds: float) -> None: ...


@pytest.fixture
def ring(engine: Engine, clock: Clock) -> KeyRing:
    return KeyRing(engine, clock)


def stored(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(select(api_keys)).mappings()]


def refused(ring: KeyRing, secret: str) -> bool:
    try:
        ring.authenticate(secret)
    except Unauthenticated:
        return True
    return False


class TestMaking:
    def test_a_key_opens_what_its_scopes_say(self, ring: KeyRing, by: Actor) -> None:
        limits = KeyLimits(requests_per_minute=7, max_unfinished_jobs=3)
        made = ring.create("  the site ", [Scope.VIDEOS, Scope.AUDIO], by=by, limits=limits)
        who = ring.authenticate(made.secret)
        assert who == Principal(
            key_id=made.key.id,
            name="the site",
            scopes=frozenset({Scope.VIDEOS, Scope.AUDIO}),
            requests_per_minute=7,
            max_unfinished_jobs=3,
        )
        assert not who.is_admin

    def test_secrets_are_long_random_and_marked(self, ring: KeyRing, by: Actor) -> None:
        made = [ring.create(f"k{n}", [Scope.VIDEOS], by=by) for n in range(20)]
        assert len({one.secret for one in made}) == 20
        assert all(re.fullmatch(r"tk_[A-Za-z0-9_-]{43}", one.secret) for one in made)
        assert all(
            re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", one.webhook_secret or "") for one in made
        )

    def test_only_the_hash_of_a_secret_is_kept(
        self, ring: KeyRing, by: Actor, engine: Engine
    ) -> None:
        made = ring.create("k", [Scope.VIDEOS], by=by)
        (row,) = stored(engine)
        assert row["hash"] == hashlib.sha256(made.secret.encode()).hexdigest()
        assert made.secret not in repr(row)
        assert made.key.prefix == made.secret[:11]

    @pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines", "env-1"])
    def test_names_that_make_no_sense_are_refused(
        self, ring: KeyRing, by: Actor, name: str
    ) -> None:
        with pytest.raises(InvalidOption):
            ring.create(name, [Scope.VIDEOS], by=by)

    def test_a_key_without_a_scope_or_a_future_is_refused(
        self, ring: KeyRing, by: Actor, clock: Clock
    ) -> None:
        with pytest.raises(InvalidOption, match="scope"):
            ring.create("k", [], by=by)
        with pytest.raises(InvalidOption, match="expired"):
            ring.create("k", [Scope.VIDEOS], by=by, expires_at=clock.at)
        with pytest.raises(InvalidOption, match="below 0"):
            ring.create("k", [Scope.VIDEOS], by=by, limits=KeyLimits(requests_per_minute=-1))
        assert ring.list() == ()

    def test_a_creation_that_was_cut_off_is_made_anew_under_its_id(
        self, ring: KeyRing, by: Actor
    ) -> None:
        lost = ring.create("k", [Scope.VIDEOS], by=by, key_id="key_fixed")
        made = ring.create("k", [Scope.VIDEOS], by=by, key_id="key_fixed")
        assert [key.id for key in ring.list()] == ["key_fixed"]
        assert refused(ring, lost.secret)
        assert ring.authenticate(made.secret).key_id == "key_fixed"


class TestEnding:
    def test_unknown_secrets_open_nothing(self, ring: KeyRing) -> None:
        for secret in ("", "tk_", "tk_" + "a" * 43, "ключ", "\x00", "x" * 100_000):
            with pytest.raises(Unauthenticated):
                ring.authenticate(secret)

    def test_a_key_expires(self, ring: KeyRing, by: Actor, clock: Clock) -> None:
        made = ring.create("k", [Scope.VIDEOS], by=by, expires_at=clock.at + 1_500)
        assert not refused(ring, made.secret)
        clock.go_on(1.499)
        assert not refused(ring, made.secret)
        clock.go_on(0.001)
        assert refused(ring, made.secret)

    def test_a_revoked_key_opens_nothing_at_once(self, ring: KeyRing, by: Actor) -> None:
        made, other = (ring.create(name, [Scope.VIDEOS], by=by) for name in "ab")
        assert not refused(ring, made.secret)
        assert not refused(ring, other.secret)
        gone = ring.revoke(made.key.id, by=by)
        assert gone.revoked_at is not None
        assert refused(ring, made.secret)
        assert not refused(ring, other.secret)
        assert ring.revoke(made.key.id, by=by) == gone

    def test_other_processes_let_a_revoked_key_in_for_less_than_five_seconds(
        self, ring: KeyRing, engine: Engine, by: Actor, clock: Clock
    ) -> None:
        made = ring.create("k", [Scope.VIDEOS], by=by)
        elsewhere = KeyRing(engine, clock)
        elsewhere.authenticate(made.secret)
        ring.revoke(made.key.id, by=by)
        assert not refused(elsewhere, made.secret)
        assert REMEMBERED < 5_000
        clock.go_on(REMEMBERED / 1000)
        assert refused(elsewhere, made.secret)

    def test_there_is_no_key_to_revoke_rotate_or_show(self, ring: KeyRing, by: Actor) -> None:
        for ask in (
            lambda: ring.revoke("key_x", by=by),
            lambda: ring.rotate("key_x", by=by),
            lambda: ring.rotate_webhook_secret("key_x", by=by),
            lambda: ring.get("key_x"),
        ):
            with pytest.raises(NotFound, match="key_x"):
                ask()


class TestRotation:
    def test_the_old_secret_is_good_for_the_grace_period(
        self, ring: KeyRing, by: Actor, clock: Clock
    ) -> None:
        old = ring.create("k", [Scope.VIDEOS], by=by)
        new = ring.rotate(old.key.id, by=by, grace_seconds=60)
        assert new.secret != old.secret
        assert new.webhook_secret is None
        assert ring.authenticate(new.secret) == ring.authenticate(old.secret)
        clock.go_on(59.999)
        assert not refused(ring, old.secret)
        clock.go_on(0.001)
        assert refused(ring, old.secret)
        assert not refused(ring, new.secret)

    def test_without_a_grace_period_the_old_secret_ends_at_once(
        self, ring: KeyRing, by: Actor
    ) -> None:
        old = ring.create("k", [Scope.VIDEOS], by=by)
        ring.authenticate(old.secret)
        new = ring.rotate(old.key.id, by=by)
        assert refused(ring, old.secret)
        assert new.key.prefix == new.secret[:11]

    def test_a_second_rotation_ends_the_first_secret(self, ring: KeyRing, by: Actor) -> None:
        first = ring.create("k", [Scope.VIDEOS], by=by)
        second = ring.rotate(first.key.id, by=by, grace_seconds=60)
        third = ring.rotate(first.key.id, by=by, grace_seconds=60)
        assert refused(ring, first.secret)
        assert not refused(ring, second.secret)
        assert not refused(ring, third.secret)

    def test_the_webhook_secret_has_a_rotation_of_its_own(
        self, ring: KeyRing, by: Actor, engine: Engine, clock: Clock
    ) -> None:
        made = ring.create("k", [Scope.VIDEOS], by=by)
        secret = ring.rotate_webhook_secret(made.key.id, by=by, grace_seconds=10)
        (row,) = stored(engine)
        assert row["webhook_secret"] == secret
        assert row["previous_webhook_secret"] == made.webhook_secret
        assert row["previous_webhook_secret_expires_at"] == clock.at + 10_000
        assert not refused(ring, made.secret)

    def test_what_is_not_good_is_not_rotated(self, ring: KeyRing, by: Actor, clock: Clock) -> None:
        made = ring.create("k", [Scope.VIDEOS], by=by, expires_at=clock.at + 1000)
        with pytest.raises(InvalidOption, match="negative"):
            ring.rotate(made.key.id, by=by, grace_seconds=-1)
        clock.go_on(1)
        with pytest.raises(Conflict):
            ring.rotate(made.key.id, by=by)
        with pytest.raises(Conflict):
            ring.rotate_webhook_secret(made.key.id, by=by)


class TestListing:
    def test_newest_come_first_and_revoked_ones_only_when_asked_for(
        self, ring: KeyRing, by: Actor, clock: Clock
    ) -> None:
        made: list[Key] = []
        for name in "abc":
            clock.go_on(1)
            made.append(ring.create(name, [Scope.VIDEOS], by=by).key)
        ring.revoke(made[1].id, by=by)
        assert [key.name for key in ring.list()] == ["c", "a"]
        assert [key.name for key in ring.list(revoked=True)] == ["c", "b", "a"]
        assert ring.get(made[0].id) == made[0]


class TestUse:
    def test_the_last_use_is_written_at_most_once_a_minute(
        self, ring: KeyRing, by: Actor, engine: Engine, clock: Clock
    ) -> None:
        made = ring.create("k", [Scope.VIDEOS], by=by)
        writes: list[str] = []
        event.listen(
            engine,
            "before_cursor_execute",
            lambda _c, _u, statement, *_: writes.append(statement),
        )
        for _ in range(14):
            ring.authenticate(made.secret)
            clock.go_on(4)
        assert sum(one.startswith("UPDATE") for one in writes) == 1
        assert ring.get(made.key.id).last_used_at == clock.at - 56_000
        clock.go_on(4)
        ring.authenticate(made.secret)
        assert ring.get(made.key.id).last_used_at == clock.at

    def test_another_process_that_wrote_it_counts(
        self, ring: KeyRing, by: Actor, engine: Engine, clock: Clock
    ) -> None:
        made = ring.create("k", [Scope.VIDEOS], by=by)
        ring.authenticate(made.secret)
        written = clock.at
        clock.go_on(30)
        KeyRing(engine, clock).authenticate(made.secret)
        assert ring.get(made.key.id).last_used_at == written

    def test_a_busy_key_asks_the_database_once_in_a_while(
        self, ring: KeyRing, by: Actor, engine: Engine, clock: Clock
    ) -> None:
        made = ring.create("k", [Scope.VIDEOS], by=by)
        ring.authenticate(made.secret)
        asked: list[str] = []
        event.listen(
            engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement)
        )
        for _ in range(100):
            ring.authenticate(made.secret)
        assert asked == []


class TestKnownKeys:
    def test_a_flood_of_keys_is_not_kept(self, clock: Clock) -> None:
        known = KnownKeys(clock)
        who = Principal(key_id="k", name="k", scopes=frozenset())
        for number in range(HELD + 1):
            known.remember(str(number), who, until=None)
        assert known.find("0") is None
        assert known.find(str(HELD)) == who


class TestAudit:
    def test_every_change_is_in_the_log_with_who_did_it(
        self, ring: KeyRing, by: Actor, engine: Engine
    ) -> None:
        made = ring.create("k", [Scope.VIDEOS], by=by)
        ring.rotate(made.key.id, by=by, grace_seconds=5)
        ring.rotate_webhook_secret(made.key.id, by=by)
        ring.revoke(made.key.id, by=by)
        ring.revoke(made.key.id, by=by)
        log = AuditLog(engine).list()
        assert [one.action for one in log] == [
            *("key.revoke", "key.rotate_webhook_secret", "key.rotate", "key.create"),
        ]
        assert {(one.actor, one.request_id, one.subject) for one in log} == {
            ("tester", "req_1", made.key.id)
        }
        assert made.secret not in repr(log)


class TestAdoption:
    def test_secrets_of_the_environment_are_keys_with_every_scope(
        self, ring: KeyRing, engine: Engine
    ) -> None:
        keys = ring.adopt(["first-secret-of-the-environment", "second-secret-of-the-environment"])
        assert [key.name for key in keys] == ["env-1", "env-2"]
        who = ring.authenticate("second-secret-of-the-environment")
        assert (who.key_id, who.is_admin) == (keys[1].id, True)
        assert "secret-of" not in repr(stored(engine))

    def test_a_second_start_changes_nothing(self, ring: KeyRing, engine: Engine) -> None:
        once = ring.adopt(["a-secret-of-the-environment"])
        assert ring.adopt(["a-secret-of-the-environment"]) == once
        assert len(AuditLog(engine).list()) == 1

    def test_what_is_removed_from_the_environment_is_revoked_and_may_come_back(
        self, ring: KeyRing, clock: Clock
    ) -> None:
        secret = "a-secret-of-the-environment"  # noqa: S105
        (key,) = ring.adopt([secret])
        ring.adopt([])
        assert refused(ring, secret)
        assert ring.get(key.id).revoked_at == clock.at
        (back,) = ring.adopt([secret])
        assert back.id == key.id
        assert not refused(ring, secret)

    def test_what_was_revoked_by_hand_stays_so(
        self, ring: KeyRing, by: Actor, caplog: pytest.LogCaptureFixture
    ) -> None:
        secret = "a-secret-of-the-environment"  # noqa: S105
        (key,) = ring.adopt([secret])
        ring.revoke(key.id, by=by)
        with caplog.at_level(logging.WARNING):
            assert ring.adopt([secret]) == ()
        assert refused(ring, secret)
        assert "Key 1 of API_KEYS was revoked and stays so" in caplog.text
        assert secret not in caplog.text

    def test_other_keys_are_left_alone_also_where_the_environment_has_them(
        self, ring: KeyRing, by: Actor
    ) -> None:
        made, other = (ring.create(name, [Scope.VIDEOS], by=by) for name in "ab")
        (adopted,) = ring.adopt([made.secret])
        assert adopted == made.key
        ring.adopt([])
        assert not refused(ring, made.secret)
        assert not refused(ring, other.secret)

    def test_a_short_secret_is_taken_with_a_warning_that_does_not_show_it(
        self, ring: KeyRing, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            (key,) = ring.adopt(["dev-key"])
        assert ring.authenticate("dev-key").key_id == key.id
        assert "may be guessed" in caplog.text
        assert "dev-key" not in caplog.text + repr(stored(engine))

    def test_the_same_secret_twice_is_one_key(self, ring: KeyRing) -> None:
        assert len(ring.adopt(["a-secret-of-the-environment"] * 2)) == 1

    def test_processes_that_start_at_once_adopt_the_same_keys(
        self, any_engine: Engine, clock: Clock
    ) -> None:
        secrets = [f"secret-number-{number}-of-the-environment" for number in range(3)]
        start = threading.Barrier(6)

        def begin(_: int) -> tuple[str, ...]:
            start.wait()
            return tuple(key.id for key in KeyRing(any_engine, clock).adopt(secrets))

        with ThreadPoolExecutor(6) as threads:
            adopted = set(threads.map(begin, range(6)))
        assert len(adopted) == 1
