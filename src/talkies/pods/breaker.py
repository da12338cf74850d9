"""When a pod that fails is left alone, and when it is tried again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    """Named as in electrics: closed conducts."""

    CLOSED = "closed"
    #: It failed too often and rests.
    OPEN = "open"
    #: It has rested: one piece of work shows whether it does again.
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When it opens and for how long."""

    #: Failures in a row.
    failures: int = 3
    #: The first rest; each further one is double, up to the longest.
    rest_seconds: float = 30.0
    most_rest_seconds: float = 600.0


class Breaker:
    """The breaker of one pod. Its owner lets one thread in at a time."""

    def __init__(self, rules: BreakerRules, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules
        self._clock = clock
        self._failures = 0
        self._opened = 0
        self._until: float | None = None

    @property
    def state(self) -> BreakerState:
        if self._until is None:
            return BreakerState.CLOSED
        rested = self._clock() >= self._until
        return BreakerState.HALF_OPEN if rested else BreakerState.OPEN

    @property
    def failures(self) -> int:
        """Failures since it last did well."""
        return self._failures

    @property
    def rest_seconds(self) -> float:
        """How long it still rests."""
        return 0.0 if self._until is None else max(0.0, self._until - self._clock())

    def succeeded(self) -> None:
        self._failures, self._opened, self._until = 0, 0, None

    def failed(self) -> None:
        """One failure; opens where there were too many, and again where it was tried."""
        self._failures += 1
        if self.state is BreakerState.OPEN:
            return
        if self.state is BreakerState.HALF_OPEN or self._failures >= self._rules.failures:
            rest = self._rules.rest_seconds * 2**self._opened
            self._until = self._clock() + min(rest, self._rules.most_rest_seconds)
            self._opened = min(self._opened + 1, 32)
