"""The steps of a video job, one by one, with real makers and a real storage."""

import io
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from studio_made_up import PORTRAIT, recording
from workshop_stage import Room, StepView, files_below, job, room

from talkies.errors import (
    BlobMissing,
    Canceled,
    ChildCrashed,
    FaceNotFound,
    StorageFull,
    StorageUnavailable,
)
from talkies.jobs.kinds import Step
from talkies.jobs.records import Job, Status
from talkies.media.pictures import load_own_picture
from talkies.media.video import VideoWriter, probe
from talkies.media.yuv import to_planes
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.making import Makers
from talkies.studio.submissions import Source, request_document
from talkies.studio.videos.job import video_kind
from talkies.studio.videos.kind import video_key
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

SMALL = OutputOptions(resolution="480p", fps=10)


def steps(stage: Room) -> dict[str, Step]:
    kind = video_kind(stage.workshop)
    return {step.name: step for phase in kind.phases for step in phase.steps}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, makers: Makers) -> Room:
    return room(tmp_path_factory.mktemp("room"), makers)


@pytest.fixture(scope="module")
def prepared(stage: Room) -> dict[str, Any]:
    """Results of the steps before a render, which any job may take for its own."""
    return done(stage, spoken(stage, "vid_0"), until="animate").results


def spoken(stage: Room, job_id: str, **changes: Any) -> Job:
    """A job in which a voice says a name."""
    portrait = Source(sha256=stage.inputs.keep(PORTRAIT))
    given = {"portrait": portrait, "text": "Bob.", "output": SMALL, "score": False, **changes}
    return job(request_document(VideoSubmission(**given)), id=job_id)


def done(stage: Room, asked: Job, until: str = "deliver") -> StepView:
    """A view of the job after the steps up to one."""
    view = stage.context(asked)
    kind = video_kind(stage.workshop)
    for phase in kind.phases:
        for step in phase.steps:
            if step.applies(asked):
                result = step.run(view)
                view.results[step.name] = json.loads(json.dumps(result))
            if step.name == until:
                return view
    raise AssertionError


def finished(stage: Room, view: StepView) -> Mapping[str, Any]:
    ended = video_kind(stage.workshop).finish(view.job, view.results)
    return {"result": ended.result, "seconds": ended.media_seconds} | {
        output.name: output for output in ended.outputs
    }


def test_a_source_video_goes_all_the_way(stage: Room, tmp_path: Path) -> None:
    planes = to_planes(load_own_picture(PORTRAIT).pixels)
    with VideoWriter(tmp_path / "talk.mp4", width=1024, height=1280, fps=Fraction(30)) as video:
        for _ in range(12):
            video.write(planes)
    source = Source(sha256=stage.inputs.keep(tmp_path / "talk.mp4"))
    asked = spoken(stage, "vid_s", portrait=None, source_video=source, prompt="She nods.")
    view = done(stage, asked)
    files = {artifact["name"] for artifact in view.results["fetch"]["files"]}
    assert {"source.mp4", "portrait.png", "sitting.json"} <= files
    made = finished(stage, view)
    video_facts = made["result"]["video"]
    assert (video_facts["width"], video_facts["height"]) == (480, 600)
    assert "The engine quick takes no prompt; it was left out." in view.warnings


def test_a_recording_goes_all_the_way(stage: Room, tmp_path: Path) -> None:
    stage.web["https://example.com/speech.wav"] = recording(tmp_path / "speech.wav")
    asked = spoken(
        stage, "vid_a", text=None, audio=Source(url="https://example.com/speech.wav"), score=True
    )
    view = done(stage, asked)
    made = finished(stage, view)
    assert made["seconds"] == 0.6
    video = made["result"]["video"]
    assert (video["width"], video["height"], video["frames"]) == (480, 600, 6)
    assert (video["bytes"], video["sha256"]) == (made["video"].bytes, made["video"].sha256)
    assert made["result"]["engine"] == {"id": "quick", "licence": "Apache-2.0", "version": "1.2"}
    assert made["result"]["quality"]["measures"]
    assert made["result"]["voice"] is None
    assert sorted(stage.stored("videos/vid_a")) == [
        "videos/vid_a.jpg",
        "videos/vid_a.mp4",
        "videos/vid_a.score.json",
        "videos/vid_a.timing.json",
    ]
    stage.storage.get("videos/vid_a.mp4", tmp_path / "got.mp4")
    assert probe(tmp_path / "got.mp4").has_sound
    assert "The engine is quick." in view.warnings
    stages = list(dict.fromkeys(name for name, _ in view.told))
    assert stages == ["fetch", "align", "animate", "render", "check", "deliver"]
    fractions = [fraction for _, fraction in view.told if fraction]
    assert fractions == sorted(fractions)


