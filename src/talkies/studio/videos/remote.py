"""Rendering of a job by a pod: what is sent, what is told meanwhile, what comes back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from talkies.errors import BlobMissing, InvalidOption, NoPodAvailable, StorageUnavailable
from talkies.jobs.kinds import StepContext
from talkies.jobs.records import Job, Status
from talkies.kit.files import private_folder
from talkies.pods.client import Order
from talkies.pods.dispatch import Dispatcher
from talkies.pods.relay import Note, Stop
from talkies.pods.talkies_client import MARK
from talkies.storage.base import Storage
from talkies.studio.artifacts import PREFIX
from talkies.studio.progress import Event, Progress, Reporter, Stage
from talkies.studio.values import TRANSPARENT
from talkies.studio.videos.pipeline import reporter_of
from talkies.studio.videos.sitting import PORTRAIT
from talkies.studio.videos.steps import INPUTS
from talkies.studio.videos.submission import VideoSubmission, planned, submission_from
from talkies.studio.videos.workbench import SOUND, SOURCE_VIDEO, Workbench

#: The video as the pod made it, in the job's folder.
RECEIVED: Final = "received.mp4"

#: Share of the render in which the pod is at work; the rest brings the video into its form.
POD_SHARE: Final = 0.9

#: Parts in which progress is counted.
PARTS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where an engine's videos are rendered: here where that is possible, else on pods."""

    here: Callable[[str], bool]
    on_pods: Callable[[str], bool]

    def remote(self, engine: str) -> bool:
        """Whether pods do it."""
        return not self.here(engine) and self.on_pods(engine)


class RemoteRender:
    """Renders by pods. Used by the steps of a job, in a worker."""

    def __init__(
        self, dispatcher: Dispatcher, places: Places, storage: Storage, *, least_seconds: float
    ) -> None:
        """`least_seconds` is what each pod is given for any job."""
        self._dispatcher = dispatcher
        self._places = places
        self._notes = _Notes(storage)
        self._storage = storage
        self._least_seconds = least_seconds

    def takes(self, engine: str) -> bool:
        """Whether the engine's videos are rendered by pods."""
        return self._places.remote(engine)

    def bring(self, context: StepContext, *, seconds: float) -> Path:
        """The video of a job as a pod made it, in the job's folder; each pod has `seconds`.

        The same job finds the same remote job again, whichever worker asks. Raises as
        `Dispatcher.render`.
        """
        path = context.folder / RECEIVED
        if path.is_file():
            return path
        job = context.job
        submission = submission_from(job.request)
        _require_possible(job, submission)
        watch = _Watch(context, _reporter(context, submission), partial(self._notes.write, job))
        context.on_stop(watch.stop.set)
        brought = self._dispatcher.render(
            self._order(context, submission),
            path,
            watch,
            seconds=max(self._least_seconds, seconds),
            note=self._notes.read(job),
        )
        if brought.failures:
            context.measure(failed_pods=float(len(brought.failures)))
        return path

    def forget(self, job: Job) -> None:
        """Let a pod stop what it may still do for a job that has ended without it."""
        if job.status is Status.SUCCEEDED or not self.takes(str(job.engine)):
            return
        note = self._notes.read(job)
        if note is not None:
            self._dispatcher.cancel(note)

    def _order(self, context: StepContext, submission: VideoSubmission) -> Order:
        job, folder = context.job, context.folder
        files = {"portrait": PORTRAIT, "sound": SOUND}
        if submission.source_video is not None:
            files["source_video"] = SOURCE_VIDEO
        source = folder / SOURCE_VIDEO
        return Order(
            key=f"{job.id}-{job.run}",
            engine=str(job.engine),
            portrait=folder / PORTRAIT,
            sound=folder / SOUND,
            seconds=Workbench(folder).sound.seconds,
            source_video=source if submission.source_video is not None else None,
            prompt=submission.prompt or "",
            seed=submission.seed or 0,
            motion=1.0 if submission.motion is None else submission.motion,
            options=submission.options,
            links=self._links(job, files),
        )

    def _links(self, job: Job, files: dict[str, str]) -> dict[str, str]:
        """Where the files lie in a storage that others reach; nothing where it is our own disk."""
        links = {
            role: self._storage.link(f"{PREFIX}/{job.id}/{name}") for role, name in files.items()
        }
        return {role: link for role, link in links.items() if "://" in link}


class _Watch:
    """What a pod tells becomes the job's progress."""

    def __init__(
        self, context: StepContext, reporter: Reporter, write: Callable[[Note], None]
    ) -> None:
        self.stop = Stop()
        self._context = context
        self._reporter = reporter
        self._write = write
        self._reporter.begin(Stage.RENDER)

    @property
    def leaves(self) -> bool:
        return self._context.goes_on

    def progress(self, fraction: float) -> None:
        self._reporter.advance(round(PARTS * POD_SHARE * fraction), PARTS)

    def noted(self, note: Note) -> None:
        self._write(note)


class _Notes:
    """Where a job is, kept beside what its steps left until it has ended."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def write(self, job: Job, note: Note) -> None:
        with private_folder() as folder:
            path = folder / "note.json"
            path.write_text(json.dumps({"pod": note.pod, "remote_id": note.remote_id}))
            self._storage.put(_key(job), path, content_type="application/json")

    def read(self, job: Job) -> Note | None:
        try:
            known: dict[str, Any] = json.loads(b"".join(self._storage.read(_key(job))))
        except (BlobMissing, StorageUnavailable):
            return None
        return Note(pod=known["pod"], remote_id=known["remote_id"])


def _require_possible(job: Job, submission: VideoSubmission) -> None:
    if MARK in job.metadata:
        raise NoPodAvailable(
            "This video was sent here by another installation and is not sent on.",
            hint="Install the engine on the pod, or take the pod from the list.",
        )
    if submission.output.background == TRANSPARENT:
        raise InvalidOption(
            "A video that a pod makes cannot be transparent.",
            hint="Let `background` be away, or use the engine portrait.",
            details={"option": "background"},
        )


def _key(job: Job) -> str:
    """Another run of the job is other work."""
    return f"{PREFIX}/{job.id}/remote-{job.run}.json"


def _reporter(context: StepContext, submission: VideoSubmission) -> Reporter:
    files = {role: context.folder / INPUTS / role for role in submission.sources}

    def listen(event: Event) -> None:
        if isinstance(event, Progress):
            context.progress(event.stage.value, event.fraction, event.eta_seconds)

    return reporter_of(planned(submission, files), listen)
