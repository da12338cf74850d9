"""Workers as real processes that are killed, stopped and ended, on one database."""

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from job_room import MemoryQueue, ended, stop_between_writes, until
from real_postgres import RealPostgres
from storm import StandIn, repeated_steps

from talkies.db import migrate
from talkies.db.engine import connect
from talkies.jobs.dbos_queue import DbosQueue, prepare
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import Finished, JobKind, Phase
from talkies.jobs.queue import PREPARE
from talkies.jobs.records import NewJob, Status

#: The setting of tests; a takeover may take this and a little for the machine.
LEASE = 6.0
TAKEOVER = 10.0


class Fleet:
    """Workers of the stand-in service, and jobs for them."""

    def __init__(self, url: str, data: Path) -> None:
        data.mkdir()
        self.data = data
        self.engine = connect(url)
        migrate.upgrade(self.engine)
        prepare(self.engine.url)
        kind = JobKind(
            name="quick",
            phases=(Phase(queue=lambda _: PREPARE, steps=()),),
            finish=lambda _job, _results: Finished(result={}),
            purge=lambda _: None,
        )
        self.jobs = Jobs(self.engine, kinds={"quick": kind}, queue=DbosQueue(self.engine.url))
        self.processes: list[subprocess.Popen[bytes]] = []

    def spawn(self) -> subprocess.Popen[bytes]:
        url = self.engine.url.render_as_string(hide_password=False)
        command = StandIn(suicide=0.0, lease=LEASE).command("worker", url, self.data, 0)
        with (self.data / "processes.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self.processes.append(process)
        until(lambda: process.pid in {known.pid for known in self.jobs.workers()}, 240)
        return process

    def accept(self, name: str, **request: Any) -> None:
        new = NewJob(id=name, kind="quick", engine="quick", request=request)
        self.jobs.accept(new)

    def said(self, job: str, step: str, what: str) -> list[dict[str, Any]]:
        log = self.data / "steps.log"
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        wanted = {"job": job, "step": step, "what": what}
        return [line for line in lines if wanted.items() <= line.items()]

    def renders(self, job: str, times: int = 1) -> dict[str, Any]:
        """Wait until a render of the job has begun so often; what it said of its child."""
        until(lambda: len(self.said(job, "render", "child")) >= times, 240)
        return self.said(job, "render", "child")[times - 1]

    def holder(self, job: str, times: int = 1) -> subprocess.Popen[bytes]:
        pid = self.renders(job, times)["pid"]
        return next(process for process in self.processes if process.pid == pid)

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.jobs.queue.close()
        self.engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fleet]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/talkies.db"
    else:
        url = request.getfixturevalue("postgres_url")
    fleet = Fleet(url, tmp_path / "data")
    yield fleet
    fleet.close()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_a_killed_workers_job_goes_on_at_a_peer(fleet: Fleet) -> None:
    fleet.spawn()
    fleet.spawn()
    fleet.accept("vid_1", seconds=3)
    child = fleet.renders("vid_1")["child"]
    victim = fleet.holder("vid_1")
    victim.kill()
    victim.wait()
    # Its child dies with it, and does not go on holding the machine.
    assert until(lambda: not alive(child)) < 2.0
    assert until(lambda: len(fleet.said("vid_1", "render", "begin")) == 2, 30) <= TAKEOVER
    job = ended(fleet.jobs, "vid_1", 240)
    assert (job.status, job.attempts) == (Status.SUCCEEDED, 2)
    assert len(fleet.said("vid_1", "fetch", "begin")) == 1
    assert repeated_steps(fleet.data / "steps.log") == 0


