"""The video as a job: its phases and steps, each of which leaves files for the ones after it."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from talkies.engines.terms import RenderTerms
from talkies.errors import ChildTimedOut
from talkies.jobs.kinds import Finished, JobKind, Phase, Step, StepContext
from talkies.jobs.queue import PREPARE, render_queue
from talkies.jobs.records import Document, Job, Output, Status
from talkies.kit.clock import now
from talkies.kit.messages import Header
from talkies.studio.characters.linking import OpenCharacter
from talkies.studio.maker_process import Patience
from talkies.studio.previews import shipping
from talkies.studio.progress import Stage
from talkies.studio.videos.acting_character import played_by
from talkies.studio.videos.kind import KIND, video_key
from talkies.studio.videos.patience import given_up, patience_with, stays_in_memory
from talkies.studio.videos.remote import RemoteRender
from talkies.studio.videos.steps import CAPTIONS, FINDINGS, INPUTS, SCORE, write_order
from talkies.studio.videos.submission import submission_from
from talkies.studio.videos.workbench import POSTER, PREVIEW, TIMELINE, TIMING
from talkies.studio.workshop import TRANSFER_TRIES, Product, Workshop

#: Seconds that a step may take whatever it does, and how often its expected time.
LEAST_SECONDS: Final = 600.0
PATIENCE: Final = 3.0

#: Seconds of work for a second of speech on one slow core, by stage; see `patience` for a render.
WORK_SECONDS: Final[Mapping[Stage, float]] = {
    Stage.SPEAK: 1.0,
    Stage.ALIGN: 0.5,
    Stage.ANIMATE: 0.1,
    Stage.CHECK: 4.0,
}

#: Seconds without a frame after which a check hangs.
SILENCE_SECONDS: Final = 300.0

#: Tries of a step whose maker may be killed through no fault of the job, as by a full memory.
MAKER_TRIES: Final = 2

#: Share of the work that is left when only the files are to be taken away.
DELIVER_FRACTION: Final = 0.995

CONTENT_TYPES: Final = {"mp4": "video/mp4", "webm": "video/webm", "gif": "image/gif"}

#: What goes out beside the video, where it was made: name and file, ending of its key, type.
BESIDE: Final = (
    (TIMING, ".timing.json", "application/json"),
    (TIMELINE, ".timeline.json", "application/json"),
    (CAPTIONS[0], ".vtt", "text/vtt"),
    (CAPTIONS[1], ".srt", "application/x-subrip"),
    (SCORE, ".score.json", "application/json"),
)


def video_kind(
    workshop: Workshop,
    terms: RenderTerms | None = None,
    remote: RemoteRender | None = None,
    open_character: OpenCharacter | None = None,
) -> JobKind:
    """The kind `video`: what is asked for is a `VideoSubmission`'s document.

    `terms` are those of renders; `remote` renders what is not rendered here, None where there are
    no pods; `open_character` finds characters, None where there are none.
    """
    steps = _Steps(workshop, terms or RenderTerms(), remote, open_character)

    def step(stage: Stage, **settings: Any) -> Step:
        return Step(name=stage.value, run=partial(steps.run, stage), **settings)

    return JobKind(
        name=KIND,
        phases=(
            Phase(
                queue=lambda _: PREPARE,
                steps=(
                    step(Stage.FETCH, tries=TRANSFER_TRIES),
                    step(Stage.SPEAK, applies=_is_spoken, tries=MAKER_TRIES),
                    step(Stage.ALIGN, applies=_is_recorded, tries=MAKER_TRIES),
                    step(Stage.ANIMATE, tries=MAKER_TRIES),
                ),
            ),
            Phase(
                queue=lambda job: render_queue(str(job.engine)),
                steps=(
                    step(Stage.RENDER, tries=MAKER_TRIES),
                    step(Stage.CHECK, tries=MAKER_TRIES),
                    step(Stage.DELIVER, tries=TRANSFER_TRIES),
                ),
            ),
        ),
        finish=_finished,
        purge=steps.purge,
    )


class _Steps:
    """The steps of one video job."""

    def __init__(
        self,
        workshop: Workshop,
        terms: RenderTerms,
        remote: RemoteRender | None,
        open_character: OpenCharacter | None,
    ) -> None:
        self._workshop = workshop
        self._terms = terms
        self._remote = remote
        self._open_character = open_character

    def run(self, stage: Stage, context: StepContext) -> dict[str, Any]:
        """One step; what an earlier run of a job left to be delivered is taken as it is."""
        if context.job.run > 1 and stage is not Stage.DELIVER:
            known = self._workshop.artifacts.recall(context.job.id).get(stage.value)
            if known is not None:
                found: dict[str, Any] = dict(known)
                return found
        context.progress(stage.value, context.job.progress)
        if stage is Stage.DELIVER:
            return self._deliver(context)
        if stage is Stage.FETCH:
            self._bring(context)
        else:
            self._workshop.restore(context)
        return self._made(stage, context)

    def purge(self, job: Job) -> None:
        """Remove what an ended job left; what only could not be delivered waits for a retry.

        A preview that somebody watches may be watched to its end.
        """
        if job.status is Status.FAILED and job.stage == Stage.DELIVER:
            return
        if self._remote is not None:
            self._remote.forget(job)
        self._workshop.purge(job.id, previews=job.status is not Status.SUCCEEDED)

    def _bring(self, context: StepContext) -> None:
        """Put the inputs into the folder, each under its role."""
        inputs = context.folder / INPUTS
        inputs.mkdir(exist_ok=True)
        for role, source in submission_from(context.job.request).sources.items():
            self._workshop.fetcher.bring(source, inputs / role)

    def _made(self, stage: Stage, context: StepContext) -> dict[str, Any]:
        """Let the maker do a step, and keep what it left."""
        job = context.job
        submission = submission_from(job.request)
        write_order(context.folder, submission, str(job.engine))
        with played_by(submission, context.folder, self._open_character):
            rendered = stage is Stage.RENDER
            answer = self._rendered(context) if rendered else self._done(stage, context)
        artifacts = self._workshop.artifacts.keep(job.id, context.folder, answer["files"])
        result = {**answer, "files": [artifact.document for artifact in artifacts]}
        if stage is Stage.CHECK:
            self._workshop.artifacts.remember(job.id, {**context.results, stage.value: result})
        return result

    def _done(self, stage: Stage, context: StepContext) -> Header:
        """What the job's maker answers to a step."""
        expected = WORK_SECONDS.get(stage, 0.0) * media_seconds(context.results)
        patience = Patience(
            wall_seconds=max(LEAST_SECONDS, PATIENCE * expected),
            silence_seconds=SILENCE_SECONDS if stage is Stage.CHECK else None,
        )
        command, last = _command(stage, context.job), stage is Stage.CHECK
        return self._workshop.command(context, command, patience, last=last)

    def _rendered(self, context: StepContext) -> Header:
        """Render, while what there is already goes out as a preview."""
        job, began = context.job, time.monotonic()
        preview = context.folder / PREVIEW
        attempt = f"{job.run}-{job.attempts}-{now()}"
        with shipping(self._workshop.storage, preview, job_id=job.id, attempt=attempt):
            answer = self._made_elsewhere(context) or self._made_here(context)
        context.measure(render_seconds=time.monotonic() - began)
        return answer

    def _made_elsewhere(self, context: StepContext) -> Header | None:
        """What a maker answers that finishes a pod's video; None where no pod makes it."""
        engine = str(context.job.engine)
        if self._remote is None or not self._remote.takes(engine):
            return None
        patience = self._render_patience(context)
        received = self._remote.bring(context, seconds=patience.wall_seconds)
        command = {**_command(Stage.RENDER, context.job), "received": received.name}
        return self._workshop.command(context, command, patience, last=False)

    def _made_here(self, context: StepContext) -> Header:
        """What a maker of this machine answers to the render."""
        job, command = context.job, _command(Stage.RENDER, context.job)
        engine = self._workshop.engines.choose(str(job.engine))
        patience = self._render_patience(context)
        try:
            if stays_in_memory(engine):
                return self._workshop.render(engine, context, command, patience)
            return self._workshop.command(context, command, patience, last=False)
        except ChildTimedOut as error:
            raise given_up(engine, patience, error) from error

    def _render_patience(self, context: StepContext) -> Patience:
        engine = self._workshop.engines.choose(str(context.job.engine))
        options = submission_from(context.job.request).options
        return patience_with(engine, options, media_seconds(context.results), self._terms)

    def _deliver(self, context: StepContext) -> dict[str, Any]:
        context.progress(Stage.DELIVER.value, DELIVER_FRACTION)
        self._workshop.restore(context)
        outputs = self._workshop.deliver(context, _products(context))
        facts = json.loads((context.folder / FINDINGS).read_text(encoding="utf-8"))
        video = next(output for output in outputs if output.name == "video")
        facts["video"] |= {"bytes": video.bytes, "sha256": video.sha256}
        return {"facts": facts, "outputs": [asdict(output) for output in outputs]}


