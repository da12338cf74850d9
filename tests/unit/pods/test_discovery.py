"""The list of pods: the operator's, RunPod's, kept while RunPod is away."""

from collections.abc import Sequence

from runpod_server import ALL, KEY, RunPodServer, api_of

from talkies.errors import PodFailure
from talkies.pods.client import pod_failure
from talkies.pods.discovery import Endpoints, Rented, Roster
from talkies.pods.pod import Contract, Origin, Pod
from talkies.pods.pool import Pool

PATTERN = Pod(name="", url="", contract=Contract.SADTALKER, api_key="k", engines=("sadtalker",))


class Told:
    """A source that says what a test wants."""

    def __init__(self, *answers: Sequence[Pod] | PodFailure) -> None:
        self.answers = list(answers)
        self.asked = 0

    def pods(self) -> Sequence[Pod]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, PodFailure):
            raise answer
        return answer


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def pod(name: str) -> Pod:
    return Pod(name=name, url=f"https://{name}.example")


AWAY = pod_failure(pod("RunPod"), "unreachable", "is away.")


def names(pool: Pool) -> list[str]:
    return sorted(one.name for one in pool.pods)


def test_rented_pods_are_reached_by_their_proxy() -> None:
    with RunPodServer() as server:
        server.add("abc")
        server.add("def", status="EXITED")
        (found,) = Rented(api_of(server.url), ALL, PATTERN).pods()
    assert found.url == "https://abc-8888.proxy.runpod.net"
    assert (found.name, found.price_per_hour, found.origin) == ("abc", 0.84, Origin.RUNPOD)
    assert (found.contract, found.api_key, found.engines) == (
        Contract.SADTALKER,
        "k",
        ("sadtalker",),
    )


def test_endpoints_are_pods_with_as_much_room_as_they_have_workers() -> None:
    with RunPodServer(endpoints={"ep1": {"workersMax": 4}}) as server:
        (found,) = Endpoints(api_of(server.url), ["ep1"], KEY, engines=("x",)).pods()
    assert (found.url, found.token) == ("https://api.runpod.ai/v2/ep1", KEY)
    assert (found.contract, found.concurrency, found.engines) == (Contract.SERVERLESS, 4, ("x",))
    assert KEY not in repr(found)


def test_what_is_listed_stays_and_what_is_found_comes_and_goes() -> None:
    pool, time = Pool(), Time()
    source = Told([pod("a"), pod("listed")], [pod("b")])
    roster = Roster(pool, [pod("listed")], [source], refresh_seconds=60, clock=time)
    roster.refresh()
    assert names(pool) == ["a", "listed"]
    roster.refresh()
    assert source.asked == 1
    time.now = 60
    roster.refresh()
    assert names(pool) == ["b", "listed"]


def test_a_source_that_fails_is_believed_as_it_was_and_asked_less_and_less() -> None:
    pool, time = Pool(), Time()
    source = Told([pod("a")], AWAY)
    roster = Roster(pool, [], [source], refresh_seconds=10, clock=time)
    moments = []
    for second in range(0, 500, 10):
        time.now = float(second)
        before = source.asked
        roster.refresh()
        if source.asked > before:
            moments.append(second)
    assert names(pool) == ["a"]
    assert moments == [0, 10, 30, 70, 150, 310, 470]


def test_the_operators_list_is_there_while_runpod_never_answered() -> None:
    pool = Pool()
    Roster(pool, [pod("listed")], [Told(AWAY)], refresh_seconds=60).refresh()
    assert names(pool) == ["listed"]