def test_a_text_comes_with_captions_and_without_litter(stage: Room) -> None:
    view = done(stage, spoken(stage, "vid_b", prompt="sing", voice="de"))
    made = finished(stage, view)
    assert (made["result"]["voice"], made["result"]["language"]) == ("espeak:de", "de")
    assert made["result"]["quality"] is None
    names = {"video", "timing.json", "captions.vtt", "captions.srt", "poster"}
    assert names < set(made)
    subtitles = b"".join(stage.storage.read(made["captions.vtt"].storage_key))
    assert b"Bob" in subtitles
    assert "The engine quick takes no prompt; it was left out." in view.warnings
    assert not any("litter" in name for name in files_below(view.folder))
    assert files_below(view.folder / "tmp") == []


def test_who_wants_no_captions_gets_none(stage: Room) -> None:
    asked = spoken(stage, "vid_c", output=replace(SMALL, captions="off", format="gif"))
    made = finished(stage, done(stage, asked))
    assert "captions.vtt" not in made
    assert made["video"].storage_key == video_key(asked) == "videos/vid_c.gif"
    assert stage.workshop.previews.look("vid_c") is None


def test_the_preview_is_whole_when_the_render_is(stage: Room, prepared: dict[str, Any]) -> None:
    steps(stage)["render"].run(stage.context(spoken(stage, "vid_d"), prepared))
    preview = stage.workshop.previews.look("vid_d")
    assert preview is not None
    assert preview.complete
    assert b"".join(stage.workshop.previews.read(preview))[4:8] == b"ftyp"


def test_another_worker_goes_on_from_the_last_step(stage: Room, prepared: dict[str, Any]) -> None:
    asked = spoken(stage, "vid_e")
    elsewhere = StepView(job=asked, folder=stage.root / "elsewhere", results=dict(prepared))
    elsewhere.folder.mkdir()
    for name in ("render", "check"):
        elsewhere.results[name] = steps(stage)[name].run(elsewhere)
    third = StepView(job=asked, folder=stage.root / "third", results=elsewhere.results)
    third.folder.mkdir()
    third.results["deliver"] = steps(stage)["deliver"].run(third)
    assert finished(stage, third)["result"]["video"]["frames"] > 3


def test_what_cannot_become_a_video_is_refused_before_a_render(stage: Room, tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(_grey_png())
    wall = Source(sha256=stage.inputs.keep(tmp_path / "wall.png"))
    with pytest.raises(FaceNotFound):
        done(stage, spoken(stage, "vid_f", portrait=wall), until="fetch")


def _grey_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (400, 400), (120, 120, 120)).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_input_that_has_gone_is_missed(stage: Room) -> None:
    with pytest.raises(BlobMissing):
        done(stage, spoken(stage, "vid_g", portrait=Source(sha256="0" * 64)), until="fetch")


def test_a_crash_is_the_step_s_failure(stage: Room, prepared: dict[str, Any]) -> None:
    view = stage.context(spoken(stage, "vid_h", options={"do": "crash"}), prepared)
    with pytest.raises(ChildCrashed):
        steps(stage)["render"].run(view)


