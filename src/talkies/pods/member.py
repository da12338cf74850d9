"""One pod as a pool knows it: its load, its health, and whether it may be given work."""

from dataclasses import dataclass

from talkies.errors import PodFailure
from talkies.pods.breaker import Breaker, BreakerState
from talkies.pods.client import Probe
from talkies.pods.pod import Pod


@dataclass(frozen=True, slots=True, kw_only=True)
class PodState:
    """One pod as the pool sees it, for people and for numbers."""

    name: str
    url: str
    contract: str
    origin: str
    engines: tuple[str, ...]
    #: `ready`, `busy`, `unknown` (not asked yet), `down`, `resting` (its breaker is open),
    #: `trying` (half-open), `leaving` (no longer in the list, still at work).
    state: str
    #: Videos that this process has there, and that the others have.
    running: int
    elsewhere: int
    concurrency: int
    breaker: str
    #: Failures in a row, and videos that went well, since this process knows it.
    failures: int
    succeeded: int
    failed: int
    #: What it last did wrong; empty where it did nothing since.
    last_error: str
    price_per_hour: float | None
    #: When it last had work of this process, in UTC milliseconds.
    used_at: int | None


@dataclass(slots=True, kw_only=True)
class Member:
    """The pool's own notes on one pod. The pool lets one thread in at a time."""

    pod: Pod
    breaker: Breaker
    #: Videos of this process there, and of other processes, as they last said.
    running: int = 0
    elsewhere: int = 0
    #: Jobs of others that it last had.
    foreign: int = 0
    #: None: it was not asked yet.
    up: bool | None = None
    #: What it said it renders with; None: it did not say.
    said_engines: frozenset[str] | None = None
    last_error: str = ""
    #: When it was last chosen, as a count of choices.
    chosen: int = 0
    succeeded: int = 0
    failed: int = 0
    used_at: int | None = None
    #: No longer in the list; it goes when its work is done.
    leaving: bool = False

    @property
    def engines(self) -> frozenset[str]:
        listed = frozenset(self.pod.engines)
        if self.said_engines is None:
            return listed
        return listed & self.said_engines if listed else self.said_engines

    def serves(self, engine: str) -> bool:
        """Whether it renders with the engine; one that never said what it has may."""
        unknown = self.said_engines is None and not self.pod.engines
        return unknown or engine in self.engines

    @property
    def usable(self) -> bool:
        """Whether it may be given work, now or when it has room."""
        return not self.leaving and self.up is not False and not self._resting

    @property
    def free(self) -> bool:
        """Whether it may be given work now."""
        most = 1 if self.breaker.state is BreakerState.HALF_OPEN else self.pod.concurrency
        return self.usable and self.running + self.elsewhere < most

    @property
    def rank(self) -> tuple[float, int]:
        """The lower, the better: its load, and how long ago it was last chosen."""
        jobs = self.running + self.elsewhere + self.foreign
        return jobs / self.pod.concurrency, self.chosen

    @property
    def reason(self) -> str:
        """Why it is given no work; empty where it may be."""
        if self.leaving:
            return "it is no longer in the list"
        if self._resting:
            return f"it failed {self.breaker.failures} times in a row: {self.last_error}"
        if self.up is False:
            return self.last_error or "it does not answer"
        return "" if self.free else "it is busy"

    def heard(self, probe: Probe) -> None:
        """It answered."""
        self.up, self.said_engines = True, probe.engines
        self.foreign = max(0, probe.waiting + probe.running - self.running - self.elsewhere)
        if self.breaker.state is BreakerState.CLOSED:
            self.last_error = ""

    def unheard(self, failure: PodFailure) -> None:
        """It did not answer, or not as it should."""
        self.up, self.last_error = False, failure.message

    def state(self) -> PodState:
        pod = self.pod
        return PodState(
            name=pod.name,
            url=pod.url,
            contract=pod.contract.value,
            origin=pod.origin.value,
            engines=tuple(sorted(self.engines)),
            state=self._word,
            running=self.running,
            elsewhere=self.elsewhere,
            concurrency=pod.concurrency,
            breaker=self.breaker.state.value,
            failures=self.breaker.failures,
            succeeded=self.succeeded,
            failed=self.failed,
            last_error=self.last_error,
            price_per_hour=pod.price_per_hour,
            used_at=self.used_at,
        )

    @property
    def _resting(self) -> bool:
        return self.breaker.state is BreakerState.OPEN

    @property
    def _word(self) -> str:
        if self.leaving:
            return "leaving"
        if self._resting:
            return "resting"
        if self.up is False:
            return "down"
        if self.breaker.state is BreakerState.HALF_OPEN:
            return "trying"
        if not self.free:
            return "busy"
        return "unknown" if self.up is None else "ready"
