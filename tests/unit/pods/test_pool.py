"""The pool gives each video to the pod that has most room, and none to those that fail."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from talkies.errors import Canceled, InvalidInput, NoPodAvailable
from talkies.pods.breaker import BreakerRules
from talkies.pods.client import Probe, pod_failure
from talkies.pods.pod import Contract, Pod
from talkies.pods.pool import Pool, PoolRules, Wish

WISH = Wish(engine="x")
NEVER = threading.Event()


def pod(name: str, **given: object) -> Pod:
    facts = {"url": f"https://{name}.example", "engines": ("x",), **given}
    return Pod(name=name, **facts)  # type: ignore[arg-type]


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def pool(*pods: Pod, time: Time | None = None, growing: bool = False, **rules: float) -> Pool:
    quick = {"patience_seconds": 0.0, "growing_seconds": 0.0, **rules}
    made = Pool(
        PoolRules(breaker=BreakerRules(failures=2, rest_seconds=10), **quick),  # type: ignore[arg-type]
        growing=lambda: growing,
        clock=time or Time(),
        today=lambda: 1_000,
    )
    made.replace(pods)
    return made


def fail(pods: Pool, name: str, reason: str = "answer", times: int = 1) -> None:
    others = frozenset(p.name for p in pods.pods if p.name != name)
    for _ in range(times):
        with (
            pytest.raises(type(pod_failure(pod(name), reason, "broke."))),
            pods.lend(Wish(engine="x", without=others), NEVER) as lent,
        ):
            raise pod_failure(lent, reason, "broke.")


def next_of(pods: Pool, wish: Wish = WISH) -> str:
    with pods.lend(wish, NEVER) as lent:
        return lent.name


def state(pods: Pool, name: str) -> str:
    return next(one.state for one in pods.states() if one.name == name)


def test_pods_that_are_equal_take_turns() -> None:
    pods = pool(pod("a"), pod("b"), pod("c"))
    assert [next_of(pods) for _ in range(6)] == ["a", "b", "c", "a", "b", "c"]


def test_the_one_with_the_least_work_for_its_size_is_chosen() -> None:
    pods = pool(pod("small"), pod("large", concurrency=4))
    with ExitStack() as held:
        names = [held.enter_context(pods.lend(WISH, NEVER)).name for _ in range(5)]
    assert sorted(names) == ["large"] * 4 + ["small"]
    assert names[:2] == ["small", "large"]


def test_what_others_have_there_counts() -> None:
    pods = pool(pod("a", concurrency=2), pod("b", concurrency=2))
    pods.elsewhere({"a": 1})
    assert next_of(pods) == "b"
    pods.elsewhere({"a": 2, "b": 1})
    assert [next_of(pods), next_of(pods)] == ["b", "b"]
    pods.elsewhere({})
    pods.heard("b", Probe(waiting=3))
    assert next_of(pods) == "a"


def test_a_full_pool_is_waited_for() -> None:
    pods = pool(pod("a"))
    got, asked = threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        next_of(pods)
        got.set()

    with pods.lend(WISH, NEVER):
        thread = threading.Thread(target=wait)
        thread.start()
        asked.wait(60)
        assert not got.wait(0.05)
        assert state(pods, "a") == "busy"
    assert got.wait(60)
    thread.join()


def test_who_waits_can_be_stopped() -> None:
    pods, stop = pool(pod("a")), threading.Event()
    stop.set()
    with (
        pods.lend(WISH, NEVER),
        pytest.raises(Canceled),
        pods.lend(WISH, stop),
    ):
        pass


def test_a_pod_that_failed_at_this_video_is_left_out() -> None:
    pods = pool(pod("a"), pod("b"))
    assert next_of(pods, Wish(engine="x", without=frozenset({"a"}))) == "b"
    fail(pods, "a")
    with (
        pytest.raises(NoPodAvailable) as raised,
        pods.lend(Wish(engine="x", without=frozenset({"a", "b"})), NEVER),
    ):
        pass
    assert raised.value.details["pods"] == [
        "a: it failed at this video: The pod a broke.",
        "b: it failed at this video: nobody knows why",
    ]


def test_a_pod_that_fails_again_and_again_rests_and_is_tried_with_one_video() -> None:
    time = Time()
    pods = pool(pod("a", concurrency=5), time=time)
    fail(pods, "a", times=2)
    assert state(pods, "a") == "resting"
    with pytest.raises(NoPodAvailable, match=r"failed 2 times in a row: The pod a broke\.$"):
        next_of(pods)
    time.now = 10
    assert state(pods, "a") == "trying"
    with pods.lend(WISH, NEVER):
        assert state(pods, "a") == "trying"
        stop = threading.Event()
        timer = threading.Timer(0.05, stop.set)
        timer.start()
        with pytest.raises(Canceled), pods.lend(WISH, stop):
            pass
        timer.join()
    assert state(pods, "a") == "ready"


def test_a_failed_try_rests_again_and_so_does_a_failed_look() -> None:
    time = Time()
    pods = pool(pod("a"), time=time)
    fail(pods, "a", times=2)
    time.now = 10
    fail(pods, "a")
    assert state(pods, "a") == "resting"
    time.now = 30
    pods.unheard("a", pod_failure(pod("a"), "unreachable", "is away."))
    assert state(pods, "a") == "resting"


def test_a_pod_that_is_only_busy_is_not_blamed() -> None:
    pods = pool(pod("a"))
    fail(pods, "a", reason="busy", times=5)
    assert next_of(pods) == "a"
    assert pods.states()[0].failed == 0


def test_what_is_the_fault_of_the_order_is_not_the_pods() -> None:
    pods = pool(pod("a"))
    for _ in range(3):
        with pytest.raises(InvalidInput), pods.lend(WISH, NEVER):
            raise InvalidInput
    assert pods.states()[0].failures == 0
    assert pods.states()[0].running == 0


def test_a_pod_that_does_not_answer_gets_nothing_until_it_does() -> None:
    pods = pool(pod("a"), pod("b"))
    pods.unheard("a", pod_failure(pod("a"), "unreachable", "is away."))
    assert [next_of(pods), next_of(pods)] == ["b", "b"]
    assert state(pods, "a") == "down"
    pods.heard("a", Probe())
    assert next_of(pods) == "a"


def test_a_pod_that_may_come_back_is_waited_for() -> None:
    pods = pool(pod("a"), patience_seconds=100)
    pods.unheard("a", pod_failure(pod("a"), "unreachable", "is away."))
    timer = threading.Timer(0.05, pods.heard, ("a", Probe()))
    timer.start()
    assert next_of(pods) == "a"
    timer.join()


def test_a_pod_that_is_being_started_is_waited_for() -> None:
    pods = pool(growing=True, growing_seconds=100)
    timer = threading.Timer(0.05, pods.replace, ([pod("new")],))
    timer.start()
    assert next_of(pods) == "new"
    timer.join()


def test_without_a_pod_it_is_said_at_once() -> None:
    with pytest.raises(NoPodAvailable, match="there is none") as raised:
        next_of(pool(patience_seconds=100))
    assert raised.value.retryable


def test_each_pod_renders_with_its_own_engines() -> None:
    pods = pool(pod("a"), pod("b", engines=("y",)), pod("c", engines=()))
    assert next_of(pods, Wish(engine="y")) in {"b", "c"}
    pods.heard("c", Probe(engines=frozenset({"z"})))
    assert next_of(pods, Wish(engine="z")) == "c"
    assert pods.engines() == {"x", "y", "z"}
    pods.heard("a", Probe(engines=frozenset({"y"})))
    with pytest.raises(NoPodAvailable, match="a: it renders with nothing"):
        next_of(pods, Wish(engine="x"))


def test_a_pod_that_never_said_what_it_has_is_asked_again() -> None:
    pods = pool(pod("a", engines=()))
    assert [next_of(pods), next_of(pods)] == ["a", "a"]


def test_where_the_work_is_already_it_goes_on_whatever_the_load() -> None:
    pods = pool(pod("a"), pod("b"))
    pods.elsewhere({"b": 1})
    assert next_of(pods, Wish(engine="x", prefer="b")) == "b"
    pods.elsewhere({})
    fail(pods, "b", times=2)
    assert next_of(pods, Wish(engine="x", prefer="b")) == "a"


def test_a_pod_that_leaves_the_list_ends_its_work_first() -> None:
    pods = pool(pod("a"), pod("b"))
    with pods.lend(Wish(engine="x", prefer="a"), NEVER):
        pods.replace([pod("b")])
        assert state(pods, "a") == "leaving"
        assert next_of(pods) == "b"
    assert [one.name for one in pods.states()] == ["b"]


def test_a_pod_that_stays_keeps_its_notes_and_takes_new_facts() -> None:
    pods = pool(pod("a"))
    fail(pods, "a", times=2)
    pods.replace([pod("a", concurrency=3)])
    (known,) = pods.states()
    assert (known.state, known.concurrency) == ("resting", 3)
    pods.replace([pod("a", url="https://other.example")])
    assert state(pods, "a") == "unknown"


def test_what_is_said_of_a_pod_that_is_gone_is_passed_over() -> None:
    pods = pool(pod("a"))
    pods.heard("gone", Probe())
    pods.unheard("gone", pod_failure(pod("gone"), "unreachable", "is away."))
    assert len(pods.states()) == 1


def test_the_states_say_all_that_people_want_to_know() -> None:
    pods = pool(pod("a", api_key="hidden", price_per_hour=0.5))
    assert state(pods, "a") == "unknown"
    next_of(pods)
    (known,) = pods.states()
    assert (known.state, known.succeeded, known.used_at) == ("ready", 1, 1_000)
    assert (known.contract, known.price_per_hour) == (Contract.TALKIES, 0.5)
    assert "hidden" not in repr(known)


@contextmanager
def crowd(count: int, work: object) -> Iterator[list[threading.Thread]]:
    threads = [threading.Thread(target=work) for _ in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join()


def test_many_threads_never_have_more_places_than_there_are() -> None:
    pods = pool(pod("a", concurrency=2), pod("b"))
    lock, now, most = threading.Lock(), {"a": 0, "b": 0}, {"a": 0, "b": 0}

    def work() -> None:
        for _ in range(20):
            with pods.lend(WISH, NEVER) as lent:
                with lock:
                    now[lent.name] += 1
                    most[lent.name] = max(most[lent.name], now[lent.name])
                with lock:
                    now[lent.name] -= 1

    with crowd(8, work):
        pass
    assert now == {"a": 0, "b": 0}
    assert most["a"] <= 2
    assert most["b"] <= 1
    assert sum(one.succeeded for one in pods.states()) == 160
