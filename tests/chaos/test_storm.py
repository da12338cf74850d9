"""The short form of `make chaos`: storms over all in one on SQLite and a fleet on Postgres."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from real_postgres import RealPostgres
from storm import DONE, MARK, StandIn, Storm, marked, repeated_steps

pytestmark = pytest.mark.slow

HARMLESS = {"kills", "seconds"}


def faults(found: dict[str, float]) -> dict[str, float]:
    return {name: count for name, count in found.items() if count and name not in HARMLESS}


def test_all_in_one_on_sqlite_survives_being_killed(tmp_path: Path) -> None:
    storm = Storm(
        app=StandIn(suicide=0.03),
        roles=("serve",),
        database=f"sqlite:///{tmp_path}/talkies.db",
        data=tmp_path / "data",
        jobs=8,
        seed=1,
    )
    assert faults(storm.run()) == {}


def test_a_fleet_survives_with_its_postgres_being_killed(tmp_path: Path) -> None:
    with RealPostgres() as server, server.database() as url:

        def kill() -> None:
            server.kill()
            time.sleep(0.3)
            server.start()

        storm = Storm(
            app=StandIn(suicide=0.03),
            roles=("api", "worker"),
            database=url,
            data=tmp_path / "data",
            jobs=8,
            kill_database=kill,
            seed=2,
        )
        assert faults(storm.run()) == {}


def test_the_count_finds_a_step_that_ran_again(tmp_path: Path) -> None:
    line = '{{"job": "a", "run": {run}, "step": "{step}", "what": "begin"}}\n'
    log = tmp_path / "steps.log"
    told = [("fetch", 1), ("render", 1), ("render", 1), ("fetch", 2), ("deliver", 2)]
    log.write_text("".join(line.format(step=step, run=run) for step, run in told))
    assert repeated_steps(log) == 0
    told.append(("render", 2))
    log.write_text("".join(line.format(step=step, run=run) for step, run in told))
    assert repeated_steps(log) == 1


def test_the_count_finds_what_is_missing_or_wrong(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "a").touch()
    (tmp_path / "objects" / "stray").touch()
    (tmp_path / "received.log").write_text("a.1.job.queued\nb.1.job.succeeded\n" * 2)
    (tmp_path / "steps.log").touch()
    assert StandIn().findings(tmp_path, ["a", "b"]) == {
        "repeated_steps": 0,
        "wrong_objects": 2,
        "wrong_webhooks": 1,
    }


def test_the_count_finds_an_orphan() -> None:
    with subprocess.Popen(["sleep", "60"], env=os.environ | {MARK: "test-orphan"}) as process:
        assert marked("test-orphan") == [process.pid]
        process.send_signal(signal.SIGKILL)
    assert marked("test-orphan") == []
    assert "succeeded" in DONE
