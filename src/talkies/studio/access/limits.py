"""Rate limits: how many requests in a minute one key, and one of its users, may make."""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from talkies.errors import RateLimited
from talkies.studio.access.principal import Principal

#: Seconds of the window in which requests are counted; it moves with the time.
WINDOW_SECONDS: Final = 60

#: Seconds to wait for Redis, and between two warnings that it does not answer.
REDIS_SECONDS: Final = 1.0
WARNING_EVERY: Final = 60.0

#: Counters of this process alone.
IN_MEMORY: Final = "memory://"

#: Counters held in memory at once; a flood of invented users begins again with none.
COUNTERS: Final = 100_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Requests a minute, where a key has no limit of its own; 0 is no limit."""

    per_key: int
    per_user: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Where a client stands, for its answer's headers (draft-ietf-httpapi-ratelimit-headers)."""

    #: `key` or `user`: the limit that is nearest to being reached.
    policy: str
    limit: int
    remaining: int
    #: Until the oldest request that counts leaves the window.
    reset_seconds: int
    window_seconds: int = WINDOW_SECONDS

    def headers(self) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy`, as the draft writes them."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={self.window_seconds}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset_seconds}',
        }


class Limiter:
    """Counts requests in memory, or in Redis where several processes share the count."""

    def __init__(
        self, defaults: RateLimits, storage_uri: str = IN_MEMORY, *, counters: int = COUNTERS
    ) -> None:
        """`storage_uri` is `memory://`, `redis://…` or `rediss://…`."""
        self._defaults = defaults
        self._storage = _storage(storage_uri)
        self._window = MovingWindowRateLimiter(self._storage)
        self._counters = counters
        self._warned_at = -WARNING_EVERY

    def hit(self, principal: Principal, user_id: str | None = None) -> Verdict | None:
        """Count one request; None where nothing limits it.

        Raises `RateLimited` with `retry_after_seconds` in its details. Where Redis does not
        answer, requests pass and a warning is logged: a limit protects the service, and shall
        not be what stops it.
        """
        self._bound()
        try:
            verdicts = [self._count(*due) for due in self._due(principal, user_id)]
        except StorageError as error:
            self._warn(error)
            return None
        return min(verdicts, key=lambda one: one.remaining / one.limit, default=None)

    def _due(
        self, principal: Principal, user_id: str | None
    ) -> Iterator[tuple[str, RateLimitItem, tuple[str, ...]]]:
        """The limits that apply: each with its policy's name, and whom it counts."""
        owner = principal.key_id or principal.name
        own = principal.requests_per_minute
        per_key = self._defaults.per_key if own is None else own
        if per_key:
            yield "key", RateLimitItemPerMinute(per_key), ("key", owner)
        if user_id is not None and self._defaults.per_user:
            item = RateLimitItemPerMinute(self._defaults.per_user)
            yield "user", item, ("user", owner, user_id)

    def _count(self, policy: str, item: RateLimitItem, name: tuple[str, ...]) -> Verdict:
        passed = self._window.hit(item, *name)
        stats = self._window.get_window_stats(item, *name)
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        verdict = Verdict(
            policy=policy,
            limit=item.amount,
            remaining=max(0, stats.remaining),
            reset_seconds=seconds,
        )
        if not passed:
            raise RateLimited(
                f"More than {item.amount} requests in a minute by this {policy}.",
                details={
                    "retry_after_seconds": seconds,
                    "limit": item.amount,
                    "policy": policy,
                    "window_seconds": WINDOW_SECONDS,
                },
            )
        return verdict

    def _bound(self) -> None:
        # The library drops what it counted, and never the lists it counted in.
        if isinstance(self._storage, MemoryStorage) and len(self._storage.events) > self._counters:
            self._storage.reset()

    def _warn(self, error: StorageError) -> None:
        if time.monotonic() - self._warned_at >= WARNING_EVERY:
            self._warned_at = time.monotonic()
            log.warning("Requests are not being limited: Redis does not answer. %s", error)


def _storage(uri: str) -> MemoryStorage | RedisStorage:
    if uri == IN_MEMORY:
        return MemoryStorage()
    seconds = REDIS_SECONDS
    return RedisStorage(
        uri, wrap_exceptions=True, socket_timeout=seconds, socket_connect_timeout=seconds
    )
