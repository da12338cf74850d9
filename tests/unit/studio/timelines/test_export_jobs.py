"""The steps of jobs that export timelines, with real makers, a real storage and a database."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from PIL import Image
from small_character import small_character
from timeline_room import WHO, Known, TimelineRoom

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.standard import BUILT
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timeline.editing import apply
from talkies.core.timeline.edits import (
    AddClip,
    SetLength,
)
from talkies.core.timing import TimeRange
from talkies.errors import BlobMissing, Canceled, CorruptMedia, TimelineInvalid, UnknownCharacter
from talkies.jobs.records import Job, Output
from talkies.media.video import probe
from talkies.rigs.character import CONFIG
from talkies.studio.submissions import Source
from talkies.studio.timelines.records import TimelineRecord
from talkies.studio.timelines.requests import DocumentSubmission, ExportSubmission


def exported(stage: TimelineRoom, record: TimelineRecord, **wanted: Any) -> Job:
    return stage.timelines.export(WHO, record.id, ExportSubmission(**wanted))


def made(stage: TimelineRoom, asked: Job) -> tuple[Mapping[str, Any], Mapping[str, Output]]:
    """What the record says of the video, and its files by name."""
    ended = stage.finish(stage.work(asked))
    return ended.result["video"], {output.name: output for output in ended.outputs}


def furious(stage: TimelineRoom, record: TimelineRecord) -> TimelineRecord:
    """The timeline with an expression that its character does not know."""
    clip = Clip(id="mad", span=TimeRange(0, 4), value="furious")

    def changed(before: TimelineRecord) -> TimelineRecord:
        after, _ = apply(before.timeline, AddClip(track=TrackName.EXPRESSIONS, clip=clip))
        return replace(before, document=timeline_to_json(after))

    return stage.book.change(record.id, changed)


def content(stage: TimelineRoom, output: Output) -> bytes:
    return b"".join(stage.room.storage.read(output.storage_key))


def test_a_timeline_becomes_a_video_with_what_goes_beside_it(
    stage: TimelineRoom, known: Known, tmp_path: Path
) -> None:
    record = known(stage)
    asked = exported(stage, record, captions="sidecar", background="#204060")
    view = stage.work(asked)
    ended = stage.finish(view)
    outputs = {output.name: output for output in ended.outputs}
    assert set(outputs) == {
        *("video", "poster", "captions.vtt", "captions.srt", "timing.json", "timeline.json")
    }
    assert {output.storage_key for output in ended.outputs} == set(stage.room.stored("exports"))
    video, timeline = ended.result["video"], record.timeline
    assert (video["width"], video["height"], video["fps"]) == (96, 144, 12.0)
    assert (video["frames"], video["kept_frames"]) == (timeline.frames, 0)
    assert (video["bytes"], video["sha256"]) == (outputs["video"].bytes, outputs["video"].sha256)
    (tmp_path / "got.mp4").write_bytes(content(stage, outputs["video"]))
    assert probe(tmp_path / "got.mp4").has_sound
    assert b"Bob moves" in content(stage, outputs["captions.vtt"])
    assert content(stage, outputs["timeline.json"]).decode() == record.document
    assert json.loads(content(stage, outputs["timing.json"]))["words"]
    poster = Image.open(io.BytesIO(content(stage, outputs["poster"])))
    assert poster.size == (96, 144)
    stages = list(dict.fromkeys(name for name, _ in view.told))
    assert stages == ["fetch", "export", "deliver"]
    fractions = [fraction for _, fraction in view.told if fraction]
    assert fractions == sorted(fractions)
    assert stage.book.get(record.id).exported_job_id == asked.id


def test_only_what_changed_since_the_last_export_is_made_anew(
    stage: TimelineRoom, known: Known
) -> None:
    record = known(stage)
    stage.timelines.edit(WHO, record.id, [SetLength(frames=96)])
    made(stage, exported(stage, record))
    nod = Clip(id="nod", span=TimeRange(90, 94), value="tilt_left_small")
    stage.timelines.edit(WHO, record.id, [AddClip(track=TrackName.POSES, clip=nod)])
    video, _ = made(stage, exported(stage, record))
    assert video["frames"] == 96
    assert 48 <= video["kept_frames"] < 96


def test_an_earlier_export_that_is_gone_is_no_failure(stage: TimelineRoom, known: Known) -> None:
    record = known(stage)
    _, outputs = made(stage, exported(stage, record))
    stage.room.storage.delete([outputs["video"].storage_key])
    video, _ = made(stage, exported(stage, record))
    assert video["kept_frames"] == 0


def test_edits_after_the_request_are_not_in_the_video(stage: TimelineRoom, known: Known) -> None:
    record = known(stage)
    asked = exported(stage, record)
    stage.timelines.edit(WHO, record.id, [SetLength(frames=60)])
    video, _ = made(stage, asked)
    assert video["frames"] == record.timeline.frames


@pytest.mark.parametrize(
    ("form", "ending", "kind"),
    [
        ("webm", ".webm", "video/webm"),
        ("gif", ".gif", "image/gif"),
        ("mov", ".mov", "video/quicktime"),
        ("apng", ".apng", "image/apng"),
    ],
)
def test_other_formats_go_out_as_what_they_are(
    stage: TimelineRoom, known: Known, form: str, ending: str, kind: str
) -> None:
    asked = exported(stage, known(stage), format=form, background="transparent", fps=8)
    video, outputs = made(stage, asked)
    assert outputs["video"].storage_key == f"exports/{asked.id}{ending}"
    assert outputs["video"].content_type == kind
    assert (video["format"], video["fps"]) == (form, 8.0)
    assert ("poster" in outputs) is (form != "apng")


def test_pictures_go_out_as_one_archive(stage: TimelineRoom, known: Known) -> None:
    video, outputs = made(stage, exported(stage, known(stage), format="png"))
    assert outputs["video"].content_type == "application/zip"
    with ZipFile(io.BytesIO(content(stage, outputs["video"]))) as packed:
        pictures = [name for name in packed.namelist() if name.endswith(".png")]
        assert len(pictures) == video["frames"]
        assert Image.open(io.BytesIO(packed.read(pictures[0]))).mode == "RGBA"
        assert any(name.endswith(".wav") for name in packed.namelist())


def test_a_timeline_without_sound_is_a_silent_video(stage: TimelineRoom) -> None:

    document = {
        "schema": "talkies.timeline/1",
        "id": "wave",
        "character": "robin",
        "fps": 12,
        "frames": 6,
        "tracks": {"poses": [{"id": "a", "start": 1, "end": 4, "value": "tilt_left_small"}]},
    }
    record = stage.timelines.store(WHO, DocumentSubmission(document=json.dumps(document)))
    video, outputs = made(stage, exported(stage, record))
    assert video["frames"] == 6
    assert set(outputs) == {"video", "poster", "timeline.json"}


class TestFailures:
    def test_a_character_that_went_meanwhile_is_told(
        self, stage: TimelineRoom, known: Known
    ) -> None:
        asked = exported(stage, known(stage))
        stage.cast.gone = True
        with pytest.raises(UnknownCharacter):
            stage.work(asked)

    def test_a_sound_that_is_none_is_told(self, stage: TimelineRoom, known: Known) -> None:
        record = known(stage)
        broken = stage.room.root / "broken.wav"
        broken.write_bytes(b"RIFF\x24\0\0\0WAVEfmt " + bytes(24))
        stage.room.web["https://example.com/broken.wav"] = broken

        def elsewhere(before: TimelineRecord) -> TimelineRecord:
            timeline = before.timeline
            sound = replace(timeline.sound, source="https://example.com/broken.wav", sha256=None)
            document = timeline_to_json(replace(timeline, sound=sound))
            return replace(before, document=document, sound_sha256=None)

        stage.book.change(record.id, elsewhere)
        with pytest.raises(CorruptMedia):
            stage.work(exported(stage, record))

    def test_words_that_the_character_has_not_are_named_before_there_is_a_job(
        self, stage: TimelineRoom, known: Known
    ) -> None:
        record = furious(stage, known(stage))
        with pytest.raises(TimelineInvalid) as raised:
            exported(stage, record)
        assert str(raised.value.details["where"]).startswith("tracks.expressions")
        assert stage.jobs.new == []

    def test_words_that_the_character_loses_meanwhile_are_named_by_the_job(
        self, stage: TimelineRoom, known: Known, tmp_path: Path
    ) -> None:
        before = stage.cast.folder
        stage.cast.folder = tmp_path / "angrier"
        words = replace(
            BUILT, expressions={**BUILT.expressions, "furious": BUILT.expressions["concerned"]}
        )
        small_character(stage.cast.folder)
        (stage.cast.folder / CONFIG).write_text(config_to_json(words))
        asked = exported(stage, furious(stage, known(stage)))
        stage.cast.folder = before
        with pytest.raises(TimelineInvalid) as raised:
            stage.work(asked)
        assert str(raised.value.details["where"]).startswith("tracks.expressions")

    def test_a_background_that_is_gone_is_told(self, stage: TimelineRoom, known: Known) -> None:
        asked = exported(stage, known(stage), background=Source(sha256="0" * 64))
        with pytest.raises(BlobMissing):
            stage.work(asked)

    @pytest.mark.parametrize("stop_at", ["export", "deliver"])
    def test_a_canceled_export_leaves_nothing(
        self, stage: TimelineRoom, known: Known, stop_at: str
    ) -> None:
        asked = exported(stage, known(stage))
        view = stage.view(asked)

        def stopping(step: str) -> None:
            if step == stop_at:
                view.stop()

        with pytest.raises(Canceled):
            stage.work(asked, view=view, before=stopping)
        stage.kind(asked).purge(asked)
        assert stage.room.stored("exports") == []
        assert stage.room.stored("scratch") == []
        assert not (view.folder / "inputs/character").exists()

    def test_an_export_that_is_canceled_amid_its_frames_ends_at_once(
        self, stage: TimelineRoom, known: Known
    ) -> None:
        record = known(stage)
        stage.timelines.edit(WHO, record.id, [SetLength(frames=30_000)])
        asked = exported(stage, record)
        view = stage.view(asked)
        told = view.told

        class Stopping(list[tuple[str, float]]):
            def append(self, item: tuple[str, float]) -> None:
                super().append(item)
                if item[0] == "export" and len(self) > 3:
                    view.stopped = True

        view.told = Stopping(told)
        with pytest.raises(Canceled):
            stage.work(asked, view=view)
        assert stage.room.stored("exports") == []
