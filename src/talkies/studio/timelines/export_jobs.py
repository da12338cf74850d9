"""Exports as jobs: a timeline as it was when it was asked for becomes a video."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from talkies.engines.character import ENGINE
from talkies.errors import BlobMissing
from talkies.jobs.kinds import Finished, JobKind, Phase, Step, StepContext
from talkies.jobs.queue import render_queue
from talkies.jobs.records import Output
from talkies.rigs.export.options import ExportFormat
from talkies.studio.characters.linking import linked
from talkies.studio.maker_process import Patience
from talkies.studio.progress import Stage
from talkies.studio.submissions import request_document
from talkies.studio.timelines.export_options import DELIVERED
from talkies.studio.timelines.export_steps import CAPTIONS, EARLIER, POSTER, video_name
from talkies.studio.timelines.jobs import DELIVER_FRACTION, TimelineParts
from talkies.studio.timelines.kinds import EXPORT_KIND, export_key
from talkies.studio.timelines.requests import ExportSubmission, export_submission_from
from talkies.studio.timelines.steps import CHARACTER, INPUTS, ORDER, TIMELINE, TIMING
from talkies.studio.workshop import TRANSFER_TRIES, Product, Workshop

#: Seconds for an hour at 60 frames a second with a background, cold, on one slow core; and without
#: a frame, after which it hangs: a large character is decoded meanwhile.
PATIENCE: Final = Patience(wall_seconds=6 * 3_600.0, silence_seconds=600.0)

#: What goes out beside the video, where it was made: name and file, ending of its key, type.
BESIDE: Final = (
    (TIMELINE, ".timeline.json", "application/json"),
    (TIMING, ".timing.json", "application/json"),
    (CAPTIONS[0], ".vtt", "text/vtt"),
    (CAPTIONS[1], ".srt", "application/x-subrip"),
    (POSTER, ".jpg", "image/jpeg"),
)


def export_kind(workshop: Workshop, parts: TimelineParts) -> JobKind:
    """The kind `export`: what is asked for is an `ExportSubmission`'s document."""
    steps = _Steps(workshop, parts)

    def step(stage: Stage, run: Any) -> Step:
        return Step(name=stage.value, run=run, tries=TRANSFER_TRIES)

    return JobKind(
        name=EXPORT_KIND,
        phases=(
            Phase(
                queue=lambda _: render_queue(ENGINE),
                steps=(step(Stage.EXPORT, steps.export), step(Stage.DELIVER, steps.deliver)),
            ),
        ),
        finish=lambda _, results: _finished(results),
        purge=lambda job: workshop.purge(job.id, previews=False),
    )


class _Steps:
    """The steps of one export."""

    def __init__(self, workshop: Workshop, parts: TimelineParts) -> None:
        self._workshop = workshop
        self._parts = parts

    def export(self, context: StepContext) -> dict[str, Any]:
        """Bring what it is made of, and let the maker make it."""
        job, folder = context.job, context.folder
        context.progress(Stage.FETCH.value, job.progress)
        asked = export_submission_from(job.request)
        self._bring(context, asked)
        order = json.dumps(request_document(asked))
        (folder / ORDER).write_text(order, encoding="utf-8")
        with linked(folder / INPUTS / CHARACTER, self._parts.open_character(asked.ref)):
            answer = self._workshop.command(context, {"do": "export"}, PATIENCE, last=True)
        kept = self._workshop.artifacts.keep(job.id, folder, answer["files"])
        return {**answer, "files": [artifact.document for artifact in kept]}

    def deliver(self, context: StepContext) -> dict[str, Any]:
        """Put the files where they stay, and remember them as the timeline's last export."""
        context.progress(Stage.DELIVER.value, DELIVER_FRACTION)
        self._workshop.restore(context)
        asked = export_submission_from(context.job.request)
        outputs = self._workshop.deliver(context, _products(context, asked))
        self._parts.book.note_export(asked.timeline_id, context.job.id)
        return {"outputs": [asdict(output) for output in outputs]}

    def _bring(self, context: StepContext, asked: ExportSubmission) -> None:
        """Put the inputs into the folder, and an earlier export whose frames can be taken over."""
        inputs = context.folder / INPUTS
        inputs.mkdir(exist_ok=True)
        for role, source in asked.sources.items():
            if role != "character":
                self._workshop.fetcher.bring(source, inputs / role)
        if asked.format == ExportFormat.MP4:
            self._bring_earlier(context, asked)

    def _bring_earlier(self, context: StepContext, asked: ExportSubmission) -> None:
        """The earlier export only saves time: that it is gone, or the timeline, is no failure."""
        with contextlib.suppress(BlobMissing):
            video = self._parts.book.exported(asked.timeline_id).get("video")
            if video is not None and video.content_type == "video/mp4":
                earlier = context.folder / INPUTS / EARLIER
                earlier.unlink(missing_ok=True)
                self._workshop.storage.get(video.storage_key, earlier)


def _products(context: StepContext, asked: ExportSubmission) -> list[Product]:
    form = ExportFormat(asked.format)
    video = Product(
        name="video",
        file=video_name(form),
        storage_key=export_key(context.job, DELIVERED[form].ending),
        content_type=DELIVERED[form].content_type,
    )
    beside = [
        Product(
            name=name.removesuffix(".jpg"),
            file=name,
            storage_key=export_key(context.job, ending),
            content_type=content_type,
        )
        for name, ending, content_type in BESIDE
        if (context.folder / name).is_file()
    ]
    return [video, *beside]


def _finished(results: Mapping[str, Any]) -> Finished:
    video = dict(results[Stage.EXPORT.value]["video"])
    outputs = tuple(Output(**output) for output in results[Stage.DELIVER.value]["outputs"])
    made = next(output for output in outputs if output.name == "video")
    video |= {"bytes": made.bytes, "sha256": made.sha256}
    return Finished(result={"video": video}, outputs=outputs, media_seconds=video["seconds"])
