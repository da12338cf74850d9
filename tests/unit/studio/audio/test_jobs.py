import json
from pathlib import Path
from typing import Any

import av
import pytest
from studio_made_up import recording
from workshop_stage import Room, StepView, job

from talkies.jobs.kinds import Finished, JobKind
from talkies.jobs.records import Job
from talkies.studio.audio.jobs import alignment_kind, speech_kind
from talkies.studio.audio.requests import AlignmentSubmission, SpeechSubmission
from talkies.studio.submissions import Source, request_document


def done(stage: Room, kind: JobKind, asked: Job) -> tuple[StepView, Finished]:
    view = stage.context(asked)
    for phase in kind.phases:
        assert phase.queue(asked) == "audio"
        for step in phase.steps:
            view.results[step.name] = json.loads(json.dumps(step.run(view)))
    return view, kind.finish(asked, view.results)


def test_a_text_becomes_sound_and_its_timing(stage: Room, tmp_path: Path) -> None:
    asked = SpeechSubmission(input="Hello there.", voice="en-us", response_format="flac")
    kind = speech_kind(stage.workshop)
    view, ended = done(stage, kind, job(request_document(asked), id="spe_1", kind="speech"))
    outputs = {output.name: output for output in ended.outputs}
    assert outputs["audio"].storage_key == "audio/spe_1.flac"
    assert outputs["audio"].content_type == "audio/flac"
    stage.storage.get("audio/spe_1.flac", tmp_path / "got.flac")
    with av.open(str(tmp_path / "got.flac")) as file:
        seconds = sum(f.samples for f in file.decode(audio=0)) / 24_000
    assert abs(seconds - ended.media_seconds) < 0.05
    timing = json.loads(b"".join(stage.storage.read(outputs["timing.json"].storage_key)))
    assert [word["text"] for word in timing["words"]] == ["Hello", "there."]
    assert ended.result["voice"] == "espeak:en-us"
    assert [name for name, _ in view.told][-1] == "deliver"
    kind.purge(view.job)
    assert stage.stored("scratch/") == []


def test_a_recording_becomes_its_timing(stage: Room, tmp_path: Path) -> None:
    digest = stage.inputs.keep(recording(tmp_path / "speech.wav"))
    asked = AlignmentSubmission(audio=Source(sha256=digest))
    kind = alignment_kind(stage.workshop)
    _, ended = done(stage, kind, job(request_document(asked), id="aln_1", kind="alignment"))
    assert [output.name for output in ended.outputs] == ["timing.json"]
    assert ended.media_seconds == pytest.approx(0.6)
    document: dict[str, Any] = json.loads(b"".join(stage.storage.read("audio/aln_1.timing.json")))
    assert document["schema"] == "talkies.timing/1"
