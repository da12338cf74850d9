"""`talkies character`: import, list, show, publish, remove, as an animator uses them."""

import json
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Talkies
from seaweed import Bucket, seaweedfs
from seed_tree import expressions_json, write_tree

REST = "frames/endpoints/neutral__center.png"


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tree(tmp_path_factory.mktemp("theirs") / "bird", percents=[0, 50, 100])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHARACTERS_DIR", str(tmp_path / "characters"))
    return tmp_path / "characters"


@pytest.fixture(scope="module")
def store() -> Iterator[Bucket]:
    with seaweedfs() as bucket:
        yield bucket


@pytest.fixture
def signed_in(store: Bucket, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("S3_ACCESS_KEY_ID", store.access_key_id)
    monkeypatch.setenv("S3_SECRET_ACCESS_KEY", store.secret_access_key)
    return ["--endpoint", store.endpoint_url]


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for each in sorted(folder.rglob("*")):
            file.write(each, each.relative_to(folder.parent))
    return path


def test_a_folder_is_imported_listed_shown_and_removed(
    talkies: Talkies, theirs: Path, home: Path
) -> None:
    answer = talkies("character", "import", theirs / "frames", "--name", "robin")
    assert (answer.status, answer.out.strip()) == (0, str(home / "robin"))
    assert "#00ff00 keyed out" in answer.err
    assert "Missing endpoints: neutral__tilt_left_small" in answer.err
    assert (home / "robin" / REST).read_bytes() == (theirs / REST).read_bytes()
    assert (home / "robin" / "contact-sheet.jpg").stat().st_size > 1000

    listed = talkies("character", "list")
    assert listed.out.splitlines()[1].split() == ["robin", "96x144", "21", "6", "1"]
    (fact,) = talkies("character", "list", "--json").events
    assert (fact["event"], fact["name"], fact["expressions"]) == ("character", "robin", 6)

    shown = talkies("character", "show", "robin")
    assert f"folder: {home / 'robin'}" in shown.out
    assert "blink_closed  yes" in shown.out
    (facts,) = talkies("character", "show", "robin", "--json").events
    assert facts["sequences"] == 5
    assert facts["warnings"] == []

    removed = talkies("character", "remove", "robin")
    assert removed.status == 0
    assert not (home / "robin").exists()
    assert talkies("character", "list").err.startswith("0 characters")


def test_a_zip_is_imported_under_its_name_and_told_of_in_json(
    talkies: Talkies, theirs: Path, home: Path, tmp_path: Path
) -> None:
    source = zipped(theirs, tmp_path / " My wren (2).zip")
    answer = talkies("character", "import", source, "--key-color", "none", "--json")
    assert answer.err == ""
    assert [event["event"] for event in answer.events][-1] == "result"
    assert {event["stage"] for event in answer.events[:-1]} == {"unpack", "copy", "decode"}
    result = answer.events[-1]
    assert (result["name"], result["key_color"]) == ("My-wren-2", None)
    assert result["folder"] == str(home / "My-wren-2")


def test_words_can_be_given_and_a_character_replaced(
    talkies: Talkies, theirs: Path, home: Path, tmp_path: Path
) -> None:
    config = tmp_path / "words.json"
    config.write_text(expressions_json())
    order = ("character", "import", theirs, "--name", "robin", "--config", config, "--quiet")
    assert talkies(*order).err == ""
    again = talkies(*order)
    assert again.status == 3
    assert "--overwrite" in again.err
    assert talkies(*order, "--overwrite").status == 0
    missing = talkies("character", "import", theirs, "--name", "b", "--config", tmp_path / "none")
    assert "FILE_MISSING" in missing.err


def test_what_cannot_be_imported_is_refused_with_a_next_step(
    talkies: Talkies, home: Path, tmp_path: Path
) -> None:
    for source, code in (
        (tmp_path, "CHARACTER_INVALID"),
        (tmp_path / "nowhere", "FILE_MISSING"),
        ("~nobody-of-that-name/frames", "FILE_MISSING"),
        ("s3://", "INVALID_OPTION"),
    ):
        answer = talkies("character", "import", source, "--name", "x")
        assert code in answer.err
        assert "hint:" in answer.err
    assert "INVALID_OPTION" in talkies("character", "import", tmp_path, "--name", "../x").err
    assert "INVALID_OPTION" in talkies("character", "import", tmp_path, "--key-color", "grey").err
    assert not home.exists() or list(home.iterdir()) == []


def test_odd_files_are_warned_of(
    talkies: Talkies, theirs: Path, home: Path, tmp_path: Path
) -> None:
    source = write_tree(tmp_path / "odd", percents=[50])
    (source / "frames/endpoints/furious__center.png").write_bytes(b"x")
    answer = talkies("character", "import", source)
    assert "warning: endpoints/furious__center.png" in answer.err
    events = talkies("character", "import", source, "-y", "--json").events
    assert [event for event in events if event["event"] == "warning"]


def test_an_unknown_character_is_told_of_with_those_there_are(
    talkies: Talkies, theirs: Path, home: Path
) -> None:
    assert "There are none" in talkies("character", "show", "robin").err
    talkies("character", "import", theirs, "--name", "robin")
    assert "Did you mean robin?" in talkies("character", "show", "robbin").err
    assert "There are robin." in talkies("character", "show", "xyz").err
    # A path will do as well.
    assert talkies("character", "show", home / "robin").status == 0
    (home / "robin" / REST).write_bytes(b"GIF")
    for path in (home / "robin/frames/sequences").rglob("000.png"):
        path.unlink()
    (row,) = talkies("character", "list").out.splitlines()[1:]
    assert "no drawing of neutral" in row
    (fact,) = talkies("character", "list", "--json").events
    assert "no drawing of neutral" in fact["error"]


def test_a_removal_leaves_what_is_not_the_characters(
    talkies: Talkies, theirs: Path, home: Path, tmp_path: Path
) -> None:
    talkies("character", "import", theirs, "--name", "robin")
    (home / "robin" / "script.txt").write_text("mine")
    answer = talkies("character", "remove", "robin")
    assert "Other files stay in it: script.txt." in answer.err
    assert [path.name for path in (home / "robin").iterdir()] == ["script.txt"]
    foreign = tmp_path / "foreign"
    (foreign / "frames").mkdir(parents=True)
    assert "CHARACTER_INVALID" in talkies("character", "remove", foreign).err
    assert (foreign / "frames").is_dir()
    talkies("character", "import", theirs, "--name", "wren")
    (event,) = talkies("character", "remove", "wren", "--json").events
    assert event["left"] == []


def test_a_build_that_was_stopped_is_removed(talkies: Talkies, home: Path) -> None:
    (home / "half/frames/endpoints").mkdir(parents=True)
    (home / "half/build.json").write_text("{}")
    assert talkies("character", "remove", "half").status == 0
    assert not (home / "half").exists()


def test_a_character_goes_to_a_bucket_and_comes_back(
    talkies: Talkies, theirs: Path, home: Path, store: Bucket, signed_in: list[str]
) -> None:
    talkies("character", "import", theirs, "--name", "robin")
    order = ["character", "publish", "robin", "--bucket", store.name, "--prefix", "a/", *signed_in]
    dry = talkies(*order, "--dry-run", "--upload-config")
    assert f"a/{REST.removeprefix('frames/')}" in dry.out.splitlines()
    assert "to send" in dry.err
    sent = talkies(*order, "--upload-config")
    assert sent.out.strip() == f"s3://{store.name}/a/"
    again = talkies(*order, "--upload-config", "--json").events[-1]
    assert (again["sent"], again["place"]) == (0, f"s3://{store.name}/a/")
    assert again["kept"] > 20
    dry = talkies(*order, "--dry-run", "--skip-endpoints", "--json").events[-1]
    assert dry["keys"] == []

    source = f"s3://{store.name}/a"
    fetched = talkies("character", "import", source, "--name", "back", "--json", *signed_in)
    assert fetched.events[0]["stage"] == "fetch"
    for path in (home / "robin/frames").rglob("*.*"):
        twin = home / "back" / path.relative_to(home / "robin")
        assert twin.read_bytes() == path.read_bytes()
    assert sorted(path.name for path in home.iterdir()) == ["back", "robin"]


def test_a_bucket_without_permission_names_what_is_missing(
    talkies: Talkies,
    theirs: Path,
    home: Path,
    store: Bucket,
    signed_in: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talkies("character", "import", theirs, "--name", "robin")
    monkeypatch.setenv("S3_ACCESS_KEY_ID", store.reader_key_id)
    answer = talkies("character", "publish", "robin", "--bucket", store.name, *signed_in)
    assert answer.status != 0
    assert "STORAGE_REFUSED" in answer.err
    assert "s3:PutObject" in answer.err
    answer = talkies(
        "character", "publish", "robin", "--bucket", "b-b", "--profile", "nobody", "--json"
    )
    assert answer.events[-1]["details"]["reason"] == "ProfileNotFound"


def test_strangers_in_the_bucket_stay_and_are_told_of(
    talkies: Talkies, theirs: Path, home: Path, store: Bucket, signed_in: list[str]
) -> None:
    talkies("character", "import", theirs, "--name", "robin")
    order = ["character", "publish", "robin", "--bucket", store.name, "--prefix", "s", *signed_in]
    assert talkies(*order).status == 0
    (home / "robin" / "frames/endpoints/happy_soft__center.png").unlink()
    answer = talkies(*order)
    assert "left there: s/endpoints/happy_soft__center.png" in answer.err


def test_ctrl_c_leaves_no_half_character(theirs: Path, home: Path) -> None:
    command = [sys.executable, "-m", "talkies", "character", "import", str(theirs), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("stage") == "decode":
            process.send_signal(signal.SIGINT)
            break
    rest = process.stdout.read()
    process.wait(timeout=240)
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()
    deadline = time.monotonic() + 60
    while home.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert '"CANCELED"' in rest
    assert process.returncode == 130
    assert not home.exists()
