"""Speech and timing as jobs: for what is too long to be waited for."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from talkies.jobs.kinds import Finished, JobKind, Phase, Step, StepContext
from talkies.jobs.queue import AUDIO
from talkies.jobs.records import Job, Output
from talkies.media.sound_encoder import SOUND_FORMATS
from talkies.studio.audio.kinds import ALIGNMENT_KIND, SPEECH_KIND, sound_key, timing_key
from talkies.studio.audio.requests import alignment_from, script_of, speech_from
from talkies.studio.audio.steps import ORDER, RECORDING
from talkies.studio.maker_process import Patience
from talkies.studio.progress import Stage
from talkies.studio.videos.workbench import TIMING
from talkies.studio.workshop import TRANSFER_TRIES, Product, Workshop

#: Seconds for the longest text (25 minutes of speech), and the longest recording (an hour).
PATIENCE: Final = Patience(wall_seconds=3_600.0)


def speech_kind(workshop: Workshop) -> JobKind:
    """The kind `speech`: what is asked for is a `SpeechSubmission`'s document."""
    steps = _Speech(workshop)
    return _kind(SPEECH_KIND, workshop, _step(Stage.SPEAK, steps.speak), steps.deliver)


def alignment_kind(workshop: Workshop) -> JobKind:
    """The kind `alignment`: what is asked for is an `AlignmentSubmission`'s document."""
    steps = _Alignment(workshop)
    return _kind(ALIGNMENT_KIND, workshop, _step(Stage.ALIGN, steps.align), steps.deliver)


def _step(stage: Stage, run: Any) -> Step:
    return Step(name=stage.value, run=run, tries=TRANSFER_TRIES)


def _kind(name: str, workshop: Workshop, step: Step, deliver: Any) -> JobKind:
    return JobKind(
        name=name,
        phases=(Phase(queue=lambda _: AUDIO, steps=(step, _step(Stage.DELIVER, deliver))),),
        finish=_finished,
        purge=lambda job: workshop.purge(job.id, previews=False),
    )


class _Speech:
    """The steps of a text that is spoken."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def speak(self, context: StepContext) -> dict[str, Any]:
        asked = speech_from(context.job.request)
        order = {"script": asdict(script_of(asked)), "format": asked.response_format}
        return _made(self._workshop, context, "speak", order)

    def deliver(self, context: StepContext) -> dict[str, Any]:
        form = speech_from(context.job.request).response_format
        known = SOUND_FORMATS[form]
        sound = Product(
            name="audio",
            file=f"speech.{known.extension}",
            storage_key=sound_key(context.job, known.extension),
            content_type=known.content_type,
        )
        return _delivered(self._workshop, context, [sound, _timing(context.job)])


class _Alignment:
    """The steps of a recording that is timed."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def align(self, context: StepContext) -> dict[str, Any]:
        asked = alignment_from(context.job.request)
        self._workshop.fetcher.bring(asked.audio, context.folder / RECORDING)
        order = {"transcript": asked.transcript, "language": asked.language}
        return _made(self._workshop, context, "align", order)

    def deliver(self, context: StepContext) -> dict[str, Any]:
        return _delivered(self._workshop, context, [_timing(context.job)])


def _made(
    workshop: Workshop, context: StepContext, command: str, order: Mapping[str, Any]
) -> dict[str, Any]:
    """Let the maker do it, and keep what it left."""
    (context.folder / ORDER).write_text(json.dumps(order), encoding="utf-8")
    answer = workshop.command(context, {"do": command}, PATIENCE, last=True)
    kept = workshop.artifacts.keep(context.job.id, context.folder, answer["files"])
    return {**answer, "files": [artifact.document for artifact in kept]}


def _delivered(workshop: Workshop, context: StepContext, products: list[Product]) -> dict[str, Any]:
    context.progress(Stage.DELIVER.value, 0.99)
    workshop.restore(context)
    outputs = workshop.deliver(context, products)
    return {"outputs": [asdict(output) for output in outputs]}


def _timing(job: Job) -> Product:
    return Product(
        name=TIMING,
        file=TIMING,
        storage_key=timing_key(job),
        content_type="application/json",
    )


def _finished(_: Job, results: Mapping[str, Any]) -> Finished:
    made = results.get(Stage.SPEAK.value) or results[Stage.ALIGN.value]
    outputs = tuple(Output(**output) for output in results[Stage.DELIVER.value]["outputs"])
    facts = {name: made[name] for name in ("seconds", "language", "voice") if name in made}
    return Finished(result=facts, outputs=outputs, media_seconds=made["seconds"])