def test_a_worker_that_was_stopped_past_its_lease_does_no_harm(fleet: Fleet) -> None:
    fleet.spawn()
    fleet.accept("vid_1", seconds=3)
    zombie = fleet.holder("vid_1")
    stop_between_writes(zombie.pid, fleet.engine.url)
    peer = fleet.spawn()
    assert until(lambda: len(fleet.said("vid_1", "render", "begin")) == 2, 30) <= TAKEOVER
    os.kill(zombie.pid, signal.SIGCONT)
    job = ended(fleet.jobs, "vid_1", 240)
    # It comes back on the list, and works on.
    until(lambda: len(fleet.jobs.workers()) == 2)
    assert (job.status, job.attempts) == (Status.SUCCEEDED, 2)
    assert {line["pid"] for line in fleet.said("vid_1", "deliver", "begin")} == {peer.pid}
    ends = [event.data["status"] for event in fleet.jobs.events() if event.type == "status"]
    assert Counter(ends)["succeeded"] == 1
    peer.kill()
    fleet.accept("vid_2")
    assert ended(fleet.jobs, "vid_2", 240).status is Status.SUCCEEDED


def test_a_worker_told_to_end_finishes_its_job_first(fleet: Fleet) -> None:
    worker = fleet.spawn()
    fleet.accept("vid_1", seconds=1)
    fleet.renders("vid_1")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(240) == 0
    assert fleet.jobs.get("vid_1").status is Status.SUCCEEDED
    assert fleet.jobs.workers() == ()


def test_a_job_that_kills_its_workers_is_given_up_after_three(tmp_path: Path) -> None:
    fleet = Fleet(f"sqlite:///{tmp_path}/talkies.db", tmp_path / "data")
    fleet.accept("vid_1", poison=True)
    for _ in range(3):
        assert fleet.spawn().wait(240) == -signal.SIGKILL
    fleet.spawn()
    job = ended(fleet.jobs, "vid_1", 240)
    assert job.error is not None
    assert (job.status, job.dead_letter, job.error["code"]) == (Status.FAILED, True, "WORKER_LOST")
    assert len(fleet.said("vid_1", "fetch", "begin")) == 1
    fleet.close()


def test_a_job_outlives_the_death_of_the_database(tmp_path: Path) -> None:
    with RealPostgres() as server, server.database() as url:
        fleet = Fleet(url, tmp_path / "data")
        fleet.accept("vid_1", seconds=1.0)
        fleet.spawn()
        fleet.renders("vid_1")
        server.kill()
        until(lambda: fleet.said("vid_1", "render", "end"))
        server.start()
        job = ended(fleet.jobs, "vid_1", 240)
        # Nobody died who held it.
        assert (job.status, job.attempts) == (Status.SUCCEEDED, 1)
        assert len(fleet.said("vid_1", "render", "begin")) == 1
        fleet.close()


def test_a_new_release_takes_the_jobs_of_the_old_one(fleet: Fleet) -> None:
    """A rolling update: the new worker is there while the old one ends."""
    for number in range(4):
        fleet.accept(f"vid_{number}", seconds=0.5)
    old = fleet.spawn()
    fleet.renders("vid_0")
    fleet.spawn()
    old.send_signal(signal.SIGTERM)
    assert old.wait(240) == 0
    for number in range(4):
        job = ended(fleet.jobs, f"vid_{number}", 240)
        assert (job.status, job.attempts) == (Status.SUCCEEDED, 1)
    assert repeated_steps(fleet.data / "steps.log") == 0


def test_a_disk_that_is_full_refuses_and_loses_nothing(tmp_path: Path) -> None:
    from talkies.errors import DiskFull

    engine = connect(f"sqlite:///{tmp_path}/talkies.db")
    migrate.upgrade(engine)
    full = [True]

    @sa.event.listens_for(engine, "checkout")
    def limit(connection: Any, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages if full[0] else 1_000_000}")

    kind = JobKind(
        name="quick",
        phases=(Phase(queue=lambda _: PREPARE, steps=()),),
        finish=lambda _job, _results: Finished(result={}),
        purge=lambda _: None,
    )
    jobs = Jobs(engine, kinds={"quick": kind}, queue=MemoryQueue())
    new = NewJob(id="vid_1", kind="quick", request={"text": "x" * 500_000})
    with pytest.raises(DiskFull):
        jobs.accept(new)
    full[0] = False
    assert jobs.accept(new).status is Status.QUEUED
    assert jobs.unfinished() == 1
    engine.dispose()