def _command(stage: Stage, job: Job) -> Header:
    return {"do": "step", "stage": stage.value, "since": _since(job)}


def _since(job: Job) -> float:
    """Seconds since a worker first began the job: what an ETA is learned from."""
    return 0.0 if job.started_at is None else max(0.0, (now() - job.started_at) / 1_000)


def media_seconds(results: Mapping[str, Any]) -> float:
    """How long the speech is, as the step that read or made it said."""
    said = (result.get("media_seconds") for result in results.values())
    return next((float(seconds) for seconds in said if seconds is not None), 0.0)


def _is_spoken(job: Job) -> bool:
    return "text" in job.request


def _is_recorded(job: Job) -> bool:
    """Whether a recording has to be listened to: of a timeline it is known when what is said."""
    return not _is_spoken(job) and "timeline_document" not in job.request


def _products(context: StepContext) -> list[Product]:
    key = video_key(context.job)
    stem, _, format_ = key.rpartition(".")
    video = Product(
        name="video",
        file=f"video.{format_}",
        storage_key=key,
        content_type=CONTENT_TYPES[format_],
    )
    poster = Product(
        name="poster", file=POSTER, storage_key=f"{stem}.jpg", content_type="image/jpeg"
    )
    beside = [
        Product(name=name, file=name, storage_key=f"{stem}{ending}", content_type=content_type)
        for name, ending, content_type in BESIDE
        if (context.folder / name).is_file()
    ]
    return [video, *beside, poster]


def _finished(_: Job, results: Mapping[str, Any]) -> Finished:
    delivered: Document = results[Stage.DELIVER.value]
    facts = delivered["facts"]
    return Finished(
        result=facts,
        outputs=tuple(Output(**output) for output in delivered["outputs"]),
        media_seconds=facts["video"]["seconds"],
    )
