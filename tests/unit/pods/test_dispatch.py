"""A video comes from whichever pod can make it, once, and nothing is left running elsewhere."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pod_server import VIDEO, PodServer, Script, pod_process
from pod_stage import QUICK, Watcher, order, sadtalker, ways

from talkies.errors import (
    AudioSilent,
    Canceled,
    GpuOutOfMemory,
    NoPodAvailable,
    PodFailure,
    TalkiesError,
)
from talkies.pods.breaker import BreakerRules
from talkies.pods.client import Accepted, Client, Look, Order, Probe, RemoteState, pod_failure
from talkies.pods.dispatch import Dispatcher, DispatchRules
from talkies.pods.pod import Pod
from talkies.pods.pool import Pool, PoolRules
from talkies.pods.relay import Note, RelayRules
from talkies.pods.sadtalker_client import SadTalkerClient

LOST_SECONDS = 0.3


def connect(pod: Pod) -> Client:
    return SadTalkerClient(pod, ways(), QUICK)


def dispatcher(*pods: Pod, how: object = connect, lost_seconds: float = LOST_SECONDS) -> Dispatcher:
    pool = Pool(PoolRules(patience_seconds=0, breaker=BreakerRules(failures=99)))
    pool.replace(pods)
    rules = DispatchRules(relay=RelayRules(lost_seconds=lost_seconds, fetch_pause=0.0))
    return Dispatcher(pool, how, rules)  # type: ignore[arg-type]


@contextmanager
def servers(*scripts: Script) -> Iterator[list[PodServer]]:
    with ExitStack() as stack:
        yield [stack.enter_context(PodServer(script)) for script in scripts]


def test_progress_and_video_come_back(tmp_path: Path) -> None:
    with servers(Script(seconds=0.3)) as (pod,):
        watch, path = Watcher(), tmp_path / "v.mp4"
        brought = dispatcher(sadtalker(pod.url)).render(order(tmp_path), path, watch, seconds=20)
    assert path.read_bytes() == VIDEO
    assert brought.failures == ()
    assert watch.notes == [Note(pod=brought.pod, remote_id="job-0")]


def test_a_pod_that_is_killed_at_work_is_replaced_and_one_video_comes(tmp_path: Path) -> None:
    with ExitStack() as stack:
        pods = [stack.enter_context(pod_process(seconds=1)) for _ in range(3)]
        names = {pod.url.partition("//")[2]: pod for pod in pods}
        killed: list[str] = []

        def kill(note: Note) -> None:
            if not killed:
                killed.append(note.pod)
                names[note.pod].kill()

        watch, path = Watcher(on_note=kill), tmp_path / "v.mp4"
        sender = dispatcher(*(sadtalker(pod.url) for pod in pods))
        brought = sender.render(order(tmp_path), path, watch, seconds=20)
    assert path.read_bytes() == VIDEO
    assert brought.pod not in killed
    assert len(brought.failures) == 1
    assert len(watch.notes) == 2


def test_as_many_different_pods_are_tried_as_the_rules_say(tmp_path: Path) -> None:
    with servers(*(Script(odd="fail") for _ in range(4))) as pods:
        sender = dispatcher(*(sadtalker(pod.url) for pod in pods))
        with pytest.raises(PodFailure, match="Can't get the coeffs"):
            sender.render(order(tmp_path), tmp_path / "v.mp4", Watcher(), seconds=20)
    assert sorted(len(pod.jobs) for pod in pods) == [0, 1, 1, 1]
    assert not (tmp_path / "v.mp4").exists()


def test_what_the_last_pod_did_is_said_where_there_is_no_other(tmp_path: Path) -> None:
    with servers(Script(odd="refuse"), Script(odd="broken")) as pods:
        sender = dispatcher(*(sadtalker(pod.url) for pod in pods))
        with pytest.raises(PodFailure, match="answered 500"):
            sender.render(order(tmp_path), tmp_path / "v.mp4", Watcher(), seconds=20)
    with pytest.raises(NoPodAvailable):
        dispatcher().render(order(tmp_path), tmp_path / "v.mp4", Watcher(), seconds=20)


def test_states_that_nobody_knows_end(tmp_path: Path) -> None:
    with servers(Script(odd="unknown")) as (pod,), pytest.raises(PodFailure, match="nobody under"):
        dispatcher(sadtalker(pod.url)).render(
            order(tmp_path), tmp_path / "v.mp4", Watcher(), seconds=20
        )


def test_a_job_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with servers(Script(odd="hang")) as (pod,), pytest.raises(PodFailure, match="longer than"):
        dispatcher(sadtalker(pod.url)).render(
            order(tmp_path), tmp_path / "v.mp4", Watcher(), seconds=0.3
        )


def test_a_job_that_is_forgotten_is_made_elsewhere(tmp_path: Path) -> None:
    forgetful = Script(seconds=5)
    with servers(forgetful, Script()) as pods:
        watch = Watcher(on_note=lambda _: setattr(forgetful, "odd", "lost"))
        brought = dispatcher(*(sadtalker(pod.url) for pod in pods)).render(
            order(tmp_path), tmp_path / "v.mp4", watch, seconds=20
        )
    assert "does not know the job" in brought.failures[0]


def test_a_pod_may_fail_to_answer_for_a_moment(tmp_path: Path) -> None:
    flaky = Script(seconds=0.1, broken_looks=3)
    with servers(flaky) as (pod,):
        brought = dispatcher(sadtalker(pod.url), lost_seconds=60).render(
            order(tmp_path), tmp_path / "v.mp4", Watcher(), seconds=60
        )
    assert flaky.broken_looks == 0
    assert brought.failures == ()
    assert len(pod.jobs) == 1


def test_who_waits_can_stop_at_once(tmp_path: Path) -> None:
    with servers(Script(odd="hang")) as (pod,):
        watch = Watcher()
        watch.on_note = lambda _: threading.Timer(0.1, watch.stop.set).start()
        with pytest.raises(Canceled):
            dispatcher(sadtalker(pod.url)).render(
                order(tmp_path), tmp_path / "v.mp4", watch, seconds=600
            )


def test_a_stop_cuts_what_is_under_way(tmp_path: Path) -> None:
    with servers(Script(direct=True, seconds=60)) as (pod,):
        watch = Watcher()
        timer = threading.Timer(0.1, watch.stop.set)
        timer.start()
        with pytest.raises(Canceled):
            dispatcher(sadtalker(pod.url)).render(
                order(tmp_path), tmp_path / "v.mp4", watch, seconds=600
            )
        timer.join()
        pod.leaving.set()


class Played:
    """A client whose looks a test gives; `calls` has what was asked of any of them."""

    def __init__(self, looks: list[Look | TalkiesError], calls: list[str]) -> None:
        self.looks, self.calls = looks, calls

    def probe(self) -> Probe:
        return Probe()

    def submit(self, order: Order) -> Accepted:
        self.calls.append(f"submit {order.key}")
        return Accepted(remote_id="new", look=Look(state=RemoteState.WAITING))

    def look(self, remote_id: str) -> Look:
        self.calls.append(f"look {remote_id}")
        found = self.looks.pop(0)
        if isinstance(found, TalkiesError):
            raise found
        return found

    def fetch(self, remote_id: str | None, look: Look, path: Path) -> None:
        self.calls.append(f"fetch {remote_id}")
        path.write_bytes(VIDEO)

    def cancel(self, remote_id: str) -> None:
        self.calls.append(f"cancel {remote_id}")

    def close(self) -> None: ...


DONE = Look(state=RemoteState.SUCCEEDED)
WORKING = Look(state=RemoteState.WORKING, progress=0.5)
NOTE = Note(pod="a", remote_id="old")


def play(
    folder: Path,
    *looks: Look | TalkiesError,
    watch: Watcher | None = None,
    note: Note | None = None,
    pods: tuple[str, ...] = ("a",),
) -> list[str]:
    """What is asked of pods that look so."""
    calls: list[str] = []
    listed = [sadtalker("https://x.example", name=name) for name in pods]
    played = dispatcher(*listed, how=lambda _: Played(list(looks), calls))
    try:
        played.render(order(folder), folder / "v", watch or Watcher(), seconds=20, note=note)
    except TalkiesError as error:
        calls.append(error.code)
    return calls


def test_what_an_earlier_worker_asked_for_is_found_again(tmp_path: Path) -> None:
    assert play(tmp_path, WORKING, DONE, note=NOTE) == ["look old", "look old", "fetch old"]
    assert play(tmp_path, DONE, note=NOTE) == ["look old", "fetch old"]


@pytest.mark.parametrize("state", ["lost", "failed", "canceled"])
def test_a_job_that_is_of_no_use_any_more_is_asked_for_anew(tmp_path: Path, state: str) -> None:
    calls = play(tmp_path, Look(state=RemoteState(state)), DONE, note=NOTE)
    assert calls == ["look old", "submit vid_1-1", "look new", "fetch new"]


def test_a_job_on_a_pod_that_is_left_is_canceled_there(tmp_path: Path) -> None:
    gone = Note(pod="elsewhere", remote_id="old")
    assert play(tmp_path, DONE, note=gone) == ["submit vid_1-1", "look new", "fetch new"]
    pods = [sadtalker(f"https://{name}.example", name=name) for name in ("a", "b")]
    calls: list[str] = []
    pool = Pool(PoolRules(patience_seconds=0))
    pool.replace(pods)
    pool.unheard("a", pod_failure(pods[0], "unreachable", "is away."))
    sender = Dispatcher(pool, lambda _: Played([DONE], calls), DispatchRules())
    sender.render(order(tmp_path), tmp_path / "v", Watcher(), seconds=20, note=NOTE)
    assert calls == ["cancel old", "submit vid_1-1", "look new", "fetch new"]


def test_what_was_begun_in_vain_is_canceled_there(tmp_path: Path) -> None:
    watch = Watcher()
    watch.canceled.set()
    calls = play(tmp_path, WORKING, WORKING, watch=watch)
    assert calls == ["submit vid_1-1", "look new", "cancel new", "CANCELED"]


def test_what_another_worker_goes_on_with_is_not_canceled(tmp_path: Path) -> None:
    watch = Watcher(leaves=True)
    watch.canceled.set()
    assert play(tmp_path, WORKING, WORKING, watch=watch)[-2:] == ["look new", "CANCELED"]


def test_the_error_of_the_job_itself_reaches_the_user(tmp_path: Path) -> None:
    silent = Look(state=RemoteState.FAILED, error=AudioSilent())
    assert play(tmp_path, silent, pods=("a", "b"))[-1] == "AUDIO_SILENT"
    assert play(tmp_path, silent, pods=("a", "b")).count("submit vid_1-1") == 1
    full = Look(state=RemoteState.FAILED, error=GpuOutOfMemory())
    calls = play(tmp_path, full, pods=("a", "b"))
    assert calls.count("submit vid_1-1") == 2
    assert calls[-1] == "GPU_OOM"
    assert play(tmp_path, Look(state=RemoteState.CANCELED))[-1] == "POD_FAILURE"


@pytest.mark.parametrize(("cuts", "ends"), [(2, "fetch new"), (3, "POD_FAILURE")])
def test_a_video_that_is_cut_on_its_way_is_fetched_again(
    tmp_path: Path, cuts: int, ends: str
) -> None:
    class Cutting(Played):
        left = cuts

        def fetch(self, remote_id: str | None, look: Look, path: Path) -> None:
            super().fetch(remote_id, look, path)
            self.left -= 1
            if self.left >= 0:
                raise pod_failure(sadtalker("https://x"), "unreachable", "broke off.")

    calls: list[str] = []
    sender = dispatcher(sadtalker("https://x"), how=lambda _: Cutting([DONE], calls))
    try:
        sender.render(order(tmp_path), tmp_path / "v", Watcher(), seconds=20)
    except PodFailure as failure:
        calls.append(failure.code)
    assert calls[-1] == ends
    assert calls.count("submit vid_1-1") == 1


@pytest.mark.parametrize("leaves", [True, False])
def test_what_was_cut_while_it_was_asked_for_is_withdrawn(tmp_path: Path, leaves: bool) -> None:
    watch = Watcher(leaves=leaves)

    class Cut(Played):
        def submit(self, order: Order) -> Accepted:
            watch.stop.set()
            raise pod_failure(sadtalker("https://x"), "unreachable", "was cut off.")

        def withdraw(self, order: Order) -> None:
            self.calls.append("withdraw")
            raise pod_failure(sadtalker("https://x"), "unreachable", "is away.")

    calls: list[str] = []
    sender = dispatcher(sadtalker("https://x"), how=lambda _: Cut([], calls))
    with pytest.raises(Canceled):
        sender.render(order(tmp_path), tmp_path / "v", watch, seconds=20)
    assert calls == ([] if leaves else ["withdraw"])


def test_a_cancel_that_fails_hides_nothing(tmp_path: Path) -> None:
    class Deaf(Played):
        def cancel(self, remote_id: str) -> None:
            raise pod_failure(sadtalker("https://x"), "unreachable", "is away.")

    watch = Watcher()
    watch.canceled.set()
    sender = dispatcher(sadtalker("https://x"), how=lambda _: Deaf([WORKING, WORKING], []))
    with pytest.raises(Canceled):
        sender.render(order(tmp_path), tmp_path / "v", watch, seconds=20)


def test_a_stop_before_the_work_begins_is_heard(tmp_path: Path) -> None:
    watch = Watcher()
    watch.stop.set()
    watch.stop.set()
    with servers(Script()) as (pod,), pytest.raises(Canceled):
        dispatcher(sadtalker(pod.url)).render(order(tmp_path), tmp_path / "v", watch, seconds=20)
