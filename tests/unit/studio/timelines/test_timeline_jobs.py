"""The steps of jobs that make timelines, with real makers and a real database."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from studio_made_up import recording
from timeline_room import WHO, Known, TimelineRoom
from workshop_stage import files_below

from talkies.core.alignment import Alignment
from talkies.core.direction.feelings import FaceChange
from talkies.core.rig.model import RigConfig
from talkies.core.timeline.document import Clip, Origin, Timeline, TimelineSound, TrackName
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timeline.edits import AddClip
from talkies.core.timing import TimeRange
from talkies.errors import (
    AudioSilent,
    BlobMissing,
    Canceled,
    NotFound,
    TimelineInvalid,
    UnknownCharacter,
)
from talkies.jobs.records import Job
from talkies.studio.submissions import Source
from talkies.studio.timelines.kinds import timeline_id_of
from talkies.studio.timelines.records import TimelineRecord
from talkies.studio.timelines.requests import (
    AgainSubmission,
    DocumentSubmission,
    TimelineSubmission,
)


def spoken(stage: TimelineRoom, **changes: object) -> Job:
    given = {"character": "robin", "text": "Bob moves.", "fps": 12, **changes}
    return stage.timelines.create(WHO, TimelineSubmission(**given))


def recorded(stage: TimelineRoom, path: Path, **changes: object) -> Job:
    sound = Source(sha256=stage.assets.keep(recording(path), content_type="audio/wav"))
    given = {"character": "robin", "audio": sound, **changes}
    return stage.timelines.create(WHO, TimelineSubmission(**given))


def made(stage: TimelineRoom, asked: Job) -> TimelineRecord:
    stage.finish(stage.work(asked))
    return stage.book.get(timeline_id_of(asked))


class Plan:
    """A planner that says the same of everything."""

    def __init__(self, changes: Sequence[FaceChange] | None) -> None:
        self.changes = changes
        self.heard: list[Alignment] = []
        self.before: Callable[[], object] = list

    def plan(
        self,
        alignment: Alignment,
        config: RigConfig,
        warn: Callable[[str], None],
        going: Callable[[], object],
    ) -> Sequence[FaceChange] | None:
        self.heard.append(alignment)
        self.before()
        going()
        warn("The planner has spoken.")
        return self.changes


def test_a_text_becomes_a_document_with_its_sound(stage: TimelineRoom) -> None:
    asked = spoken(stage, voice="de", user_id="u1", seed=7)
    view = stage.work(asked)
    ended = stage.finish(view)
    record = stage.book.get(timeline_id_of(asked))
    timeline = record.timeline
    assert record.id == timeline.id == asked.id.replace("tlj_", "tml_")
    assert (record.revision, record.user_id, record.key_id) == (1, "u1", "key_1")
    assert (timeline.character, timeline.fps, timeline.seed) == ("robin", 12, 7)
    assert timeline.track(TrackName.VISEMES)
    assert [word.text for word in timeline.speech.words] == ["Bob", "moves."]
    assert timeline.sound.source == f"/v1/timelines/{record.id}/sound"
    assert timeline.sound.sha256 == record.sound_sha256
    assert stage.assets.blobs.facts(record.sound_sha256)["content_type"] == "audio/wav"
    assert ended.result["timeline"]["id"] == record.id
    assert ended.result["timeline"]["frames"] == timeline.frames
    assert (ended.result["voice"], ended.result["language"]) == ("espeak:de", "de")
    assert ended.media_seconds == pytest.approx(timeline.seconds, abs=0.1)
    stages = list(dict.fromkeys(name for name, _ in view.told))
    assert stages == ["speak", "direct", "deliver"]
    fractions = [fraction for _, fraction in view.told if fraction]
    assert fractions == sorted(fractions)


def test_a_recording_keeps_its_own_bytes_as_the_sound(stage: TimelineRoom, tmp_path: Path) -> None:
    path = tmp_path / "line.wav"
    record = made(stage, recorded(stage, path, emotions="off"))
    timeline = record.timeline
    stage.assets.fetch(record.sound_sha256, tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == path.read_bytes()
    assert timeline.fps == 25
    assert not timeline.track(TrackName.EXPRESSIONS)
    assert timeline.sound.length == pytest.approx(0.6 * 48_000, abs=2)


def test_a_recording_of_an_address_is_kept_here(stage: TimelineRoom, tmp_path: Path) -> None:
    stage.room.web["https://example.com/a.wav"] = recording(tmp_path / "a.wav")
    asked = stage.timelines.create(
        WHO,
        TimelineSubmission(character="robin", audio=Source(url="https://example.com/a.wav")),
    )
    record = made(stage, asked)
    assert stage.assets.blobs.facts(record.sound_sha256)["content_type"] == "audio/wav"


def test_a_job_that_runs_again_makes_no_second_timeline(stage: TimelineRoom) -> None:
    asked = spoken(stage)
    view = stage.work(asked)
    again = stage.kind(asked).phases[0].steps[-1].run(view)
    assert again["timeline"]["revision"] == 1
    assert len(stage.timelines.list(WHO)) == 1


def test_another_worker_goes_on_where_one_ended(stage: TimelineRoom, tmp_path: Path) -> None:
    asked = recorded(stage, tmp_path / "a.wav")
    view = stage.work(asked, until="align")
    elsewhere = replace(view, folder=tmp_path / "elsewhere")
    elsewhere.folder.mkdir()
    for step in stage.kind(asked).phases[0].steps[-2:]:
        elsewhere.results[step.name] = json.loads(json.dumps(step.run(elsewhere)))
    assert stage.book.get(timeline_id_of(asked)).timeline.frames == 15
    assert not (elsewhere.folder / "inputs/character").exists()


class TestModels:
    def test_a_plan_decides_what_the_face_shows(self, stage: TimelineRoom) -> None:
        plan = Plan(
            [FaceChange(time=0.2, expression="happy_soft", strength=0.5, note="He likes it.")]
        )
        stage.planner = plan.plan
        asked = spoken(stage, emotions="model")
        view = stage.work(asked)
        clips = stage.book.get(timeline_id_of(asked)).timeline.track(TrackName.EXPRESSIONS)
        assert {(clip.value, clip.note) for clip in clips} == {("happy_soft", "He likes it.")}
        assert [word.text for word in plan.heard[0].words] == ["Bob", "moves."]
        assert "The planner has spoken." in view.warnings

    def test_without_a_plan_the_rules_do_it(self, stage: TimelineRoom) -> None:
        stage.planner = Plan(None).plan
        by_rules = made(stage, spoken(stage)).timeline
        planned = made(stage, spoken(stage, emotions="model")).timeline
        assert planned.tracks == by_rules.tracks

    def test_a_cancel_stops_the_questions(self, stage: TimelineRoom) -> None:
        plan = Plan([])
        stage.planner = plan.plan
        asked = spoken(stage, emotions="model")
        view = stage.view(asked)
        plan.before = view.stop
        with pytest.raises(Canceled):
            stage.work(asked, view=view)
        assert len(plan.heard) == 1
        assert "The planner has spoken." not in view.warnings

    def test_that_there_is_no_model_is_told(self, stage: TimelineRoom) -> None:
        view = stage.work(spoken(stage, emotions="model"))
        assert any("OPENAI_API_KEY" in warning for warning in view.warnings)


class TestAgain:
    def test_what_was_set_by_hand_stays_and_edits_meanwhile_are_kept(
        self, stage: TimelineRoom, known: Known
    ) -> None:
        record = known(stage)
        nod = Clip(id="nod", span=TimeRange(2, 6), value="tilt_left_small")
        stage.timelines.edit(WHO, record.id, [AddClip(track=TrackName.POSES, clip=nod)])
        asked = stage.timelines.align(WHO, record.id, AgainSubmission(seed=99))
        look = Clip(id="look", span=TimeRange(0, 3), value="happy_soft")

        def meanwhile(step: str) -> None:
            if step == "deliver":
                edit = AddClip(track=TrackName.EXPRESSIONS, clip=look)
                stage.timelines.edit(WHO, record.id, [edit])

        stage.work(asked, before=meanwhile)
        after = stage.book.get(record.id)
        timeline = after.timeline
        assert after.revision == 4
        assert timeline.seed == 99
        manual = {c.id for t in timeline.tracks.values() for c in t if c.origin is Origin.MANUAL}
        assert manual == {"nod", "look"}
        assert timeline.track(TrackName.VISEMES)
        assert timeline.sound == record.timeline.sound

    def test_emotions_change_the_face_alone(self, stage: TimelineRoom, known: Known) -> None:
        record = known(stage)
        stage.planner = Plan(
            [FaceChange(time=0.0, expression="happy_soft", strength=1.0, note="")]
        ).plan
        asked = stage.timelines.emotions(WHO, record.id, AgainSubmission(emotions="model"))
        view = stage.work(asked)
        before, after = record.timeline, stage.book.get(record.id).timeline
        others = [name for name in TrackName if name is not TrackName.EXPRESSIONS]
        assert [after.track(name) for name in others] == [before.track(name) for name in others]
        assert after.track(TrackName.EXPRESSIONS) != before.track(TrackName.EXPRESSIONS)
        assert after.speech == before.speech
        assert "align" in view.results

    def test_a_document_that_lied_about_its_sound_is_as_long_as_that_afterwards(
        self, stage: TimelineRoom, tmp_path: Path
    ) -> None:
        sound = TimelineSound(source="line.wav", length=4_800)
        short = Timeline(id="t", character="robin", fps=Fraction(120), frames=12, sound=sound)
        digest = stage.assets.keep(recording(tmp_path / "line.wav"), content_type="audio/wav")
        brought = DocumentSubmission(document=timeline_to_json(short), sound=Source(sha256=digest))
        record = stage.timelines.store(WHO, brought)
        stage.work(stage.timelines.align(WHO, record.id, AgainSubmission()))
        timeline = stage.book.get(record.id).timeline
        assert timeline.frames == 72
        assert timeline.sound.length == pytest.approx(0.6 * 48_000, abs=2)
        assert timeline.sound.source == record.timeline.sound.source
        assert timeline.speech is not None

    def test_a_timeline_that_was_deleted_meanwhile_does_not_come_back(
        self, stage: TimelineRoom, known: Known
    ) -> None:
        record = known(stage)
        asked = stage.timelines.align(WHO, record.id, AgainSubmission())

        def meanwhile(step: str) -> None:
            if step == "deliver":
                stage.timelines.delete(WHO, record.id)

        with pytest.raises(NotFound):
            stage.work(asked, before=meanwhile)
        assert stage.timelines.list(WHO) == ()

    def test_emotions_need_the_speech_until_the_end(
        self, stage: TimelineRoom, known: Known
    ) -> None:
        record = known(stage)
        asked = stage.timelines.emotions(WHO, record.id, AgainSubmission())

        def without(before: TimelineRecord) -> TimelineRecord:
            mute: Timeline = replace(before.timeline, speech=None)
            return replace(before, document=timeline_to_json(mute))

        stage.book.change(record.id, without)
        with pytest.raises(TimelineInvalid) as raised:
            stage.work(asked)
        assert raised.value.details["where"] == "speech"


class TestFailures:
    def test_silence_is_refused(self, stage: TimelineRoom, tmp_path: Path) -> None:
        path = tmp_path / "silence.wav"
        recording(path)
        path.write_bytes(path.read_bytes()[:44] + bytes(19_200))
        sound = Source(sha256=stage.assets.keep(path, content_type="audio/wav"))
        asked = stage.timelines.create(WHO, TimelineSubmission(character="robin", audio=sound))
        with pytest.raises(AudioSilent):
            stage.work(asked)

    def test_a_recording_that_is_gone_is_told(self, stage: TimelineRoom) -> None:
        asked = stage.timelines.create(
            WHO, TimelineSubmission(character="robin", audio=Source(sha256="0" * 64))
        )
        with pytest.raises(BlobMissing):
            stage.work(asked)

    def test_a_character_that_went_meanwhile_is_told(self, stage: TimelineRoom) -> None:
        asked = spoken(stage)
        stage.cast.gone = True
        with pytest.raises(UnknownCharacter):
            stage.work(asked)

    @pytest.mark.parametrize("stop_at", ["speak", "direct", "deliver"])
    def test_a_canceled_job_leaves_nothing_at_any_stage(
        self, stage: TimelineRoom, stop_at: str
    ) -> None:
        asked = spoken(stage)
        view = stage.view(asked)

        def stopping(step: str) -> None:
            if step == stop_at:
                view.stop()

        with pytest.raises(Canceled):
            stage.work(asked, view=view, before=stopping)
        stage.kind(asked).purge(asked)
        assert stage.timelines.list(WHO) == ()
        assert stage.room.stored("scratch") == []
        assert not (view.folder / "inputs/character").exists()


def test_nothing_of_a_job_stays_in_the_scratch_of_the_storage(stage: TimelineRoom) -> None:
    asked = spoken(stage)
    stage.work(asked)
    assert stage.room.stored("scratch")
    stage.kind(asked).purge(asked)
    assert stage.room.stored("scratch") == []
    assert "sound.wav" in "".join(files_below(stage.view(asked).folder))
