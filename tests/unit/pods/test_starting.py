"""Pods are rented when there is work, never more than may be, and given back when there is none."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from loopback import Reply
from made_once import migrated
from pod_server import PodServer, Script
from pod_stage import QUICK, state, ways
from runpod_server import RunPodServer, api_of

from talkies.errors import PodFailure
from talkies.pods.book import PodBook
from talkies.pods.discovery import Rented
from talkies.pods.pod import Contract, Pod
from talkies.pods.runpod import Blueprint
from talkies.pods.sadtalker_client import SadTalkerClient
from talkies.pods.scaling import StartRules
from talkies.pods.starting import Starter

START = 1_767_225_600_000  # what the stand-in says of every start
MINUTE = 60_000
PATTERN = Pod(name="", url="", contract=Contract.SADTALKER, engines=("sadtalker",))


@dataclass
class Stage:
    """RunPod, a book, and pods that are well or not: those in `well` answer."""

    runpod: RunPodServer
    book: PodBook
    pod: PodServer
    now: int = START
    jobs: int = 0
    room: int = 0
    rules: dict[str, Any] = field(default_factory=dict)
    well: set[str] = field(default_factory=set)

    def starter(self) -> Starter:
        """A starter of a process that has just begun."""
        given = {"may_start": True, "max_pods": 2, "idle_seconds": 600, "start_seconds": 480}
        blueprint = Blueprint(template_id="tpl", gpu_types=("NVIDIA L40S",))
        return Starter(
            Rented(api_of(self.runpod.url), blueprint, PATTERN, proxy="http://{id}.pods"),
            self._client,
            self.book,
            StartRules(**{**given, **self.rules}),
            demand=lambda: self.jobs,
            room=lambda: self.room,
            clock=lambda: self.now,
        )

    def tick(self, minutes: float = 0) -> None:
        """What another process's chore does, some minutes later."""
        self.now += round(minutes * MINUTE)
        self.starter().tick()

    def _client(self, pod: Pod) -> SadTalkerClient:
        url = self.pod.url if pod.name in self.well else "http://127.0.0.1:1"
        return SadTalkerClient(Pod(name=pod.name, url=url), ways(), QUICK)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    engine = migrated(tmp_path / "t.db")
    with RunPodServer() as runpod, PodServer(Script()) as pod:
        yield Stage(runpod, PodBook(engine), pod)
    engine.dispose()


def test_a_pod_is_rented_for_work_and_stopped_when_there_is_none(stage: Stage) -> None:
    stage.jobs = 1
    stage.tick()
    assert stage.runpod.running() == ["new1"]
    assert stage.runpod.created[0]["name"] == "talkies-1"
    stage.well.add("new1")
    stage.tick(1)
    stage.book.report("w1", [state("new1", running=1, used_at=stage.now)])
    stage.jobs = 0
    stage.tick(9.5)
    assert stage.runpod.running() == ["new1"]
    stage.tick(1)
    assert stage.runpod.running() == ["new1"]
    stage.book.report("w1", [state("new1", running=0, used_at=stage.now)])
    stage.tick(9.9)
    assert stage.runpod.running() == ["new1"]
    stage.tick(0.2)
    assert stage.runpod.running() == []
    assert stage.runpod.asked[-1] == "POST /v1/pods/new1/stop"


def test_a_pod_that_was_stopped_is_started_again_before_a_new_one_is_rented(stage: Stage) -> None:
    stage.runpod.add("old", "talkies-1", status="EXITED")
    stage.jobs = 1
    stage.tick()
    assert stage.runpod.running() == ["old"]
    assert stage.runpod.created == []


def test_a_stopped_pod_whose_machine_is_taken_is_replaced(stage: Stage) -> None:
    stage.runpod.add("old", "talkies-1", status="EXITED", networkVolumeId="vol")
    stage.runpod.refused["POST", "/pods/{id}/start"] = Reply(status=500, body=b"no free GPU")
    stage.jobs = 1
    stage.tick()
    assert set(stage.runpod.pods) == {"new1"}
    assert stage.runpod.created[0]["name"] == "talkies-2"


def test_a_stopped_pod_with_a_disk_of_its_own_is_kept(stage: Stage) -> None:
    stage.runpod.add("old", "talkies-1", status="EXITED")
    stage.runpod.refused["POST", "/pods/{id}/start"] = Reply(status=500)
    stage.jobs = 1
    stage.tick()
    assert set(stage.runpod.pods) == {"old", "new1"}
    stage.jobs = 2
    stage.rules["max_pods"] = 3
    stage.runpod.pods["new1"]["desiredStatus"] = "EXITED"
    stage.tick(4)
    assert set(stage.runpod.pods) == {"old", "new1", "new2"}