def test_a_job_that_is_to_stop_ends_its_maker_at_once(
    stage: Room, prepared: dict[str, Any]
) -> None:
    view = stage.context(spoken(stage, "vid_i", options={"pause": 2.0}), prepared)
    began: list[float] = []

    def stop_when_it_renders() -> None:
        while len(view.told) < 3:
            time.sleep(0.02)
        began.append(time.monotonic())
        view.stop()

    thread = threading.Thread(target=stop_when_it_renders)
    thread.start()
    with pytest.raises(Canceled):
        steps(stage)["render"].run(view)
    thread.join()
    assert time.monotonic() - began[0] < 10  # two where nobody else computes


class FaultyStorage(LocalStorage):
    """Refuses to take videos, so many times."""

    faults: list[type[Exception]] = []  # noqa: RUF012  each test sets its own

    def put(self, key: str, path: Path, *, content_type: str) -> None:
        if key.startswith("videos/") and self.faults:
            raise self.faults.pop(0)
        super().put(key, path, content_type=content_type)


@pytest.fixture
def faulty(tmp_path: Path, makers: Makers) -> tuple[Room, FaultyStorage, list[str]]:
    relieved: list[str] = []
    made = room(tmp_path, makers, relieve=lambda: relieved.append("once"))
    storage = FaultyStorage(tmp_path / "storage", LinkSigner(b"s" * 32))
    storage.faults = []
    made.storage = storage
    made.workshop = replace(made.workshop, storage=storage)
    return made, storage, relieved


def test_a_full_storage_is_relieved_once(
    faulty: tuple[Room, FaultyStorage, list[str]],
) -> None:
    stage, storage, relieved = faulty
    view = done(stage, spoken(stage, "vid_j"), until="check")
    deliver = steps(stage)["deliver"]
    storage.faults = [StorageFull, StorageFull]
    with pytest.raises(StorageFull):
        deliver.run(view)
    assert relieved == ["once"]
    storage.faults = [StorageFull]
    view.results["deliver"] = deliver.run(view)
    assert "videos/vid_j.mp4" in stage.stored("videos/")


def test_a_result_that_could_not_be_delivered_waits_for_a_retry(
    faulty: tuple[Room, FaultyStorage, list[str]],
) -> None:
    stage, storage, _ = faulty
    asked = spoken(stage, "vid_k")
    view = done(stage, asked, until="check")
    kind = video_kind(stage.workshop)
    storage.faults = [StorageUnavailable]
    deliver = steps(stage)["deliver"]
    assert deliver.tries == 4
    with pytest.raises(StorageUnavailable):
        deliver.run(view)
    kind.purge(replace(asked, status=Status.FAILED, stage="deliver"))
    assert "scratch/vid_k/video.mp4" in stage.stored("scratch/")
    again = replace(asked, run=2, request={**asked.request, "options": {"do": "crash"}})
    stage.inputs.folder.rename(stage.root / "gone")
    second = done(stage, again)
    assert finished(stage, second)["video"].storage_key == "videos/vid_k.mp4"


@pytest.mark.parametrize(
    ("status", "stays"),
    [(Status.SUCCEEDED, True), (Status.FAILED, False), (Status.CANCELED, False)],
)
def test_an_ended_job_leaves_only_what_somebody_watches(
    stage: Room, prepared: dict[str, Any], *, status: Status, stays: bool
) -> None:
    asked = spoken(stage, f"vid_l{status}")
    steps(stage)["render"].run(stage.context(asked, prepared))
    video_kind(stage.workshop).purge(replace(asked, status=status, stage="render"))
    assert stage.stored(f"scratch/{asked.id}/") == []
    assert bool(stage.stored(f"previews/{asked.id}/")) is stays
    video_kind(stage.workshop).purge(replace(asked, status=status))


def test_phases_are_on_the_queues_of_what_they_need(stage: Room) -> None:
    kind = video_kind(stage.workshop)
    asked = spoken(stage, "vid_m")
    assert [phase.queue(asked) for phase in kind.phases] == ["prepare", "render.quick"]
    assert [s.name for phase in kind.phases for s in phase.steps if s.applies(asked)] == [
        *("fetch", "speak", "animate"),
        *("render", "check", "deliver"),
    ]
