"""`talkies character build`, as a user calls it."""

import base64
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import Talkies
from loopback import Hit, Reply, Server

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.standard import BUILT
from talkies.rigs.building.job import is_whole
from talkies.rigs.building.options import only
from talkies.rigs.tree.opening import open_character

ROBIN = Path(__file__).parents[2] / "examples/robin.png"
SMALL = ("--size", "96x144", "--skip-tilts", "--skip-sequences", "--skip-extremes")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CHARACTERS_DIR", "TALKIES_CHARACTERS_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "root"


def build(root: Path, *arguments: object) -> tuple[object, ...]:
    return ("character", "build", *arguments, "--root", root)


def test_a_drawing_becomes_a_character_that_is_listed(talkies: Talkies, root: Path) -> None:
    answer = talkies(*build(root, ROBIN, *SMALL))
    folder = root / "characters/robin"
    assert answer.status == 0, answer.err
    assert answer.out == f"{folder}\n"
    assert "drawing 10 of 10" in answer.err
    assert "warning: The face is small" in answer.err
    assert "contact-sheet.jpg" in answer.err
    assert len(open_character(folder).rig.endpoints) == 10
    listed = talkies("character", "list", "--root", root)
    assert "robin" in listed.out


def test_json_lines_tell_progress_warnings_and_the_result(talkies: Talkies, root: Path) -> None:
    answer = talkies(*build(root, ROBIN, *SMALL, "--name", "kim", "--json"))
    assert answer.err == ""
    kinds = [event["event"] for event in answer.events]
    assert kinds[0] == "warning"
    assert kinds[-1] == "result"
    progress = [event for event in answer.events if event["event"] == "progress"]
    assert (progress[-1]["stage"], progress[-1]["done"], progress[-1]["total"]) == ("draw", 10, 10)
    result = answer.events[-1]
    assert result["name"] == "kim"
    assert (result["width"], result["height"]) == (96, 144)
    assert (result["endpoints"], result["sequences"], result["drawings"]) == (10, 0, 10)
    assert Path(result["contact_sheet"]).is_file()


def test_the_same_command_again_draws_nothing_and_another_one_is_refused(
    talkies: Talkies, root: Path
) -> None:
    talkies(*build(root, ROBIN, *SMALL))
    drawing = root / "characters/robin/frames/endpoints/neutral__center.png"
    before = drawing.stat().st_mtime_ns
    assert talkies(*build(root, ROBIN, *SMALL, "--quiet")).err == ""
    assert drawing.stat().st_mtime_ns == before
    other = talkies(*build(root, ROBIN, *SMALL, "--background", "green"))
    assert other.status != 0
    assert "background differ" in other.err
    assert "--overwrite" in other.err
    green = talkies(*build(root, ROBIN, *SMALL, "--background", "green", "--overwrite"))
    assert green.status == 0
    assert open_character(root / "characters/robin").key_color == (0, 177, 64)


def test_a_rehearsal_counts_and_writes_nothing(talkies: Talkies, root: Path) -> None:
    answer = talkies(*build(root, "--base-image", ROBIN, "--size", "768x1152", "--dry-run"))
    assert "1536 drawings of 768 x 1152" in answer.out
    facts = talkies(*build(root, ROBIN, *SMALL, "--dry-run", "--json")).events[-1]
    assert (facts["drawings"], len(facts["warnings"])) == (10, 1)
    assert "warning: " in talkies(*build(root, ROBIN, *SMALL, "--dry-run")).err
    assert not root.exists()


def test_words_of_ones_own_are_drawn(talkies: Talkies, root: Path, tmp_path: Path) -> None:
    words = only(BUILT, tilts=False, extremes=False)
    (tmp_path / "words.json").write_text(config_to_json(words))
    answer = talkies(
        *build(root, ROBIN, "--size", "96x144", "--skip-sequences"),
        *("--config", tmp_path / "words.json"),
    )
    assert answer.status == 0, answer.err
    assert open_character(root / "characters/robin").rig.config == words


def test_points_by_hand_are_read_from_their_file(
    talkies: Talkies, root: Path, tmp_path: Path
) -> None:
    points = {
        "left_eye_outer": [355, 595],
        "right_eye_outer": [668, 595],
        "mouth_left": [440, 767],
        "mouth_right": [585, 767],
        "chin": [512, 875],
    }
    (tmp_path / "points.json").write_text(json.dumps({"points": points}))
    tiny = ("--size", "64x96", *SMALL[2:])
    refused = talkies(*build(root, ROBIN, *tiny))
    assert "--points points.json" in refused.err
    answer = talkies(*build(root, ROBIN, *tiny, "--points", tmp_path / "points.json"))
    assert answer.status == 0, answer.err
    (tmp_path / "points.json").write_text("{")
    wrong = talkies(*build(root, ROBIN, *tiny, "--points", tmp_path / "points.json"))
    assert "not JSON" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "There is no drawing."),
        ((ROBIN, "--base-image", ROBIN), "given twice"),
        ((ROBIN, "--size", "33x44"), "33x44"),
        ((ROBIN, "--size", "large"), "is not a size"),
        ((ROBIN, "--name", "../up"), "cannot be the name"),
        ((ROBIN, "--max-depth", "7"), "--max-depth"),
        (("nowhere.png",), "nowhere.png"),
        ((ROBIN, "--points", "nowhere.json"), "nowhere.json is not there"),
        ((ROBIN, "--config", ROBIN), "cannot be read as text"),
        ((ROBIN, "--image-edit"), "OPENAI_API_KEY"),
    ],
)
def test_what_cannot_be_built_says_why_and_leaves_nothing(
    talkies: Talkies,
    root: Path,
    arguments: tuple[object, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_API_KEY", "TALKIES_OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    answer = talkies(*build(root, *arguments))
    assert answer.status != 0
    assert said in answer.err
    assert not root.exists()


def test_a_model_paints_the_expressions(
    talkies: Talkies, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = base64.b64encode(ROBIN.read_bytes()).decode()
    asked: list[Hit] = []

    def paint(hit: Hit) -> Reply:
        asked.append(hit)
        return Reply(body=json.dumps({"data": [{"b64_json": picture}]}).encode())

    with Server(paint) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url("/v1"))
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
        answer = talkies(*build(root, ROBIN, *SMALL, "--image-edit"))
    assert answer.status == 0, answer.err
    assert len(asked) == 9
    assert {hit.path for hit in asked} == {"/v1/images/edits"}


def test_ctrl_c_keeps_what_is_drawn_and_the_same_command_goes_on(
    talkies: Talkies, root: Path
) -> None:
    command = [sys.executable, "-m", "talkies", *map(str, build(root, ROBIN, "--max-depth", 2))]
    frames = root / "characters/robin/frames"
    small = ["--size", "96x144", "--skip-tilts"]
    with subprocess.Popen([*command, *small], stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 240
        while not list(frames.rglob("[!.]*.png")) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=240)
    files = [path for path in frames.rglob("*.png") if not path.name.startswith(".")]
    assert files
    assert all(map(is_whole, files))
    if process.returncode != 0:  # it may have been done in time
        assert "goes on where it stopped" in told
    answer = talkies(*build(root, ROBIN, "--max-depth", 2, *small))
    assert answer.status == 0, answer.err
    assert open_character(root / "characters/robin").rig.sequences
