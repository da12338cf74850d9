"""`talkies timeline export`, as a user calls it, and from Python."""

from pathlib import Path

import pytest
from command_line import Talkies
from played_timeline import clicks, clip, played, with_sound
from small_character import small_character

import talkies as package
from talkies.core.timeline.document_json import timeline_to_json
from talkies.media.sounds import save_sound
from talkies.media.video import probe


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    (root / "characters").mkdir()
    small_character(root / "characters/small")
    return root


@pytest.fixture
def document(tmp_path: Path) -> Path:
    save_sound(clicks(1.0), tmp_path / "line.wav")
    timeline = played(25, captions=(clip("k", 3, 20, "Hello there"),))
    path = tmp_path / "line.timeline.json"
    path.write_text(timeline_to_json(with_sound(timeline, "line.wav", 48_000)))
    return path


def test_a_timeline_is_exported_and_exported_again(
    talkies: Talkies, root: Path, document: Path
) -> None:
    output = document.with_name("line.mp4")
    export = ("timeline", "export", document, "-o", output, "--root", root)
    first = talkies(*export, "--captions", "sidecar")
    assert (first.status, first.out.split()) == (
        0,
        [str(output), str(output.with_suffix(".vtt")), str(output.with_suffix(".srt"))],
    )
    assert "1.0 s, 96 x 144, 25 fps" in first.err
    refused = talkies(*export)
    assert (refused.status, "OUTPUT_EXISTS" in refused.err) == (5, True)
    again = talkies(*export, "-y")
    assert "25 of 25 frames from the last export" in again.err
    assert probe(output).frames == 25


def test_facts_come_as_json_lines(talkies: Talkies, root: Path, document: Path) -> None:
    output = document.with_name("line.webm")
    answer = talkies(
        "timeline", "export", document, "-o", output, "--root", root, "--background", "transparent",
        "--fps", "30", "--resolution", "480p", "--json",
    )  # fmt: skip
    *_, result = answer.events
    assert answer.err == ""
    assert {event["event"] for event in answer.events} == {"progress", "result"}
    del result["elapsed_seconds"]
    assert result == {
        "event": "result",
        "output": str(output),
        "captions": [],
        "format": "webm",
        "width": 480,
        "height": 720,
        "fps": "30",
        "frames": 30,
        "kept_frames": 0,
        "seconds": 1.0,
        "warnings": [],
    }


def test_pictures_of_a_draft_and_a_folder(talkies: Talkies, root: Path, document: Path) -> None:
    folder = document.with_name("frames")
    given = ("--character", root / "characters/small", "--quiet")
    answer = talkies("timeline", "export", document, "-o", f"{folder}/", *given)
    assert (answer.status, answer.out, answer.err) == (0, f"{folder}\n", "")
    assert len(list(folder.glob("*.png"))) == 25
    draft = document.with_name("draft.mp4")
    answer = talkies("timeline", "export", document, "-o", draft, "--draft", *given)
    assert answer.status == 0
    assert probe(draft).frames == 25


def test_what_is_missing_is_named(talkies: Talkies, root: Path, document: Path) -> None:
    answer = talkies("timeline", "export", document, "--root", root)
    assert "Name a video to write" in answer.err
    answer = talkies(
        "timeline", "export", document, "-o", "a.mp4", "--root", root, "--character", "smal"
    )
    assert "Did you mean small?" in answer.err
    assert "UNKNOWN_CHARACTER" in answer.err


def test_names_that_no_file_can_have_are_told_of(
    talkies: Talkies, root: Path, document: Path
) -> None:
    long = "x" * 300
    export = ("timeline", "export", document, "--root", root)
    answer = talkies(*export, "-o", f"{long}.mp4")
    assert (answer.status, "OUTPUT_UNWRITABLE" in answer.err) == (5, True)
    for name in (long, "~nobody-has-this-name/robin"):
        answer = talkies(*export, "-o", document.with_name("a.mp4"), "--character", name)
        assert (answer.status, "UNKNOWN_CHARACTER" in answer.err) == (3, True)
    document.write_text(document.read_text().replace('"line.wav"', f'"{long}.wav"'))
    answer = talkies(*export, "-o", document.with_name("a.mp4"))
    assert (answer.status, "FILE_MISSING" in answer.err) == (3, True)


def test_python_exports_too(root: Path, document: Path) -> None:
    made = package.export_timeline(
        document, root / "characters/small", document.with_name("a.gif"), background="white"
    )
    assert (made.video.format.value, made.video.frames) == ("gif", 13)