def test_there_are_never_more_than_may_be(stage: Stage) -> None:
    stage.jobs = 50
    for _ in range(6):
        stage.tick(0.2)
    assert len(stage.runpod.created) == 2
    assert [one["name"] for one in stage.runpod.created] == ["talkies-1", "talkies-2"]


def test_a_pod_that_is_listed_late_is_not_rented_twice(stage: Stage) -> None:
    stage.runpod.late = True
    stage.jobs = 50
    for _ in range(4):
        stage.tick(0.5)
    assert len(stage.runpod.created) == 1


def test_of_two_with_one_name_one_goes(stage: Stage) -> None:
    stage.runpod.add("b", "talkies-1")
    stage.runpod.add("a", "talkies-1")
    stage.jobs = 1
    stage.well.update("ab")
    stage.tick()
    assert stage.runpod.running() == ["a"]


def test_pods_that_are_not_ours_are_left_alone(stage: Stage) -> None:
    stage.runpod.add("mine", "my-notebook")
    stage.well.add("mine")
    stage.tick(60)
    assert stage.runpod.running() == ["mine"]


def test_after_a_restart_our_pods_are_found_and_stopped_when_idle(stage: Stage) -> None:
    stage.runpod.add("lost", "talkies-1")
    stage.well.add("lost")
    stage.tick(9)
    assert stage.runpod.running() == ["lost"]
    stage.tick(2)
    assert stage.runpod.running() == []


def test_a_pod_that_never_becomes_well_is_stopped_and_counted(stage: Stage) -> None:
    stage.jobs = 1
    stage.runpod.add("sick", "talkies-1")
    stage.tick(7.9)
    assert stage.runpod.running() == ["sick"]
    assert stage.starter().growing()
    stage.runpod.refused["POST", "/pods/{id}/start"] = Reply(status=500)
    stage.tick(0.2)
    assert "POST /v1/pods/sick/stop" in stage.runpod.asked
    assert stage.book.note("starting")["failures"] == 1


def test_after_some_that_failed_none_is_started_for_a_while(stage: Stage) -> None:
    stage.rules["most_failures"] = 2
    stage.book.write_note("starting", {"failures": 2, "at": stage.now})
    stage.jobs = 1
    stage.tick(30)
    assert stage.runpod.created == []
    assert not stage.starter().growing()
    stage.tick(31)
    assert len(stage.runpod.created) == 1


def test_one_that_is_well_ends_the_count(stage: Stage) -> None:
    stage.book.write_note("starting", {"failures": 2, "at": stage.now})
    stage.runpod.add("good", "talkies-1")
    stage.well.add("good")
    stage.tick()
    assert stage.book.note("starting") == {}


def test_what_cannot_be_stopped_is_given_back(stage: Stage) -> None:
    stage.runpod.add("idle", "talkies-1")
    stage.runpod.refused["POST", "/pods/{id}/stop"] = Reply(status=400)
    stage.well.add("idle")
    stage.tick(11)
    assert stage.runpod.pods == {}


def test_without_the_switch_nothing_is_started(stage: Stage) -> None:
    stage.rules["may_start"] = False
    stage.jobs = 9
    stage.runpod.add("old", "talkies-1", status="EXITED")
    stage.tick()
    assert stage.runpod.asked == []
    assert not stage.starter().growing()


def test_where_no_gpu_is_free_it_is_tried_again_later(stage: Stage) -> None:
    stage.jobs = 1
    stage.runpod.refused["POST", "/pods"] = Reply(status=500, body=b"no instances available")
    with pytest.raises(PodFailure, match="no instances"):
        stage.tick()
    stage.runpod.refused.clear()
    stage.tick(0.2)
    assert stage.runpod.running() == ["new1"]


def test_an_operator_starts_and_stops_by_hand(stage: Stage) -> None:
    starter = stage.starter()
    assert starter.start_one()
    stage.now += 5 * MINUTE
    assert starter.start_one()
    stage.now += 5 * MINUTE
    assert not starter.start_one()
    assert starter.stop_all() == ("talkies-1", "talkies-2")
    assert stage.runpod.running() == []
    assert starter.stop_all() == ()
