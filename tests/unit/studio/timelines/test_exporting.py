import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from played_timeline import clicks, played, with_sound
from small_character import small_character

from talkies.core.timeline.document import Timeline
from talkies.core.timeline.document_json import timeline_to_json
from talkies.errors import (
    AudioEmpty,
    FileMissing,
    InvalidOption,
    MediaTooLarge,
    OutputExists,
    SameFile,
    TimelineInvalid,
)
from talkies.kit.files import sha256_of
from talkies.media.sounds import save_sound
from talkies.media.video import probe
from talkies.rigs.export.options import ExportFormat
from talkies.studio.progress import Event, Progress, Stage, Warned
from talkies.studio.timelines import exporting
from talkies.studio.timelines.exporting import export_to_file, read_timeline
from talkies.studio.timelines.film_options import TimelineExportOptions


@pytest.fixture(scope="session")
def character(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_character(tmp_path_factory.mktemp("characters") / "small").folder


def written(folder: Path, timeline: Timeline) -> Path:
    path = folder / "line.timeline.json"
    path.write_text(timeline_to_json(timeline), encoding="utf-8")
    return path


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A timeline of a second, with its sound beside it."""
    save_sound(clicks(1.0), tmp_path / "line.wav")
    return written(tmp_path, with_sound(played(25), "line.wav", 48_000))


def test_a_timeline_becomes_a_video_with_its_sound(document: Path, character: Path) -> None:
    events: list[Event] = []
    output = document.with_name("line.mp4")
    made = export_to_file(document, character, output, {}, events.append)
    info = probe(output)
    assert (info.frames, info.fps, info.has_sound) == (25, 25, True)
    assert (made.video.frames, made.video.path, made.warnings) == (25, output, ())
    assert made.elapsed_seconds > 0
    told = [event for event in events if isinstance(event, Progress)]
    assert list(dict.fromkeys(event.stage for event in told)) == [
        Stage.FETCH,
        Stage.BUILD,
        Stage.EXPORT,
    ]
    fractions = [event.fraction for event in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_options_are_what_users_write(document: Path, character: Path) -> None:
    options: TimelineExportOptions = {
        "format": "webm",
        "fps": "12.5",
        "resolution": "480p",
        "background": "transparent",
        "captions": None,
        "draft": None,
    }
    made = export_to_file(document, character, document.with_name("a.webm"), options)
    assert (made.video.width, made.video.height) == (480, 720)
    assert (made.video.fps, made.video.frames) == (Fraction(25, 2), 13)


@pytest.mark.parametrize("name", ["frames/", "frames"])
def test_a_name_with_a_slash_or_of_a_folder_is_a_folder_of_pictures(
    document: Path, character: Path, name: str
) -> None:
    output = f"{document.parent}/{name}"
    (document.parent / "frames").mkdir()
    made = export_to_file(document, character, output, {})
    assert made.video.format is ExportFormat.PNG
    assert (document.parent / "frames/000024.png").exists()
    with pytest.raises(OutputExists):
        export_to_file(document, character, output, {})
    export_to_file(document, character, output, {"overwrite": True})


@pytest.mark.parametrize("how", ["deleted", "moved"])
@pytest.mark.parametrize(("stage", "draft"), [(Stage.BUILD, False), (Stage.EXPORT, True)])
def test_a_character_that_is_taken_away_meanwhile_is_told_by_its_folder(
    document: Path, how: str, stage: Stage, *, draft: bool
) -> None:
    folder = small_character(document.parent / "robin").folder

    def listener(event: Event) -> None:
        if isinstance(event, Progress) and event.stage is stage and folder.exists():
            if how == "deleted":
                shutil.rmtree(folder)
            else:
                folder.rename(document.with_name("elsewhere"))

    output = document.with_name("line.mp4")
    with pytest.raises(FileMissing, match="robin/frames was moved, deleted or replaced") as raised:
        export_to_file(document, folder, output, {"draft": draft}, listener)
    assert raised.value.hint
    assert not output.exists()
    assert not folder.exists()


def test_another_recording_may_be_named(document: Path, character: Path) -> None:
    save_sound(clicks(1.5), document.with_name("other.wav"))
    output = document.with_name("line.mp4")
    options: TimelineExportOptions = {"audio": document.with_name("other.wav")}
    made = export_to_file(document, character, output, options)
    assert made.video.frames == 38
    assert any("longer than the timeline" in warning for warning in made.warnings)


def test_a_sound_that_has_changed_is_told_of(document: Path, character: Path) -> None:
    sound = document.with_name("line.wav")
    timeline = read_timeline(document)
    assert timeline.sound is not None
    known = replace(timeline, sound=replace(timeline.sound, sha256=sha256_of(sound)))
    written(document.parent, known)
    output = document.with_name("line.mp4")
    assert export_to_file(document, character, output, {}).warnings == ()
    save_sound(clicks(0.9), sound)
    heard: list[Event] = []
    export_to_file(document, character, output, {"overwrite": True}, heard.append)
    assert Warned(message="line.wav has changed since the timeline was made of it.") in heard


def test_a_sound_that_is_elsewhere_has_to_be_named(tmp_path: Path, character: Path) -> None:
    output = tmp_path / "line.mp4"
    path = written(tmp_path, with_sound(played(25), "none.wav", 48_000))
    with pytest.raises(FileMissing, match=r"none\.wav") as missing:
        export_to_file(path, character, output, {})
    assert "--audio" in missing.value.hint
    path = written(tmp_path, with_sound(played(25), "https://example.com/a.wav", 48_000))
    with pytest.raises(InvalidOption, match="elsewhere"):
        export_to_file(path, character, output, {})
    assert not output.exists()


def test_a_timeline_without_sound_is_silent(tmp_path: Path, character: Path) -> None:
    output = tmp_path / "line.mp4"
    export_to_file(written(tmp_path, played(10)), character, output, {})
    assert not probe(output).has_sound


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("line.mp3", {}, InvalidOption),
        ("line.mp4", {"format": "webm"}, InvalidOption),
        ("line.mp4", {"format": "avi"}, InvalidOption),
        ("line.mp4", {"fps": "fast"}, InvalidOption),
        ("line.mp4", {"resolution": "8K"}, InvalidOption),
        ("line.mp4", {"captions": "sung"}, InvalidOption),
        ("line.mp4", {"background": "no colour"}, InvalidOption),
        ("line.webm", {"draft": True}, InvalidOption),
        ("line.mp4", {"background": "none.png"}, FileMissing),
        ("line.mp4", {"audio": "none.wav"}, FileMissing),
        ("line.mp4", {"reuse": "none.mp4"}, FileMissing),
        ("there.mp4", {}, OutputExists),
        ("line.mp4", {"background": "there.mp4/none.png"}, FileMissing),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(
    document: Path,
    character: Path,
    name: str,
    options: TimelineExportOptions,
    error: type[Exception],
) -> None:
    document.with_name("there.mp4").write_bytes(b"mine")
    heard: list[Event] = []
    with pytest.raises(error):
        export_to_file(document, character, document.with_name(name), options, heard.append)
    assert heard == []
    assert document.with_name("there.mp4").read_bytes() == b"mine"


def test_an_output_that_is_an_input_is_refused(document: Path, character: Path) -> None:
    back = document.with_name("back.mp4")
    export_to_file(document, character, back, {})
    with pytest.raises(SameFile):
        export_to_file(document, character, back, {"background": back, "overwrite": True})


def test_the_recording_of_a_timeline_is_not_written_over(tmp_path: Path, character: Path) -> None:
    recording = tmp_path / "line.mp4"
    save_sound(clicks(1.0), tmp_path / "sound.wav")
    recording.write_bytes((tmp_path / "sound.wav").read_bytes())
    path = written(tmp_path, with_sound(played(25), "line.mp4", 48_000))
    before = recording.read_bytes()
    with pytest.raises(SameFile):
        export_to_file(path, character, recording, {"overwrite": True})
    with pytest.raises(SameFile):
        export_to_file(path, character, recording, {"audio": recording, "overwrite": True})
    assert recording.read_bytes() == before


@pytest.mark.parametrize("source", ["/proc/self/mem", "/dev/full", "a" * 300, "/proc/1/mem"])
def test_a_sound_that_nobody_can_read_is_told_in_words(
    tmp_path: Path, character: Path, source: str
) -> None:
    timeline = with_sound(played(25), source, 48_000)
    assert timeline.sound is not None
    path = written(tmp_path, replace(timeline, sound=replace(timeline.sound, sha256="0" * 64)))
    with pytest.raises((AudioEmpty, FileMissing)):
        export_to_file(path, character, tmp_path / "line.mp4", {})
    assert not (tmp_path / "line.mp4").exists()


@pytest.mark.parametrize("fps", ["1", "240"])
def test_the_slowest_and_the_quickest_rate_are_made(
    document: Path, character: Path, fps: str
) -> None:
    made = export_to_file(document, character, document.with_name("line.mp4"), {"fps": fps})
    assert made.video.frames == int(fps)
    info = probe(document.with_name("line.mp4"))
    assert (info.frames, info.fps) == (int(fps), int(fps))


def test_an_export_may_reuse_what_it_replaces(document: Path, character: Path) -> None:
    output = document.with_name("line.mp4")
    export_to_file(document, character, output, {})
    options: TimelineExportOptions = {"reuse": output, "overwrite": True}
    assert export_to_file(document, character, output, options).video.kept_frames == 25


def test_files_that_are_no_timelines_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.timeline.json"
    with pytest.raises(FileMissing):
        read_timeline(path)
    with pytest.raises(FileMissing):
        read_timeline(Path("/proc/self/mem"))
    for data in (b"\xff\xfe\0", b"{}", b"nothing"):
        path.write_bytes(data)
        with pytest.raises(TimelineInvalid):
            read_timeline(path)
    with path.open("wb") as file:
        file.truncate(exporting.DOCUMENT_BYTES + 1)
    with pytest.raises(MediaTooLarge):
        read_timeline(path)
