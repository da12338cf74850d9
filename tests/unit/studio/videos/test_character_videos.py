"""Videos in which a character plays: in one call, as a job, and looked at before."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from small_character import small_character
from studio_made_up import PORTRAIT, recording
from workshop_stage import Room, StepView, job

from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timeline.document_json import timeline_from_json, timeline_to_json
from talkies.core.timing import TimeRange
from talkies.engines.registry import EngineRegistry
from talkies.errors import (
    Canceled,
    FaceNotFound,
    InvalidOption,
    InvalidRequest,
    TimelineInvalid,
    UnknownCharacter,
)
from talkies.jobs.records import Job
from talkies.media.video import probe
from talkies.studio.characters.records import CharacterRef
from talkies.studio.progress import Event, Progress, Stage
from talkies.studio.submissions import Source, request_document
from talkies.studio.videos.job import video_kind
from talkies.studio.videos.pipeline import Tools, make_video
from talkies.studio.videos.planning import plan
from talkies.studio.videos.stamps import fingerprint
from talkies.studio.videos.submission import OutputOptions, VideoSubmission


@pytest.fixture(scope="module")
def robin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_character(tmp_path_factory.mktemp("characters") / "robin").folder


@pytest.fixture
def with_characters(tools: Tools) -> Tools:
    return replace(tools, engines=EngineRegistry())


def blank(folder: Path) -> Path:
    """A character whose drawings show nobody."""
    made = small_character(folder).folder
    for path in (made / "frames").rglob("*.png"):
        cv2.imwrite(str(path), np.full((144, 96, 3), 200, np.uint8))
    return made


class TestAtOnce:
    def test_it_says_a_text_at_its_own_size(
        self, with_characters: Tools, robin: Path, tmp_path: Path
    ) -> None:
        options = {"character": robin, "text": "Bob.", "fps": 12, "captions": "sidecar"}
        request = plan(None, None, tmp_path / "o.mp4", options)
        result = make_video(request, with_characters)
        assert (result.engine, result.width, result.height) == ("character", 96, 144)
        assert probe(result.path).has_sound
        timeline = timeline_from_json(result.products.timeline.read_text())
        assert (timeline.frames, timeline.fps) == (result.frames, 12)
        assert timeline.track(TrackName.VISEMES)
        assert "Bob" in (tmp_path / "o.vtt").read_text()

    def test_it_says_a_recording_at_another_size(
        self, with_characters: Tools, robin: Path, speech: Path, tmp_path: Path
    ) -> None:
        options = {"character": robin, "resolution": "480p", "fps": 10, "background": "transparent"}
        request = plan(None, speech, tmp_path / "o.webm", {**options, "timing": False})
        result = make_video(request, with_characters)
        assert (result.width, result.height) == (480, 720)
        assert result.products.paths == (tmp_path / "o.webm",)

    def test_the_same_seed_gives_the_same_video(
        self, with_characters: Tools, robin: Path, speech: Path, tmp_path: Path
    ) -> None:
        def made(name: str, seed: int) -> str:
            options = {"character": robin, "fps": 10, "seed": seed}
            result = make_video(plan(None, speech, tmp_path / name, options), with_characters)
            return timeline_to_json(
                replace(timeline_from_json(result.products.timeline.read_text()), seed=0)
            )

        assert made("a.mp4", 3) == made("b.mp4", 3)

    def test_what_is_not_followed_is_told(
        self, with_characters: Tools, robin: Path, speech: Path, tmp_path: Path
    ) -> None:
        options = {"character": robin, "fps": 10, "emotion": "happy", "motion": 0.5}
        result = make_video(plan(None, speech, tmp_path / "o.mp4", options), with_characters)
        assert any("`emotion` was left out" in warning for warning in result.warnings)
        assert any("`motion` was left out" in warning for warning in result.warnings)

    def test_without_a_face_there_is_no_score_but_a_warning(
        self, with_characters: Tools, speech: Path, tmp_path: Path
    ) -> None:
        options = {"character": blank(tmp_path / "blank"), "fps": 10, "score": True}
        result = make_video(plan(None, speech, tmp_path / "o.mp4", options), with_characters)
        assert result.score is None
        assert any("No face was found in the character" in text for text in result.warnings)

    def test_a_portrait_without_a_face_is_still_refused(
        self, with_characters: Tools, speech: Path, tmp_path: Path
    ) -> None:
        cv2.imwrite(str(tmp_path / "grey.png"), np.full((400, 300, 3), 128, np.uint8))
        request = plan(tmp_path / "grey.png", speech, tmp_path / "o.mp4", {"score": True})
        with pytest.raises(FaceNotFound):
            make_video(request, with_characters)

    @pytest.mark.parametrize("stage", [Stage.FETCH, Stage.ALIGN, Stage.ANIMATE, Stage.RENDER])
    def test_a_cancel_leaves_nothing_at_any_stage(
        self, with_characters: Tools, robin: Path, speech: Path, tmp_path: Path, stage: Stage
    ) -> None:
        def stopping(event: Event) -> None:
            if isinstance(event, Progress) and event.stage is stage:
                raise Canceled

        before = set(tmp_path.iterdir())
        request = plan(None, speech, tmp_path / "o.mp4", {"character": robin, "fps": 10})
        with pytest.raises(Canceled):
            make_video(request, with_characters, stopping)
        assert set(tmp_path.iterdir()) == before

    def test_a_folder_without_drawings_is_refused(
        self, with_characters: Tools, speech: Path, tmp_path: Path
    ) -> None:
        request = plan(None, speech, tmp_path / "o.mp4", {"character": tmp_path / "nobody"})
        with pytest.raises(UnknownCharacter):
            make_video(request, with_characters)

    def test_auto_takes_no_engine_of_characters_for_a_portrait(
        self, with_characters: Tools, robin: Path, speech: Path, tmp_path: Path
    ) -> None:
        request = plan(PORTRAIT, speech, tmp_path / "o.mp4", {"engine": "character"})
        with pytest.raises(InvalidOption, match="takes no `portrait`"):
            make_video(request, with_characters)
        request = plan(None, speech, tmp_path / "o.mp4", {"character": robin, "engine": "portrait"})
        with pytest.raises(InvalidOption, match="takes no `character`"):
            make_video(request, with_characters)
        wrong = {"character": robin, "options": {"speed": 3}}
        with pytest.raises(InvalidOption, match="character has no option"):
            make_video(plan(None, speech, tmp_path / "o.mp4", wrong), with_characters)


class TestPlans:
    @pytest.mark.parametrize(
        ("name", "value"),
        [("face", 1), ("framing", "head"), ("aspect", "1:1"), ("fit", "cover")],
    )
    def test_what_is_for_faces_is_refused(self, name: str, value: Any) -> None:
        with pytest.raises(InvalidOption) as raised:
            plan(None, "a.wav", "o.mp4", {"character": "robin", name: value})
        assert f"`{name}`" in str(raised.value)

    def test_there_is_one_visual(self) -> None:
        with pytest.raises(InvalidOption, match="both a portrait and a `character`"):
            plan("p.png", "a.wav", "o.mp4", {"character": "robin"})
        with pytest.raises(InvalidOption, match="both a source_video and a `character`"):
            plan(None, "a.wav", "o.mp4", {"character": "robin", "source_video": "v.mp4"})
        with pytest.raises(InvalidRequest):
            plan(None, "a.wav", "o.mp4", {})

    def test_a_repainted_character_makes_another_video(self, robin: Path, tmp_path: Path) -> None:
        recording(tmp_path / "a.wav")
        mine = small_character(tmp_path / "mine").folder
        request = plan(None, tmp_path / "a.wav", tmp_path / "o.mp4", {"character": mine})
        before = fingerprint(request)
        assert fingerprint(request) == before
        drawing = next((mine / "frames/endpoints").glob("*.png"))
        drawing.write_bytes(drawing.read_bytes() + b"\0")
        assert fingerprint(request) != before


REF = {"id": "robin", "name": "robin"}


def asked(stage: Room, job_id: str, **changes: Any) -> Job:
    given = {
        "character": "robin",
        "character_ref": REF,
        "text": "Bob.",
        "output": OutputOptions(fps=10, captions="sidecar"),
        "score": False,
        **changes,
    }
    return job(request_document(VideoSubmission(**given)), id=job_id, engine="character")


def done(stage: Room, asked_for: Job, robin: Path) -> StepView:
    @contextmanager
    def opened(ref: CharacterRef) -> Iterator[Path]:
        assert ref.name == "robin"
        yield robin

    view = stage.context(asked_for)
    kind = video_kind(stage.workshop, open_character=opened)
    for phase in kind.phases:
        for step in phase.steps:
            if step.applies(asked_for):
                view.results[step.name] = json.loads(json.dumps(step.run(view)))
    return view


def finished(stage: Room, view: StepView) -> Mapping[str, Any]:
    ended = video_kind(stage.workshop).finish(view.job, view.results)
    return {"result": ended.result} | {output.name: output for output in ended.outputs}


class TestJobs:
    def test_a_text_goes_all_the_way(self, stage: Room, robin: Path) -> None:
        view = done(stage, asked(stage, "vid_1"), robin)
        made = finished(stage, view)
        assert set(made) == {
            *("result", "video", "poster", "timing.json", "timeline.json"),
            *("captions.vtt", "captions.srt"),
        }
        assert made["result"]["engine"]["id"] == "character"
        assert (made["result"]["video"]["width"], made["result"]["video"]["height"]) == (96, 144)
        assert not (view.folder / "inputs/character").exists()
        stages = list(dict.fromkeys(name for name, _ in view.told))
        assert stages == ["fetch", "speak", "animate", "render", "check", "deliver"]

    def test_a_timeline_is_played_as_it_was_edited(
        self, stage: Room, robin: Path, tmp_path: Path
    ) -> None:
        first = done(stage, asked(stage, "vid_2"), robin)
        timeline = timeline_from_json((first.folder / "timeline.json").read_text())
        caption = Clip(id="c", span=TimeRange(0, 4), value="Something else.")
        edited = replace(
            timeline,
            frames=timeline.frames + 5,
            tracks={**timeline.tracks, TrackName.CAPTIONS: (caption,)},
        )
        path = tmp_path / "timeline.json"
        path.write_text(timeline_to_json(edited))
        view = done(
            stage,
            asked(
                stage,
                "vid_3",
                text=None,
                transcript="Something else.",
                timeline="tml_1",
                timeline_document=Source(sha256=stage.inputs.keep(path)),
                audio=Source(sha256=stage.inputs.keep(first.folder / "sound.wav")),
            ),
            robin,
        )
        made = finished(stage, view)
        assert "align" not in view.results
        assert "speak" not in view.results
        assert made["result"]["video"]["frames"] == edited.frames
        said = b"".join(stage.storage.read(made["captions.vtt"].storage_key))
        assert b"Something else." in said
        assert b"Bob" not in said
        timing = json.loads(b"".join(stage.storage.read(made["timing.json"].storage_key)))
        assert [word["text"] for word in timing["words"]] == ["Bob."]

    def test_a_timeline_that_says_what_cannot_be_is_told(
        self, stage: Room, robin: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "broken.json"
        path.write_text("{}")
        asked_for = asked(
            stage,
            "vid_4",
            text=None,
            transcript="Bob.",
            timeline_document=Source(sha256=stage.inputs.keep(path)),
            audio=Source(sha256=stage.inputs.keep(recording(tmp_path / "a.wav"))),
        )
        with pytest.raises(TimelineInvalid):
            done(stage, asked_for, robin)

    def test_a_process_without_characters_says_so(self, stage: Room) -> None:
        asked_for = asked(stage, "vid_5")
        step = video_kind(stage.workshop).phases[0].steps[0]
        with pytest.raises(UnknownCharacter):
            step.run(stage.context(asked_for))
