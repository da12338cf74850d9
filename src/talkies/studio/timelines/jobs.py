"""Timelines as jobs: speech becomes a document, or parts of one are made anew."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from talkies.core.direction.plan_json import plan_to_json
from talkies.core.timeline.document import Timeline
from talkies.core.timeline.document_json import timeline_from_json, timeline_to_json
from talkies.core.timeline.regenerate import regenerate
from talkies.core.timing_json import alignment_from_json, alignment_to_json
from talkies.errors import TimelineInvalid
from talkies.jobs.kinds import Finished, JobKind, Phase, Step, StepContext
from talkies.jobs.queue import AUDIO
from talkies.jobs.records import Job
from talkies.studio.assets.blobs import Blobs
from talkies.studio.characters.linking import OpenCharacter, linked
from talkies.studio.maker_process import Patience
from talkies.studio.progress import Stage
from talkies.studio.submissions import request_document
from talkies.studio.timelines.book import TimelineBook
from talkies.studio.timelines.create import Planner
from talkies.studio.timelines.kinds import TIMELINE_KIND, timeline_id_of
from talkies.studio.timelines.records import TimelineRecord
from talkies.studio.timelines.requests import (
    TRACKS,
    TimelineSubmission,
    timeline_submission_from,
)
from talkies.studio.timelines.steps import (
    CHARACTER,
    DIRECT,
    HEAR,
    INPUTS,
    ORDER,
    PLAN,
    RECORDING,
    SOUND,
    TIMELINE,
    TIMING,
    words_of,
)
from talkies.studio.workshop import TRANSFER_TRIES, Workshop

#: Seconds for the longest text (25 minutes of speech), and the longest recording (an hour).
PATIENCE: Final = Patience(wall_seconds=3_600.0)

#: Share of the work that is done when only the document is to be kept.
DELIVER_FRACTION: Final = 0.99

SOUND_TYPE: Final = "audio/wav"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineParts:
    """What jobs of timelines work with beside the workshop."""

    book: TimelineBook
    blobs: Blobs
    open_character: OpenCharacter
    #: None where no model is there to be asked.
    planner: Planner | None = None


def timeline_kind(workshop: Workshop, parts: TimelineParts) -> JobKind:
    """The kind `timeline`: what is asked for is a `TimelineSubmission`'s document."""
    steps = _Steps(workshop, parts)

    def step(stage: Stage, run: Callable[[StepContext], Any], **settings: Any) -> Step:
        return Step(name=stage.value, run=run, tries=TRANSFER_TRIES, **settings)

    return JobKind(
        name=TIMELINE_KIND,
        phases=(
            Phase(
                queue=lambda _: AUDIO,
                steps=(
                    step(Stage.SPEAK, steps.hear, applies=_is_spoken),
                    step(Stage.ALIGN, steps.hear, applies=lambda job: not _is_spoken(job)),
                    step(Stage.DIRECT, steps.direct),
                    step(Stage.DELIVER, steps.deliver),
                ),
            ),
        ),
        finish=_finished,
        purge=lambda job: workshop.purge(job.id, previews=False),
    )


