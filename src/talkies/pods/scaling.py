"""How many rented pods there shall be: a rule without side effects."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from talkies.pods.runpod import RentedPod


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRules:
    """What renting may cost."""

    #: Whether any pod may be started; where not, idle ones are stopped all the same.
    may_start: bool = False
    #: Pods that run though there is nothing to do, and that ever exist.
    min_warm: int = 0
    max_pods: int = 1
    #: A pod without work for so long is stopped.
    idle_seconds: float = 600.0
    #: A pod that does not answer for so long is stopped.
    start_seconds: float = 480.0
    #: Videos that one pod renders at once.
    concurrency: int = 1
    #: Starts that came to nothing, one after another, after which none is tried for a while.
    most_failures: int = 3
    rest_seconds: float = 3_600.0
    #: How the names of our pods begin.
    prefix: str = "talkies-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """One pod of ours at RunPod. Moments are UTC milliseconds."""

    rented: RentedPod
    healthy: bool = False
    busy: bool = False
    #: When it last had work, or began to run.
    idle_since: int = 0
    #: When it last answered, or began to run.
    heard_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done now."""

    #: Whether one more pod shall run.
    start: bool = False
    #: Pods that have nothing to do any more.
    idle: tuple[Owned, ...] = ()
    #: Pods that do not answer and never may.
    hopeless: tuple[Owned, ...] = ()


def plan(owned: Sequence[Owned], rules: StartRules, *, jobs: int, room: int, now: int) -> Plan:
    """What is to be done for `jobs` videos that wait or are made, `room` of them on other pods."""
    running = [one for one in owned if one.rented.running]
    hopeless = [
        one
        for one in running
        if not one.healthy and now - one.heard_at >= rules.start_seconds * 1_000
    ]
    alive = [one for one in running if one not in hopeless]
    wanted = _wanted(rules, jobs, room)
    idle = sorted(
        (one for one in alive if _is_idle(one, rules, now)), key=lambda one: one.idle_since
    )
    # What is still being stopped may cost, so it counts against the most that there may be.
    more = len(alive) < wanted and len(running) < rules.max_pods
    return Plan(
        start=rules.may_start and more,
        idle=tuple(idle[: max(0, len(alive) - wanted)]),
        hopeless=tuple(hopeless),
    )


def _wanted(rules: StartRules, jobs: int, room: int) -> int:
    needed = math.ceil(max(0, jobs - room) / rules.concurrency)
    least = rules.min_warm if rules.may_start else 0
    return min(max(needed, least), rules.max_pods)


def _is_idle(one: Owned, rules: StartRules, now: int) -> bool:
    return one.healthy and not one.busy and now - one.idle_since >= rules.idle_seconds * 1_000
