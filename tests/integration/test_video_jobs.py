"""Videos as jobs on a real worker: accepted, made by makers, delivered, stopped, tried again."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from no_characters import no_casting
from studio_made_up import PORTRAIT, recording
from workshop_stage import POINTS, WHO, Room, engine_folder, files_below, local, room

from talkies.db.engine import connect
from talkies.db.migrate import upgrade
from talkies.engines.registry import EngineRegistry
from talkies.jobs.dbos_queue import DbosQueue, prepare
from talkies.jobs.jobs import Jobs
from talkies.jobs.records import Job, Status
from talkies.jobs.worker import Worker, WorkerOptions
from talkies.media.video import probe
from talkies.studio.assets.assets import Assets
from talkies.studio.assets.records import AssetLimits
from talkies.studio.audio.jobs import alignment_kind, speech_kind
from talkies.studio.engines import EngineCatalog
from talkies.studio.making import Makers
from talkies.studio.submissions import Source
from talkies.studio.videos.choosing import EngineChooser
from talkies.studio.videos.job import video_kind
from talkies.studio.videos.pace import Pace
from talkies.studio.videos.service import Videos
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

pytestmark = pytest.mark.slow

SMALL = OutputOptions(resolution="480p", fps=10)


@dataclass
class Works:
    """A service without its front: what accepts, what works, and what is looked at."""

    room: Room
    assets: Assets
    jobs: Jobs
    videos: Videos
    scratch: Path

    def submit(self, **changes: Any) -> Job:
        portrait = self.kept(PORTRAIT)
        given = {"portrait": portrait, "engine": "quick", "output": SMALL, "score": False}
        return self.videos.submit(WHO, VideoSubmission(**{**given, **changes}))

    def kept(self, path: Path) -> Source:
        return Source(sha256=self.assets.keep(path, content_type="application/octet-stream"))

    def left_by(self, job: Job) -> list[str]:
        """What there still is of a job's work."""
        stored = self.room.stored(f"scratch/{job.id}/") + self.room.stored(f"previews/{job.id}/")
        return stored + [name for name in files_below(self.scratch) if job.id in name]

    def until(self, job: Job, *, stage: str | None = None, seconds: float = 240) -> Job:
        """The job when it has ended, or when it is in a stage."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = self.jobs.get(job.id)
            if now.done or (stage is not None and now.stage == stage):
                return now
            time.sleep(0.05)
        raise AssertionError(f"{job.id} is still {self.jobs.get(job.id)}")


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    root = tmp_path_factory.mktemp("service")
    engine = connect(f"sqlite:///{root}/talkies.db")
    upgrade(engine)
    prepare(engine.url)
    makers = Makers(spares=1, engine_folders=(engine_folder(root),))
    makers.start()
    assets = Assets(engine, local(root), limits=AssetLimits())
    stage = room(root, makers, kept=assets)
    kinds = (kind(stage.workshop) for kind in (video_kind, speech_kind, alignment_kind))
    queue = DbosQueue(engine.url)
    jobs = Jobs(engine, kinds={kind.name: kind for kind in kinds}, queue=queue, observers=())
    options = WorkerOptions(
        engines=("quick", "portrait"),
        concurrency=1,
        prepare_concurrency=1,
        lease_seconds=10,
        drain_seconds=5,
        scratch=root / "scratch",
        version="test",
    )
    worker = Worker(jobs, options, chores=[])
    worker.start()
    videos = Videos(
        jobs,
        stage.workshop.fetcher,
        stage.storage,
        chooser=EngineChooser(
            EngineCatalog(EngineRegistry(points=POINTS)),
            jobs,
            Pace(engine),
            facts_of=assets.blobs.facts,
            commercial_only=False,
            auto_seconds=600,
        ),
        estimator=None,  # type: ignore[arg-type]
        casting=no_casting(),
        check_webhook=str,
    )
    yield Works(room=stage, assets=assets, jobs=jobs, videos=videos, scratch=root / "scratch")
    worker.drain()
    makers.close()
    queue.close()
    engine.dispose()


def test_the_portrait_engine_makes_a_video(works: Works, tmp_path: Path) -> None:
    speech = works.kept(recording(tmp_path / "speech.wav"))
    ended = works.until(works.submit(engine="portrait", audio=speech))
    assert ended.status is Status.SUCCEEDED, ended.error
    assert ended.result is not None
    assert ended.result["engine"]["id"] == "portrait"
    assert ended.progress == 1.0
    assert set(works.videos.links(ended)) == {"video", "timing.json", "poster"}
    works.room.storage.get(f"videos/{ended.id}.mp4", tmp_path / "got.mp4")
    assert probe(tmp_path / "got.mp4").frames == 6
    assert ended.metrics["seconds"].keys() >= {"fetch", "align", "render", "check", "deliver"}


def test_a_canceled_render_is_gone_at_once_and_leaves_nothing(works: Works) -> None:
    job = works.submit(text="A longer sentence than most.", options={"pause": 1.0})
    works.until(job, stage="render")
    eventually(lambda: bool(_makers()))
    makers = _makers()
    began = time.monotonic()
    works.jobs.cancel(job.id)
    ended = works.until(job)
    assert ended.status is Status.CANCELED
    assert time.monotonic() - began < 10  # two where nobody else computes
    assert not (makers & _makers())
    eventually(lambda: works.left_by(job) == [])


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _makers() -> set[int]:
    """Makers that render for this process: those that opened a file of a job."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes()
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                files = [str(fd.readlink()) for fd in (folder / "fd").iterdir()]
            except OSError:
                continue
            busy = any("/scratch/" in name for name in files)
            if b"talkies.maker" in line and parent == os.getpid() and busy:
                found.add(int(folder.name))
    return found


def test_a_job_past_its_deadline_fails_as_that(works: Works) -> None:
    job = works.submit(text="Bob.", options={"pause": 2.0}, deadline_seconds=4.0)
    ended = works.until(job)
    assert ended.status is Status.FAILED
    assert ended.error is not None
    assert ended.error["code"] == "DEADLINE_EXCEEDED"
    eventually(lambda: works.left_by(job) == [])


def test_a_refusal_comes_before_a_render(works: Works, tmp_path: Path) -> None:
    silent = recording(tmp_path / "silent.wav", seconds=0.2)
    silent.write_bytes(silent.read_bytes()[:44] + bytes(6_400))
    ended = works.until(works.submit(audio=works.kept(silent)))
    assert ended.status is Status.FAILED
    assert ended.error is not None
    assert (ended.error["code"], ended.stage) == ("AUDIO_SILENT", "fetch")


def test_a_job_that_failed_can_be_run_again(works: Works, tmp_path: Path) -> None:
    url = "https://example.com/speech.wav"
    job = works.submit(audio=Source(url=url))
    ended = works.until(job)
    assert ended.error is not None
    assert ended.error["code"] == "FETCH_FAILED"
    works.room.web[url] = recording(tmp_path / "speech.wav")
    again = works.until(works.jobs.retry(job.id))
    assert (again.status, again.run) == (Status.SUCCEEDED, 2)