class _Steps:
    """The steps of one job."""

    def __init__(self, workshop: Workshop, parts: TimelineParts) -> None:
        self._workshop = workshop
        self._parts = parts

    def hear(self, context: StepContext) -> dict[str, Any]:
        """Let the maker speak or listen, after the recording is there."""
        asked = timeline_submission_from(context.job.request)
        (context.folder / INPUTS).mkdir(exist_ok=True)
        if asked.audio is not None:
            context.progress(Stage.FETCH.value, 0.0)
            self._workshop.fetcher.bring(asked.audio, context.folder / INPUTS / RECORDING)
        if asked.part == "emotions":
            self._lay_out_timing(context)
        return self._made(context, HEAR, last=False)

    def direct(self, context: StepContext) -> dict[str, Any]:
        """Let the maker decide what the character does, with a model's plan where one is wanted."""
        asked = timeline_submission_from(context.job.request)
        self._workshop.restore(context)
        context.progress(Stage.DIRECT.value, context.job.progress)
        link = context.folder / INPUTS / CHARACTER
        with linked(link, self._parts.open_character(asked.ref)):
            if asked.emotions == "model":
                self._plan(context)
            return self._made(context, DIRECT, last=True)

    def deliver(self, context: StepContext) -> dict[str, Any]:
        """Keep the new timeline, or what is new of one that people go on to edit."""
        context.progress(Stage.DELIVER.value, DELIVER_FRACTION)
        self._workshop.restore(context)
        asked = timeline_submission_from(context.job.request)
        made = timeline_from_json((context.folder / TIMELINE).read_text(encoding="utf-8"))
        if asked.timeline_id is None:
            record = self._added(context, asked, made)
        else:
            record = self._parts.book.change(
                asked.timeline_id, lambda before: _merged(before, made, asked)
            )
        return {"timeline": {"id": record.id, "revision": record.revision}}

    def _lay_out_timing(self, context: StepContext) -> None:
        """What is said stays: the timing that the timeline has now is not listened for."""
        speech = self._parts.book.get(timeline_id_of(context.job)).timeline.speech
        if speech is None:
            raise TimelineInvalid(
                "The timeline has no speech any more.",
                hint="Align it, and ask again.",
                details={"where": "speech"},
            )
        (context.folder / TIMING).write_text(alignment_to_json(speech), encoding="utf-8")

    def _plan(self, context: StepContext) -> None:
        """Leave a model's plan of the emotions in the folder, where one is there and answers."""
        planner = self._parts.planner
        if planner is None:
            context.warn("No model is set that plans emotions (OPENAI_API_KEY): rules did.")
            return
        folder = context.folder
        heard = alignment_from_json((folder / TIMING).read_text(encoding="utf-8"))

        def going() -> None:
            # A long speech takes many questions: this hears of a cancel.
            context.progress(Stage.DIRECT.value, context.job.progress)

        plan = planner(heard, words_of(folder / INPUTS / CHARACTER), context.warn, going)
        if plan is not None:
            (folder / PLAN).write_text(plan_to_json(plan), encoding="utf-8")

    def _made(self, context: StepContext, step: str, *, last: bool) -> dict[str, Any]:
        """Let the maker do a step, and keep what it left."""
        command = {"do": "timeline", "step": step, "timeline_id": timeline_id_of(context.job)}
        order = request_document(timeline_submission_from(context.job.request))
        (context.folder / ORDER).write_text(json.dumps(order), encoding="utf-8")
        answer = self._workshop.command(context, command, PATIENCE, last=last)
        kept = self._workshop.artifacts.keep(context.job.id, context.folder, answer["files"])
        return {**answer, "files": [artifact.document for artifact in kept]}

    def _added(
        self, context: StepContext, asked: TimelineSubmission, made: Timeline
    ) -> TimelineRecord:
        """A new timeline, whose sound is the recording as it came, or else what we made of it."""
        job = context.job
        digest = None if asked.audio is None else asked.audio.sha256
        if digest is None:
            digest = self._parts.blobs.keep(context.folder / SOUND, content_type=SOUND_TYPE)
        sound = made.sound and replace(made.sound, sha256=digest)
        moment = self._parts.book.clock()
        return self._parts.book.add(
            TimelineRecord(
                id=timeline_id_of(job),
                character_id=asked.character,
                document=timeline_to_json(replace(made, sound=sound)),
                sound_sha256=digest,
                key_id=job.key_id,
                user_id=job.user_id,
                created_at=moment,
                updated_at=moment,
            )
        )


def _merged(before: TimelineRecord, made: Timeline, asked: TimelineSubmission) -> TimelineRecord:
    """The newest document with what was made anew; clips that were set by hand stay.

    It becomes as long as the sound, of which a document may have said less.
    """
    timeline = before.timeline
    if asked.part == "speech":
        timeline = _as_long(timeline, made)
    tracks = {name: made.track(name) for name in TRACKS[asked.part]}
    merged = regenerate(timeline, tracks)
    if asked.part == "speech":
        merged = replace(merged, speech=made.speech, seed=made.seed)
    return replace(before, document=timeline_to_json(merged))


def _as_long(timeline: Timeline, made: Timeline) -> Timeline:
    """The timeline, no shorter than what was made of its sound."""
    frames = max(timeline.frames, made.frames)
    if timeline.sound is None or made.sound is None:
        return replace(timeline, frames=frames)
    sound = replace(timeline.sound, length=made.sound.length)
    return replace(timeline, frames=frames, sound=sound)


def _is_spoken(job: Job) -> bool:
    return "text" in job.request


def _finished(job: Job, results: Mapping[str, Any]) -> Finished:
    heard = results.get(Stage.SPEAK.value) or results[Stage.ALIGN.value]
    directed = results[Stage.DIRECT.value]
    facts = {name: heard[name] for name in ("seconds", "language", "voice") if name in heard}
    about = {name: directed[name] for name in ("frames", "fps", "clips")}
    timeline = {**results[Stage.DELIVER.value]["timeline"], **about}
    character = job.request["character"]
    return Finished(
        result={**facts, "timeline": {**timeline, "character": character}},
        media_seconds=heard["seconds"],
    )
