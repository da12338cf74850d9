"""The pool: which pod gets the next video, and who has to wait for one."""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from talkies.errors import Canceled, NoPodAvailable, PodFailure
from talkies.kit.clock import Clock, now
from talkies.pods.breaker import Breaker, BreakerRules, BreakerState
from talkies.pods.client import Probe
from talkies.pods.member import Member, PodState
from talkies.pods.pod import Pod

#: Seconds between two looks of somebody who waits, beside those when something changed.
LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRules:
    """How a pool treats its pods and those who wait for one."""

    breaker: BreakerRules = field(default_factory=BreakerRules)
    #: Seconds to wait for a pod where all that there are fail or none is there.
    patience_seconds: float = 60.0
    #: The same where a pod may be started.
    growing_seconds: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which pod somebody wants."""

    engine: str
    #: Names of pods that failed at it.
    without: frozenset[str] = frozenset()
    #: Where the work may already be.
    prefer: str | None = None


class Pool:
    """All pods of this process. Any thread may call anything."""

    def __init__(
        self,
        rules: PoolRules = PoolRules(),
        *,
        growing: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        today: Clock = now,
    ) -> None:
        """`growing` says whether a pod may come that is not there yet: then it is waited for."""
        self._rules = rules
        self._growing = growing
        self._clock = clock
        self._today = today
        self._changed = threading.Condition()
        self._members: dict[str, Member] = {}
        self._choices = 0

    def replace(self, pods: Iterable[Pod]) -> None:
        """These are the pods now; known ones keep their notes, those at work leave at its end."""
        with self._changed:
            listed = {pod.name: pod for pod in pods}
            for name, pod in listed.items():
                known = self._members.get(name)
                if known is not None and known.pod.url == pod.url:
                    known.pod, known.leaving = pod, False
                else:
                    breaker = Breaker(self._rules.breaker, self._clock)
                    self._members[name] = Member(pod=pod, breaker=breaker)
            for name in set(self._members) - set(listed):
                self._members[name].leaving = True
            self._forget()
            self._changed.notify_all()

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The pods that are in the list."""
        with self._changed:
            return tuple(m.pod for m in self._members.values() if not m.leaving)

    def states(self) -> tuple[PodState, ...]:
        """All pods as they are now, by name."""
        with self._changed:
            return tuple(self._members[name].state() for name in sorted(self._members))

    def engines(self) -> frozenset[str]:
        """Every engine that some pod is known to render with."""
        with self._changed:
            members = [m for m in self._members.values() if not m.leaving]
            return frozenset().union(*(m.engines for m in members))

    def heard(self, name: str, probe: Probe) -> None:
        """A pod answered a look at its health."""
        with self._changed:
            if name in self._members:
                self._members[name].heard(probe)
                self._changed.notify_all()

    def unheard(self, name: str, failure: PodFailure) -> None:
        """A pod did not; one that was to be tried again rests again."""
        with self._changed:
            member = self._members.get(name)
            if member is not None:
                member.unheard(failure)
                if member.breaker.state is BreakerState.HALF_OPEN:
                    member.breaker.failed()
                self._changed.notify_all()

    def elsewhere(self, loads: Mapping[str, int]) -> None:
        """How many videos other processes have on each pod."""
        with self._changed:
            for name, member in self._members.items():
                member.elsewhere = loads.get(name, 0)
            self._changed.notify_all()

    @contextlib.contextmanager
    def lend(self, wish: Wish, stop: threading.Event) -> Iterator[Pod]:
        """A place on a pod for as long as the block lasts.

        A `PodFailure` that leaves the block counts against the pod, unless it was only busy; a
        block that ends well counts for it.

        Raises:
            NoPodAvailable: no pod can, and none came in time; `details` has each one's reason.
            Canceled: `stop` was set while there was none.
        """
        member = self._take(wish, stop)
        try:
            yield member.pod
        except PodFailure as failure:
            self._back(member, failure)
            raise
        except BaseException:
            self._back(member, None, judged=False)
            raise
        self._back(member, None)

    def _take(self, wish: Wish, stop: threading.Event) -> Member:
        began = self._clock()
        with self._changed:
            while not stop.is_set():
                member = self._best(wish)
                if member is not None:
                    return self._chosen(member)
                if self._clock() - began >= self._patience(wish):
                    raise self._none(wish)
                self._changed.wait(LOOK_SECONDS)
        raise Canceled("The work was stopped while it waited for a pod.")

    def _best(self, wish: Wish) -> Member | None:
        able = self._able(wish)
        # Where the work is already, it needs no further room.
        liked = (m for m in able if m.pod.name == wish.prefer and m.usable)
        free = (member for member in able if member.free)
        return next(liked, None) or min(free, key=lambda member: member.rank, default=None)

    def _able(self, wish: Wish) -> list[Member]:
        """The pods that might do it at some time."""
        return [
            member
            for member in self._members.values()
            if member.serves(wish.engine)
            and member.pod.name not in wish.without
            and not member.leaving
        ]

    def _patience(self, wish: Wish) -> float:
        """Seconds that it is worth to wait."""
        able = self._able(wish)
        if any(member.usable for member in able):
            return math.inf  # they are only busy
        if self._growing():
            return self._rules.growing_seconds
        # One that is down may come back; who has tried them all need not wait.
        return self._rules.patience_seconds if able else 0.0

    def _chosen(self, member: Member) -> Member:
        self._choices += 1
        member.chosen = self._choices
        member.running += 1
        member.used_at = self._today()
        return member

    def _back(self, member: Member, failure: PodFailure | None, *, judged: bool = True) -> None:
        with self._changed:
            member.running -= 1
            member.used_at = self._today()
            if failure is not None:
                self._blame(member, failure)
            elif judged:
                member.succeeded += 1
                member.last_error, member.up = "", True
                member.breaker.succeeded()
            self._forget()
            self._changed.notify_all()

    def _blame(self, member: Member, failure: PodFailure) -> None:
        member.last_error = failure.message
        if failure.details.get("reason") == "busy":
            return
        member.failed += 1
        member.breaker.failed()

    def _forget(self) -> None:
        gone = [name for name, m in self._members.items() if m.leaving and not m.running]
        for name in gone:
            del self._members[name]

    def _none(self, wish: Wish) -> NoPodAvailable:
        reasons = [
            f"{name}: {self._why_not(self._members[name], wish)}" for name in sorted(self._members)
        ]
        text = "; ".join(reasons) if reasons else "there is none"
        return NoPodAvailable(
            f"No pod can render with {wish.engine} now: {text.rstrip('.')}.",
            details={"pods": reasons},
        )

    def _why_not(self, member: Member, wish: Wish) -> str:
        if member.pod.name in wish.without:
            return f"it failed at this video: {member.last_error or 'nobody knows why'}"
        if not member.serves(wish.engine):
            return f"it renders with {', '.join(sorted(member.engines)) or 'nothing'}"
        return member.reason or "it was taken by others"
