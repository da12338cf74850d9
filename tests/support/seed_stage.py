"""A real server for the seeds' contracts, and hands that do what a worker would do."""

import io
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
from service_stage import Stage, StillEstimator, built, chooser_of, serving

from talkies.api.services import HttpOptions
from talkies.errors import TalkiesError
from talkies.jobs.attempts import Attempts, Report, failed
from talkies.jobs.ledger import Ending
from talkies.jobs.queue import Ticket
from talkies.jobs.records import Job, JobQuery, Output, Status
from talkies.studio.access.audit import Actor
from talkies.studio.access.limits import RateLimits
from talkies.studio.access.principal import Scope
from talkies.studio.fetching import Fetcher
from talkies.studio.removal.retention import Retention
from talkies.studio.videos.casting import Casting
from talkies.studio.videos.kind import video_key
from talkies.studio.videos.service import Videos

#: What the hands deliver as a video.
VIDEO = b"\0\0\0\x18ftypisom a video of some bytes"


def picture(extension: str = ".png") -> bytes:
    return bytes(cv2.imencode(extension, np.full((64, 64, 3), 128, np.uint8))[1])


def sound(seconds: float = 1.5, rate: int = 8_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        samples = np.sin(np.arange(round(seconds * rate)) / 7) * 8_000
        writer.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


class Seeds:
    """The server as a client meets it, and its jobs as a worker does."""

    def __init__(self, stage: Stage, folder: Path, url: str) -> None:
        self.stage = stage
        self.services = stage.services
        self.url = url
        self._attempts = Attempts(stage.services.jobs.ledger)
        self._folder = folder

    def client(self, key: str | None = None, *, header: str = "Authorization") -> httpx.Client:
        """A client that shows a key in a header, or none."""
        shown = {} if key is None else {header: f"Bearer {key}" if header[0] == "A" else key}
        return httpx.Client(base_url=self.url, headers=shown, timeout=120)

    def key(self, *scopes: Scope, **limits: Any) -> str:
        """The secret of a new key; without scopes one for videos alone."""
        wanted = list(scopes) or [Scope.VIDEOS]
        by = Actor(name="test")
        return self.services.keys.create("test", wanted, by=by, **limits).secret

    def made(self, client: httpx.Client, **fields: str) -> str:
        """The id of a new job of this client, by the seed's route that looks at nothing."""
        files = {"source_image": ("a.png", picture()), "driven_audio": ("a.wav", sound())}
        answer = client.post("/v1/jobs", files=files, data=fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def job(self, job_id: str) -> Job:
        return self.services.jobs.get(job_id)

    def begin(self, job_id: str) -> None:
        job = self.job(job_id)
        ticket = Ticket(job_id=job_id, run=job.run, phase=job.phase, queue=job.queue, rank=0)
        assert self._attempts.begin(ticket, f"hand-{job_id}").go

    def work(self, job_id: str, progress: float, eta_seconds: float | None = None) -> None:
        """Report how far a job is that was begun."""
        token = f"hand-{job_id}"
        self._attempts.write(
            [Report(attempt=token, progress=progress, eta_seconds=eta_seconds, alive=True)]
        )

    def waiting(self) -> tuple[Job, ...]:
        """Jobs that nobody began."""
        return self.services.jobs.list(JobQuery(statuses=(Status.QUEUED,)))

    def succeed(self, job_id: str, *warnings: str) -> None:
        """Begin a job, and deliver a video."""
        self.begin(job_id)
        self.finish(job_id, *warnings)

    def finish(self, job_id: str, *warnings: str) -> None:
        """Deliver the video of a job that was begun."""
        key, path = video_key(self.job(job_id)), self._folder / job_id
        path.write_bytes(VIDEO)
        self.services.storage.put(key, path, content_type="video/mp4")
        video = Output(
            name="video",
            storage_key=key,
            sha256="0" * 64,
            bytes=len(VIDEO),
            content_type="video/mp4",
        )
        ending = Ending(status=Status.SUCCEEDED, outputs=(video,), warnings=warnings)
        assert self._attempts.finish(job_id, f"hand-{job_id}", ending)

    def fail(self, job_id: str, error: TalkiesError) -> None:
        self.begin(job_id)
        assert self._attempts.finish(job_id, f"hand-{job_id}", failed(error))

    def sweep(self, hours: float) -> None:
        """What retention of 6 hours does so many hours later."""
        clock = self.services.clock
        Retention(
            self.stage.engine,
            self.services.storage,
            self.services.assets.blobs,
            hours=6,
            clock=lambda: clock() + round(hours * 3_600_000),
        ).sweep()


@contextmanager
def seeds(
    folder: Path,
    *,
    http: HttpOptions | None = None,
    limits: RateLimits | None = None,
    require_safe: Callable[[str], object] | None = None,
) -> Iterator[Seeds]:
    """The service without a worker, listening. `require_safe` replaces the check of addresses."""
    stage = built(folder, http=http, limits=limits)
    if require_safe is not None:
        stage = replace(stage, services=_trusting(stage, require_safe))
    with serving(stage.services) as url:
        yield Seeds(stage, folder, url)


def _trusting(stage: Stage, require_safe: Callable[[str], object]) -> Any:
    services = stage.services

    def check(url: str) -> str:
        require_safe(url)
        return url

    def no_download(url: str, path: Path) -> object:
        raise AssertionError(url)

    fetcher = Fetcher(services.assets, download=no_download, require_safe=check)
    videos = Videos(
        services.jobs,
        fetcher,
        services.storage,
        chooser=chooser_of(services.engines, services.jobs, services.assets, stage.engine),
        estimator=StillEstimator(),
        casting=Casting(services.characters, services.timelines, services.timelines.kept),
        check_webhook=check,
    )
    return replace(services, videos=videos)
