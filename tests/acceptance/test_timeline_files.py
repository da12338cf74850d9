"""`talkies timeline show` and `convert`: what users bring from other programs, and take there."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import Talkies, write_wav
from rig_made_up import rig_of
from speech_made_up import spoken
from timelines_made_up import clip, timeline

from talkies.core.alignment import Word
from talkies.core.formats import to_textgrid
from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.standard import BUILT
from talkies.core.timeline.document import Origin, TimelineSound
from talkies.core.timeline.document_json import timeline_from_json, timeline_to_json
from talkies.core.timing import TimeRange

LINE = timeline(
    frames=50,
    visemes=(clip("a", 5, 10, "aa"), clip("b", 10, 20, "pp", origin=Origin.MANUAL)),
    expressions=(clip("e", 0, 40, "happy_soft"),),
    captions=(clip("c", 5, 25, "Hello"),),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the character `robin`, of words alone, that commands know by name."""
    robin = tmp_path / "characters/robin"
    (robin / "frames").mkdir(parents=True)
    (robin / "expressions.json").write_text(config_to_json(rig_of(BUILT).config))
    monkeypatch.setenv("CHARACTERS_DIR", str(tmp_path / "characters"))
    return tmp_path


@pytest.fixture
def line(folder: Path) -> Path:
    path = folder / "line.timeline.json"
    path.write_text(timeline_to_json(LINE))
    return path


@pytest.fixture
def grid(folder: Path) -> Path:
    """A TextGrid of a second, as an aligner leaves it."""
    said = spoken(("", 200), ("m", 80), ("æ", 220), ("p", 100), ("", 400),
                  words=(Word(text="map", span=TimeRange(3200, 9600)),))  # fmt: skip
    path = folder / "line.TextGrid"
    path.write_text(to_textgrid(said))
    return path


@pytest.fixture
def sound(folder: Path) -> Path:
    """A second and a half of a tone."""
    samples = 0.2 * np.sin(2 * math.pi * 220 * np.arange(24_000) / 16_000)
    (folder / "sounds").mkdir()
    return write_wav(folder / "sounds/line.wav", samples)


def test_what_a_stranger_wrote_moves_no_cursor(
    talkies: Talkies, line: Path, tmp_path: Path
) -> None:
    document = json.loads(line.read_text())
    document |= {"id": "a\x1b[2J", "character": "ro\x1b[31mbin"}
    odd = tmp_path / "odd.timeline.json"
    odd.write_text(json.dumps(document))
    answer = talkies("timeline", "show", odd)
    assert answer.out.startswith("a\ufffd[2J: ro\ufffd[31mbin, ")
    assert "\x1b" not in answer.out + answer.err


def test_a_timeline_is_shown_track_by_track(talkies: Talkies, line: Path) -> None:
    answer = talkies("timeline", "show", line)

    assert answer.status == 0
    assert answer.out.splitlines()[0] == "line: robin, 50 frames at 25 fps, 2.00 s"
    assert "visemes      2      1       15      aa, pp" in answer.out
    assert answer.err == ""


def test_what_the_character_cannot_do_is_told(talkies: Talkies, folder: Path) -> None:
    path = folder / "odd.timeline.json"
    path.write_text(timeline_to_json(timeline(expressions=(clip("e", 0, 40, "furious"),))))

    answer = talkies("timeline", "show", path)
    assert answer.status == 0
    assert "tracks.expressions[0].value 'furious' is unknown" in answer.err
    (event,) = talkies("timeline", "show", path, "--json").events
    assert len(event["warnings"]) == 1
    assert event["tracks"]["expressions"]["values"] == ["furious"]


def test_who_gives_it_to_a_character_hears_what_that_one_cannot_do(
    talkies: Talkies, folder: Path
) -> None:
    path, given = folder / "odd.timeline.json", folder / "robins.timeline.json"
    path.write_text(timeline_to_json(timeline(expressions=(clip("e", 0, 40, "furious"),))))

    answer = talkies("timeline", "convert", path, "--character", "robin", "-o", given)
    assert answer.status == 0
    assert "tracks.expressions[0].value 'furious' is unknown" in answer.err
    assert "furious" in given.read_text()


def test_a_broken_timeline_is_refused_by_its_place(talkies: Talkies, line: Path) -> None:
    line.write_text(line.read_text().replace('"start": 10,', '"start": 9,'))

    answer = talkies("timeline", "show", line)
    assert answer.status == 3
    assert "tracks.visemes[1].start is before the end of the clip ahead of it" in answer.err


def test_an_aligners_textgrid_is_directed_to_its_recording(
    talkies: Talkies, grid: Path, sound: Path, folder: Path
) -> None:
    output = folder / "made.timeline.json"
    answer = talkies(
        "timeline", "convert", grid, "--character", "robin", "--audio", sound, "-o", output
    )

    assert (answer.status, answer.out) == (0, f"{output}\n")
    assert "textgrid to timeline, 36 frames at 24 fps" in answer.err
    made = timeline_from_json(output.read_text())
    assert {str(one.value) for one in made.tracks["visemes"]} >= {"pp", "aa"}  # type: ignore[index]
    assert made.sound is not None
    assert (made.sound.source, made.sound.length) == ("sounds/line.wav", 72_000)
    assert made.speech is not None
    assert made.speech.words[0].text == "map"


