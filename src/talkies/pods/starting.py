"""Starts pods at RunPod when videos wait, and stops them when none do.

`tick` is a chore: one process of all does it at a time. What it knows between two ticks it reads
from RunPod (our pods by the beginning of their names) and from the workers' book, so any process
may do the next one.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from talkies.errors import PodFailure
from talkies.kit.clock import Clock, now
from talkies.pods.book import PodBook, Use
from talkies.pods.client import Connect, Probe
from talkies.pods.discovery import Rented
from talkies.pods.runpod import RentedPod
from talkies.pods.scaling import Owned, StartRules, plan

#: Our notes in the book: starts that failed, and names for which a pod was asked a moment ago.
NOTE: Final = "starting"
ASKED: Final = "asked"

#: Milliseconds in which RunPod has to list a pod that it was asked for.
LISTED_IN: Final = 180_000

#: Seconds for which what the note says is believed by those who wait for a pod.
BELIEVED_SECONDS: Final = 5.0

log = logging.getLogger(__name__)


class Starter:
    """Keeps as many rented pods as there is work for, and never more than it may."""

    def __init__(
        self,
        rented: Rented,
        connect: Connect,
        book: PodBook,
        rules: StartRules,
        *,
        demand: Callable[[], int],
        room: Callable[[], int] = lambda: 0,
        clock: Clock = now,
    ) -> None:
        """`demand` is how many videos wait for pods or are made by them now.

        `room` is how many of them pods can make that are not rented by us.
        """
        self._api = rented.api
        self._blueprint = rented.blueprint
        self._rented = rented
        self._connect = connect
        self._book = book
        self._rules = rules
        self._demand = demand
        self._room = room
        self._clock = clock
        self._first_seen: dict[str, int] = {}
        self._answered: dict[str, int] = {}
        self._worked: dict[str, int] = {}
        self._hope = (False, 0.0)

    def tick(self) -> None:
        """Look at our pods, stop those that are not needed, start one that is.

        Raises `PodFailure` where RunPod cannot be asked, and `Unavailable`.
        """
        owned = self._owned(self._mine())
        asked = plan(owned, self._rules, jobs=self._demand(), room=self._room(), now=self._clock())
        if any(one.healthy for one in owned) and self._failures():
            self._book.write_note(NOTE, {})
        for one in asked.idle:
            self._stop(one.rented, "has nothing to do")
        for one in asked.hopeless:
            self._stop(one.rented, f"did not answer for {self._rules.start_seconds:.0f} s")
            self._count_failure()
        if asked.start and not self._resting():
            self._start()

    @property
    def may_start(self) -> bool:
        """Whether pods may be started at all."""
        return self._rules.may_start

    def growing(self) -> bool:
        """Whether a pod may come that is not there yet."""
        hopeful, at = self._hope
        if time.monotonic() - at >= BELIEVED_SECONDS or not at:
            hopeful = self._rules.may_start and not self._resting()
            self._hope = (hopeful, time.monotonic())
        return hopeful

    def stop_all(self) -> tuple[str, ...]:
        """Stop every pod of ours that runs; their names."""
        mine = [one for one in self._mine() if one.running]
        for one in mine:
            self._stop(one, "was told to")
        return tuple(one.name for one in mine)

    def start_one(self) -> bool:
        """Start a pod, unless there are as many as there may be; whether one was."""
        running = [one for one in self._mine() if one.running]
        return len(running) < self._rules.max_pods and self._start()

    def _mine(self) -> list[RentedPod]:
        """Our pods that exist; of two with one name, which two processes made, one goes."""
        found = sorted(self._api.pods(self._blueprint), key=lambda one: (one.name, one.id))
        ours = [
            one
            for one in found
            if one.name.startswith(self._rules.prefix) and (one.running or one.stopped)
        ]
        kept: dict[str, RentedPod] = {}
        for one in ours:
            if one.name in kept:
                log.warning("the pod %s is there twice: %s goes", one.name, one.id)
                self._api.terminate(one.id)
            else:
                kept[one.name] = one
        return list(kept.values())

    def _owned(self, mine: Sequence[RentedPod]) -> list[Owned]:
        running = [one for one in mine if one.running]
        if not running:
            return [Owned(rented=one) for one in mine]
        with ThreadPoolExecutor(len(running), "pod-look") as threads:
            probes = dict(
                zip((o.id for o in running), threads.map(self._probe, running), strict=True)
            )
        uses = self._book.uses()
        return [self._one(one, probes.get(one.id), uses.get(one.id, Use())) for one in mine]

    def _one(self, rented: RentedPod, probe: Probe | None, use: Use) -> Owned:
        moment = self._clock()
        seen = self._first_seen.setdefault(rented.id, moment)
        began = rented.last_started_at or seen
        busy = use.running > 0 or (probe is not None and probe.waiting + probe.running > 0)
        if busy:
            self._worked[rented.id] = moment
        if probe is not None:
            self._answered[rented.id] = moment
        worked = max(use.used_at or 0, self._worked.get(rented.id, 0))
        return Owned(
            rented=rented,
            healthy=probe is not None,
            busy=busy,
            idle_since=max(began, worked),
            heard_at=max(began, worked, self._answered.get(rented.id, 0)),
        )

    def _probe(self, rented: RentedPod) -> Probe | None:
        client = self._connect(self._rented.pod_of(rented))
        try:
            return client.probe()
        except PodFailure:
            return None
        finally:
            client.close()

    def _start(self) -> bool:
        """Let one more pod run: one that was stopped, or a new one."""
        mine = self._mine()
        full = sum(one.running for one in mine) >= self._rules.max_pods
        # One that was asked for and is not listed yet may be there, and cost, all the same.
        if full or self._asked({one.name for one in mine}):
            return False
        return any(self._resume(one) for one in mine if one.stopped) or self._create(mine)

    def _asked(self, listed: set[str]) -> set[str]:
        note = self._book.note(ASKED)
        return {
            name
            for name, at in note.items()
            if name not in listed and self._clock() - int(at) < LISTED_IN
        }

    def _resume(self, rented: RentedPod) -> bool:
        try:
            self._api.start(rented.id)
        except PodFailure as failure:
            log.warning("the pod %s does not start again: %s", rented.name, failure.message)
            if rented.has_network_volume:
                # Its machine is taken, and what it had is on the volume: a new one is as good.
                self._api.terminate(rented.id)
            return False
        log.warning("started the pod %s (%s)", rented.name, rented.id)
        return True

    def _create(self, mine: Sequence[RentedPod]) -> bool:
        taken = {one.name for one in mine}
        names = (f"{self._rules.prefix}{n}" for n in range(1, self._rules.max_pods + 1))
        name = next((name for name in names if name not in taken), None)
        if name is None:
            return False
        self._book.write_note(ASKED, {name: self._clock()})
        try:
            made = self._api.create(self._blueprint, name)
        except PodFailure as failure:
            if failure.details["reason"] != "unreachable":
                self._book.write_note(ASKED, {})
            raise
        price = "" if made.cost_per_hour is None else f" for ${made.cost_per_hour:.2f} an hour"
        log.warning("rented the pod %s (%s)%s", name, made.id, price)
        return True

    def _stop(self, rented: RentedPod, why: str) -> None:
        """Stop a pod; one that cannot be stopped is given back."""
        log.warning("stopping the pod %s (%s): it %s", rented.name, rented.id, why)
        try:
            self._api.stop(rented.id)
        except PodFailure as failure:
            log.warning("it cannot be stopped and is given back: %s", failure.message)
            self._api.terminate(rented.id)

    def _failures(self) -> int:
        return int(self._book.note(NOTE).get("failures", 0))

    def _count_failure(self) -> None:
        note = {"failures": self._failures() + 1, "at": self._clock()}
        self._book.write_note(NOTE, note)
        if note["failures"] >= self._rules.most_failures:
            hours = self._rules.rest_seconds / 3_600
            log.error(
                "%d pods did not become well: none is started for %.1f h",
                *(note["failures"], hours),
            )

    def _resting(self) -> bool:
        """Whether too many starts came to nothing lately."""
        note = self._book.note(NOTE)
        rested = self._clock() - int(note.get("at", 0)) >= self._rules.rest_seconds * 1_000
        return int(note.get("failures", 0)) >= self._rules.most_failures and not rested
