"""How many pods there shall be: enough for the work, never more than may be, none that idles."""

from dataclasses import replace

import pytest

from talkies.pods.runpod import RentedPod
from talkies.pods.scaling import Owned, Plan, StartRules, plan

NOW = 10_000_000
RULES = StartRules(may_start=True, max_pods=3, idle_seconds=600, start_seconds=480)


def rented(name: str, status: str = "RUNNING") -> RentedPod:
    return RentedPod(
        id=name,
        name=name,
        desired_status=status,
        cost_per_hour=0.86,
        last_started_at=0,
        has_network_volume=False,
    )


def pod(name: str, *, idle: float = 0, silent: float | None = None, busy: bool = False) -> Owned:
    """A pod that runs, without work for `idle` seconds, or that says nothing for `silent`."""
    return Owned(
        rented=rented(name),
        healthy=silent is None,
        busy=busy,
        idle_since=round(NOW - idle * 1_000),
        heard_at=round(NOW - (silent or 0) * 1_000),
    )


def planned(*owned: Owned, rules: StartRules = RULES, jobs: int = 0, room: int = 0) -> Plan:
    return plan(owned, rules, jobs=jobs, room=room, now=NOW)


def names(owned: tuple[Owned, ...]) -> list[str]:
    return [one.rented.name for one in owned]


@pytest.mark.parametrize(
    ("jobs", "room", "running", "starts"),
    [
        *((0, 0, 0, False), (1, 0, 0, True), (1, 0, 1, False), (2, 0, 1, True)),
        *((2, 2, 0, False), (9, 0, 3, False), (9, 0, 2, True), (3, 2, 1, False)),
        (4, 2, 1, True),
    ],
)
def test_a_pod_is_started_where_work_is_left_and_there_may_be_one_more(
    jobs: int, room: int, running: int, starts: bool
) -> None:
    owned = [pod(f"p{n}", busy=True) for n in range(running)]
    assert planned(*owned, jobs=jobs, room=room).start is starts


def test_pods_that_render_several_at_once_are_fewer() -> None:
    rules = replace(RULES, concurrency=4)
    assert not planned(pod("a", busy=True), jobs=4, rules=rules).start
    assert planned(pod("a", busy=True), jobs=5, rules=rules).start


def test_without_the_switch_nothing_is_started_and_what_idles_is_stopped() -> None:
    rules = replace(RULES, may_start=False, min_warm=2)
    found = planned(pod("a", idle=601), jobs=0, rules=rules)
    assert (found.start, names(found.idle)) == (False, ["a"])


def test_what_idles_is_stopped_after_a_while_the_longest_first() -> None:
    found = planned(pod("a", idle=700), pod("b", idle=900), pod("c", idle=599))
    assert names(found.idle) == ["b", "a"]
    assert names(planned(pod("a", idle=700), pod("b", idle=900), jobs=1).idle) == ["b"]


def test_what_works_or_starts_is_not_stopped() -> None:
    found = planned(pod("a", idle=9_999, busy=True), pod("b", idle=9_999, silent=479))
    assert found == Plan()


def test_some_stay_warm() -> None:
    rules = replace(RULES, min_warm=2)
    assert planned(rules=rules).start
    assert planned(pod("a"), rules=rules).start
    found = planned(*(pod(name, idle=999) for name in "abc"), rules=rules)
    assert len(found.idle) == 1


def test_a_pod_that_never_answers_is_given_up_and_counts_until_it_is_gone() -> None:
    dead = [pod(name, silent=480) for name in "abc"]
    found = planned(*dead, jobs=3)
    assert names(found.hopeless) == ["a", "b", "c"]
    assert not found.start
    assert planned(dead[0], jobs=3).start


def test_stopped_pods_are_nothing_to_stop() -> None:
    gone = Owned(rented=rented("a", "EXITED"))
    assert planned(gone) == Plan()
    assert planned(gone, jobs=1).start