@pytest.mark.parametrize(
    ("name", "begins", "read_as"),
    [
        ("x.tsv", "0.00\tX\n0.20\tD\n0.40\tA\n", "tsv"),
        ("x.dat", "MohoSwitch1\n1 X\n5 D\n", None),
        ("x.srt", "1\n00:00:00,200 --> 00:00:01,000\nHello\n", None),
    ],
)
def test_the_outputs_name_says_the_format(
    talkies: Talkies, line: Path, folder: Path, name: str, begins: str, read_as: str | None
) -> None:
    answer = talkies("timeline", "convert", line, "-o", folder / name)

    assert answer.status == 0
    assert "not kept: all but" in answer.err
    assert (folder / name).read_text().startswith(begins)
    if read_as:
        (event,) = talkies(
            "timeline", "convert", folder / name, "--character", "robin",
            "-o", folder / "back.json", "--json",
        ).events  # fmt: skip
        assert (event["read"], event["format"], event["frames"]) == (read_as, "timeline", 48)


def test_without_an_output_the_text_is_printed(talkies: Talkies, line: Path) -> None:
    answer = talkies("timeline", "convert", line, "--format", "keyframes", "-q")

    document = json.loads(answer.out)
    assert document["id"] == "line"
    assert document["keyframes"][1] == {
        "time_ms": 200,
        "target_expr": "speaking_ah",
        "target_pose": "center",
        "transition_duration_ms": 0,
        "phoneme": "(aa)",
    }
    assert answer.err == ""
    (event,) = talkies("timeline", "convert", line, "--format", "tsv", "--json").events
    assert event["text"].startswith("0.00\tX")
    assert event["output"] is None


def test_a_timeline_goes_to_another_rate_and_finds_its_sound_from_its_new_place(
    talkies: Talkies, grid: Path, sound: Path, folder: Path
) -> None:
    first, second = folder / "a.timeline.json", folder / "sounds/b.timeline.json"
    talkies("timeline", "convert", grid, "--character", "robin", "-a", sound, "-o", first)
    answer = talkies("timeline", "convert", first, "--fps", "29.97", "-o", second)

    assert answer.status == 0
    made = timeline_from_json(second.read_text())
    assert (str(made.fps), made.frames) == ("30000/1001", 45)
    assert made.sound is not None
    assert made.sound.source == "line.wav"


def test_a_timeline_of_nobody_is_not_written(talkies: Talkies, grid: Path, folder: Path) -> None:
    answer = talkies("timeline", "convert", grid, "-o", folder / "made.json")

    assert answer.status == 2
    assert "--character robin" in answer.err
    assert not (folder / "made.json").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["line.timeline.json"], 2, "There is no format to write"),
        (["line.timeline.json", "-o", "x.mp4"], 2, "There is no format to write"),
        (["line.timeline.json", "--format", "textgrid"], 3, "speech is missing"),
        (["line.timeline.json", "-o", "line.timeline.json", "-y"], 3, "same file"),
        (["line.timeline.json", "-o", "x.tsv", "--character", "wren"], 3, "no character wren"),
        (["line.timeline.json", "-o", "x.tsv", "--fps", "1000"], 2, "fps"),
        (["nothere.json", "-o", "x.tsv"], 3, "does not exist"),
        (["characters", "-o", "x.tsv"], 3, "is a folder"),
        (["line.timeline.json", "-o", "x.tsv", "--audio", "line.timeline.json"], 3, "code:"),
        (["line.timeline.json", "-o", "x.tsv", "--seed", "-1"], 2, "`seed` cannot be -1"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    talkies: Talkies,
    line: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    said: str,
) -> None:
    monkeypatch.chdir(line.parent)

    answer = talkies("timeline", "convert", *arguments)
    assert (answer.status, said in answer.err) == (status, True)
    assert not (line.parent / "x.tsv").exists()


def test_a_sound_whose_name_no_file_can_have_stays_as_it_is(talkies: Talkies, folder: Path) -> None:
    odd = replace(LINE, sound=TimelineSound(source="a" * 300, length=0))
    path = folder / "odd.timeline.json"
    path.write_text(timeline_to_json(odd))
    answer = talkies("timeline", "convert", path, "--format", "timeline")
    assert timeline_from_json(answer.out).sound == odd.sound


def test_labels_that_are_no_sounds_are_told(talkies: Talkies, grid: Path, folder: Path) -> None:
    grid.write_text(grid.read_text().replace('"æ"', '"%%"'))

    answer = talkies("timeline", "convert", grid, "--format", "timing", "-q")
    assert answer.status == 0
    assert "Labels that are no sounds show a half open mouth: '%%'." in answer.err
