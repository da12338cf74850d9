"""What goes on around a pool: looks at health, talk between workers, tasks that go on."""

import threading
from pathlib import Path

from made_once import migrated
from pod_server import PodServer, Script
from pod_stage import QUICK, sadtalker, state, ways

from talkies.errors import Unavailable
from talkies.pods.book import PodBook
from talkies.pods.discovery import Roster
from talkies.pods.keeper import REPEAT_SECONDS, Keeper, Probes, Talk, Task, tasks_of
from talkies.pods.pool import Pool, Wish
from talkies.pods.sadtalker_client import SadTalkerClient


def words(pool: Pool) -> dict[str, str]:
    return {one.name: one.state for one in pool.states()}


def test_every_pod_is_asked_how_it_is() -> None:
    pool = Pool()
    probes = Probes(pool, lambda pod: SadTalkerClient(pod, ways(), QUICK))
    probes.look()
    with PodServer() as well, PodServer(Script(odd="broken")) as ill:
        pool.replace([sadtalker(well.url, "well"), sadtalker(ill.url, "ill")])
        probes.look()
    assert words(pool) == {"well": "ready", "ill": "down"}
    probes.look()
    assert words(pool) == {"well": "down", "ill": "down"}


def test_workers_tell_what_is_new_and_repeat_it_now_and_then(tmp_path: Path) -> None:
    engine = migrated(tmp_path / "t.db")
    book, pool, moment = PodBook(engine), Pool(), [0.0]
    pool.replace([sadtalker("https://a.example", "a")])
    talk = Talk(pool, book, "w1", clock=lambda: moment[0])
    book.report("w2", [state("a", running=1)])
    talk.exchange()
    assert pool.states()[0].elsewhere == 1
    talk.exchange()
    book.report("w1", [])
    talk.exchange()
    assert book.elsewhere("w3") == {"a": 1}
    moment[0] = REPEAT_SECONDS
    pool.elsewhere({})
    with pool.lend(Wish(engine="sadtalker"), threading.Event()):
        talk.exchange()
        assert book.elsewhere("w2") == {"a": 1}
    talk.leave()
    assert book.elsewhere("w2") == {"a": 0}
    engine.dispose()


def test_a_task_goes_on_whatever_it_raises() -> None:
    done, calls = threading.Event(), []

    def run() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise Unavailable
        if len(calls) == 2:
            raise ValueError
        done.set()

    keeper = Keeper([Task("odd", 0.01, run)])
    keeper.start()
    assert done.wait(60)
    keeper.stop()
    assert len(calls) >= 3


def test_a_worker_keeps_list_health_and_talk(tmp_path: Path) -> None:
    engine = migrated(tmp_path / "t.db")
    pool, heard = Pool(), threading.Event()
    with PodServer() as pod:
        probes = Probes(pool, lambda pod: SadTalkerClient(pod, ways(), QUICK))
        roster = Roster(pool, [sadtalker(pod.url, "a")], [], refresh_seconds=60)
        talk = Talk(pool, PodBook(engine), "w1")
        tasks = tasks_of(roster, probes, talk, health_seconds=0.05, refresh_seconds=60)
        keeper = Keeper(tasks)
        keeper.start()
        for _ in range(1200):
            if words(pool) == {"a": "ready"} or heard.wait(0.05):
                break
        keeper.stop()
    assert [task.name for task in tasks] == ["pods-list", "pods-health", "pods-talk"]
    assert words(pool) == {"a": "ready"}
    engine.dispose()
