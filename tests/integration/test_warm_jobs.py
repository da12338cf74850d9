"""Video jobs of an engine that stays in memory: on a real worker, with real makers and hosts."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from studio_made_up import PORTRAIT
from toy_upstream import describe_toy, journal, toy_home
from workshop_stage import WHO, Room, local, room

from talkies.db.engine import connect
from talkies.db.migrate import upgrade
from talkies.engines.home import EngineHome
from talkies.engines.registry import EngineRegistry
from talkies.jobs.dbos_queue import DbosQueue, prepare
from talkies.jobs.jobs import Jobs
from talkies.jobs.records import Job, Status
from talkies.jobs.worker import Worker, WorkerOptions
from talkies.kit.clock import now
from talkies.kit.ids import new_id
from talkies.media.video import probe
from talkies.studio.assets.assets import Assets
from talkies.studio.assets.records import AssetLimits
from talkies.studio.engines import EngineCatalog
from talkies.studio.making import Makers
from talkies.studio.submissions import Source, new_job
from talkies.studio.videos.job import video_kind
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

pytestmark = pytest.mark.slow


@dataclass
class Works:
    """A service without its front, whose engine is the toy."""

    home: EngineHome
    room: Room
    assets: Assets
    jobs: Jobs
    makers: Makers

    def submit(self, **options: Any) -> Job:
        portrait = Source(
            sha256=self.assets.keep(PORTRAIT, content_type="application/octet-stream")
        )
        asked = VideoSubmission(
            portrait=portrait,
            text="Bob.",
            engine="toy",
            output=OutputOptions(resolution="480p", fps=25),
            score=False,
            options=options,
        )
        return self.jobs.accept(
            new_job(
                *(new_id("vid", now), "video", WHO, asked),
                clock=now,
                inputs=asked.sources,
                engine="toy",
            )
        )

    def until(self, job: Job, seconds: float = 240) -> Job:
        """The job when it has ended."""
        eventually(lambda: self.jobs.get(job.id).done, seconds)
        return self.jobs.get(job.id)

    def began(self) -> list[dict[str, Any]]:
        """The renders that began so far."""
        return [note for note in journal(self.home) if note["what"] == "began"]


def eventually(holds: Callable[[], object], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    tmp_path = tmp_path_factory.mktemp("service")
    home = toy_home(tmp_path / "engines")
    describe_toy(home)
    engine = connect(f"sqlite:///{tmp_path}/talkies.db")
    upgrade(engine)
    prepare(engine.url)
    makers = Makers(spares=1, home=home)
    makers.start()
    assets = Assets(engine, local(tmp_path), limits=AssetLimits())
    stage = room(tmp_path, makers, kept=assets)
    workshop = replace(stage.workshop, engines=EngineCatalog(EngineRegistry(home)))
    kind = video_kind(workshop)
    queue = DbosQueue(engine.url)
    jobs = Jobs(engine, kinds={kind.name: kind}, queue=queue, observers=())
    options = WorkerOptions(
        engines=("toy",),
        concurrency=2,
        prepare_concurrency=1,
        lease_seconds=10,
        drain_seconds=1,
        scratch=tmp_path / "scratch",
        version="test",
    )
    worker = Worker(jobs, options, chores=[])
    worker.start()
    yield Works(home=home, room=stage, assets=assets, jobs=jobs, makers=makers)
    worker.drain()
    makers.close()
    queue.close()
    engine.dispose()


def test_two_jobs_share_one_load(works: Works, tmp_path: Path) -> None:
    jobs = [works.submit(), works.submit()]
    for job in jobs:
        ended = works.until(job)
        assert ended.status is Status.SUCCEEDED, ended.error
        assert ended.result is not None
        assert ended.result["engine"]["id"] == "toy"
        works.room.storage.get(f"videos/{job.id}.mp4", tmp_path / "got.mp4")
        assert probe(tmp_path / "got.mp4").has_sound
    notes = journal(works.home)
    # One after the other, though two jobs may run at once: there is one GPU.
    assert [note["what"] for note in notes] == ["began", "ended", "began", "ended"]
    assert {note["loads"] for note in notes} == {1}
    assert len({note["pid"] for note in notes}) == 1
    assert alive(notes[0]["pid"])


def test_canceled_jobs_leave_the_models_in_memory(works: Works) -> None:
    before = len(works.began())
    rendering = works.submit(steps=600, pause=0.1)
    eventually(lambda: len(works.began()) > before)
    waiting = works.submit()
    eventually(lambda: works.jobs.get(waiting.id).stage == "render")
    for job in (waiting, rendering):
        works.jobs.cancel(job.id)
        assert works.until(job).status is Status.CANCELED
    after = works.until(works.submit())
    assert after.status is Status.SUCCEEDED, after.error
    # The one that waited never began; all that did found the same models loaded.
    assert len(works.began()) == before + 2
    assert {note["loads"] for note in works.began()[before:]} == {1}
    assert works.began()[-1]["pid"] == works.began()[before]["pid"]


def test_no_host_outlives_its_maker(works: Works) -> None:
    before = len(works.began())
    job = works.submit(steps=600, pause=0.1)
    eventually(lambda: len(works.began()) > before)
    host = works.began()[-1]["pid"]
    os.kill(_maker_above(host), 9)
    eventually(lambda: not alive(host))
    # The step is tried once more, with a host of its own; nothing of that is left either.
    eventually(lambda: works.jobs.get(job.id).done or len(works.began()) > before + 1)
    assert not works.jobs.get(job.id).done, works.jobs.get(job.id).error
    other = works.began()[-1]["pid"]
    works.jobs.cancel(job.id)
    assert works.until(job).status is Status.CANCELED
    assert alive(other)
    works.makers.close()
    eventually(lambda: not alive(other))


def _maker_above(pid: int) -> int:
    """The maker whose host, by way of a supervisor, this process is."""
    while b"talkies.maker" not in Path(f"/proc/{pid}/cmdline").read_bytes():
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid
