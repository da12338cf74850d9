import os
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from job_room import new_job

from talkies.jobs.jobs import Jobs
from talkies.jobs.remains import ENDED_AFTER, EVERY, UNKNOWN_AFTER, Remains
from talkies.kit.scratch import Scratch


@pytest.fixture
def engine(sqlite_engine: sa.Engine) -> sa.Engine:
    return sqlite_engine


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


def folder(root: Path, name: str, age: float) -> Path:
    path = root / name
    (path / "1-1").mkdir(parents=True)
    for one in (path / "1-1", path):
        os.utime(one, (time.time() - age,) * 2)
    return path


def test_only_what_ended_jobs_left_goes(jobs: Jobs, engine: sa.Engine, root: Path) -> None:
    for name in ("vid_1", "vid_2", "vid_3"):
        jobs.accept(new_job(name))
    jobs.cancel("vid_1")
    jobs.cancel("vid_2")
    ended = folder(root, "vid_1", ENDED_AFTER + 1)
    young = folder(root, "vid_2", 0)
    unfinished = folder(root, "vid_3", UNKNOWN_AFTER * 9)
    uploads = folder(root, "uploads", UNKNOWN_AFTER - 60)
    forgotten = folder(root, "vid_9", UNKNOWN_AFTER + 1)
    Remains(engine, Scratch(root), root).clear()
    assert not ended.exists()
    assert not forgotten.exists()
    assert all(path.exists() for path in (young, unfinished, uploads))


def test_it_looks_now_and_then_alone(jobs: Jobs, engine: sa.Engine, root: Path) -> None:
    remains = Remains(engine, Scratch(root), root)
    remains.clear()
    jobs.accept(new_job("vid_1"))
    jobs.cancel("vid_1")
    first = folder(root, "vid_1", ENDED_AFTER + 1)
    remains.clear()
    assert not first.exists()
    second = folder(root, "vid_1", ENDED_AFTER + 1)
    remains.clear()
    assert second.exists()
    assert EVERY > ENDED_AFTER
