"""`talkies render --character`: a character's video from the command line."""

import json
from pathlib import Path

import pytest
from command_line import PORTRAIT, Talkies
from small_character import small_character


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of characters with robin in it, of which the command knows."""
    small_character(tmp_path / "characters" / "robin")
    monkeypatch.setenv("CHARACTERS_DIR", str(tmp_path / "characters"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_character_by_its_name_says_a_recording(
    talkies: Talkies, speech: Path, at_home: Path
) -> None:
    line = ("render", "--character", "robin", "--audio", speech, "-o", "y.mp4", "--fps", "10")
    done = talkies(*line, "--json")
    assert done.status == 0, done.out
    result = done.events[-1]
    assert (result["engine"], result["width"], result["height"]) == ("character", 96, 144)
    timeline = json.loads((at_home / "y.timeline.json").read_text())
    assert (timeline["character"], timeline["fps"]) == ("robin", "10")


def test_or_by_its_folder_and_the_one_file_is_the_recording(
    talkies: Talkies, speech: Path, at_home: Path
) -> None:
    line = ("render", "--character", "characters/robin", speech, "-o", "y.gif", "--fps", "10")
    done = talkies(*line, "--no-timing")
    assert done.status == 0, done.err
    assert done.out.split() == ["y.gif"]


def test_a_manifest_names_its_characters(talkies: Talkies, speech: Path, at_home: Path) -> None:
    (at_home / "jobs.csv").write_text(
        f"character,audio,output,fps\ncharacters/robin,{speech},a.mp4,10\n"
    )
    done = talkies("render", "--manifest", "jobs.csv", "--out-dir", "videos")
    assert done.status == 0, done.err
    assert (at_home / "videos/a.mp4").is_file()
    again = talkies("render", "--manifest", "jobs.csv", "--out-dir", "videos", "--json")
    assert [event["event"] for event in again.events if "skip" in str(event)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("--character", "nobody", "a.wav"), "There is no character nobody."),
        (("--character", "robin", str(PORTRAIT), "a.wav"), "both a portrait and a `character`"),
        (("--character", "robin", "--face", "2", "a.wav"), "`face` belongs to a picture of a face"),
        (("--character", "robin", str(PORTRAIT), "a.wav", "--audio", "b.wav"), "two recordings"),
        (("--character", "robin"), "There is nothing to say."),
    ],
)
def test_what_cannot_be_is_refused(
    talkies: Talkies, speech: Path, at_home: Path, line: tuple[str, ...], said: str
) -> None:
    (at_home / "a.wav").write_bytes(speech.read_bytes())
    refused = talkies("render", *line, "-o", "y.mp4")
    assert refused.status != 0
    assert said in " ".join(refused.err.split())
    assert not (at_home / "y.mp4").exists()
