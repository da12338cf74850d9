"""`talkies weights`, as an operator uses it, against a hub on loopback."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Answer, Talkies
from hub_server import Content, HubServer, Stored, Text, Trouble

from talkies.weights.names import MANIFEST, PRIVATE

MB = 1 << 20

#: An engine that an operator describes, with weights in two variants.
TOML = """
summary = "An engine of a test."
quality = 10

[licence]
code = "MIT"
weights = "MIT"
commercial_use = true

[intake]
visuals = ["portrait"]

[repository]
url = "https://example.com/toy"
revision = "5c90fa9"
entry = "main.py"

[environment]
python = "3.11"
requirements = "toy.requirements.txt"

[[weights]]
repository = "maker/toy"
include = ["config.json"]
gigabytes = 0.001

[[weights]]
repository = "maker/toy"
include = ["small.bin"]
gigabytes = 0.004
variants = ["small"]

[[weights]]
url = "HUB/v1/large.pth"
to = "large.pth"
gigabytes = 0.03
variants = ["large"]

[presets.small]
summary = "Small."
options = {}
weights = "small"

[[presets.small.speeds]]
device = "any"
seconds_per_video_second = 1.0
vram_gib = 1.0
source = "made up"

[command]
arguments = ["{python}", "{repository}/main.py", "{visual}", "{sound}", "{output}"]

[[progress]]
name = "work"
kind = "bar"
pattern = '(?P<done>\\d+)/(?P<total>\\d+)'
share = 1.0

[output]
glob = "out.mp4"
"""


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        files = {"config.json": Text(b"{}"), "small.bin": Content(4 * MB)}
        server.add("maker/toy", {name: Stored(content=one) for name, one in files.items()})
        server.release("v1/large.pth", Stored(content=Content(30 * MB)))
        yield server


@pytest.fixture
def root(hub: HubServer, tmp_path: Path) -> Path:
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines/toy.toml").write_text(TOML.replace("HUB", hub.url))
    (tmp_path / "engines/toy.requirements.txt").write_text("")
    return tmp_path


@pytest.fixture
def pull(talkies: Talkies, hub: HubServer, root: Path) -> Talkies:
    def run(*words: object) -> Answer:
        return talkies("weights", "pull", "toy", "--root", root, "--endpoint", hub.url, *words)

    return run


def row(answer: Answer, variant: str) -> list[str]:
    (line,) = [line for line in answer.out.splitlines() if line.split()[:2] == ["toy", variant]]
    return line.split()


def test_weights_are_pulled_listed_and_verified(
    talkies: Talkies, pull: Talkies, root: Path
) -> None:
    before = talkies("weights", "list", "--root", root)
    assert row(before, "small")[2:5] == ["no", "~0.0", "GB"]
    answer = pull()
    folder = root / "weights/toy"
    assert (answer.status, answer.out) == (0, f"{folder}\n")
    assert "downloading small.bin" in answer.err
    assert "toy small: 2 files, 0.00 GB" in answer.err
    assert (folder / "small.bin").stat().st_size == 4 * MB
    after = talkies("weights", "list", "--root", root)
    assert row(after, "small")[2] == "yes"
    assert row(after, "large")[2:4] == ["lacks", "1"]
    verified = talkies("weights", "verify", "toy", "--root", root)
    assert (verified.status, verified.out) == (0, "toy small: whole, 0.00 GB.\n")


def test_a_second_pull_asks_nobody(pull: Talkies, hub: HubServer) -> None:
    pull()
    hub.asked.clear()
    answer = pull()
    assert answer.status == 0
    assert "all was here" in answer.err
    assert hub.asked == []


def test_json_lines_say_how_far_it_is_and_what_came(pull: Talkies, hub: HubServer) -> None:
    hub.files["v1/large.pth"].troubles = [Trouble(cut_after=10 * MB)]
    answer = pull("--variant", "large", "--json")
    assert answer.err == ""
    progress = [event for event in answer.events if event["event"] == "progress"]
    assert {event["stage"] for event in progress} == {"list", "download"}
    assert progress[-1]["done"] == progress[-1]["total"] == 30 * MB + 2
    assert progress[-1]["progress"] == 1
    (warning,) = [event for event in answer.events if event["event"] == "warning"]
    assert warning["message"].startswith("large.pth: ")
    result = answer.events[-1]
    assert result["event"] == "result"
    assert (result["engine"], result["variant"], result["files"]) == ("toy", "large", 2)
    assert result["bytes"] == 30 * MB + 2


def test_lists_are_json_lines_too(talkies: Talkies, pull: Talkies, root: Path) -> None:
    pull("--quiet")
    events = talkies("weights", "list", "--root", root, "--json").events
    toys = {event["variant"]: event for event in events if event["engine"] == "toy"}
    assert (toys["small"]["missing"], toys["small"]["bytes"]) == ([], 4 * MB + 2)
    assert len(toys["large"]["missing"]) == 1
    assert {event["event"] for event in events} == {"weights"}
    assert "infinitetalk" in {event["engine"] for event in events}


def test_another_folder_holds_the_weights(pull: Talkies, root: Path) -> None:
    volume = root / "volume"
    answer = pull("--weights", volume, "--quiet")
    assert (answer.out, answer.err) == (f"{volume / 'toy'}\n", "")
    assert (volume / "toy/small.bin").exists()
    assert not (root / "weights").exists()


def test_damage_is_told_and_mended(talkies: Talkies, pull: Talkies, root: Path) -> None:
    pull()
    (root / "weights/toy/small.bin").write_bytes(bytes(4 * MB))
    answer = talkies("weights", "verify", "toy", "--root", root, "--json")
    error = answer.events[-1]
    assert (answer.status, error["code"]) == (4, "WEIGHTS_MISSING_OR_CORRUPT")
    assert "small.bin: its content is another" in error["message"]
    assert "talkies weights pull toy --variant small --verify" in error["hint"]
    assert error["details"]["flaws"] == [{"path": "small.bin", "reason": "its content is another"}]
    assert pull("--verify").status == 0
    whole = talkies("weights", "verify", "toy", "--root", root, "--json")
    assert whole.events[-1]["bytes"] == 4 * MB + 2


def test_many_flaws_are_counted(talkies: Talkies, pull: Talkies, root: Path) -> None:
    pull()
    manifest = root / "weights/toy" / MANIFEST
    document = json.loads(manifest.read_text())
    document["sources"][0]["files"] = ["a", "b", "c", "d", "e"]
    manifest.write_text(json.dumps(document))
    answer = talkies("weights", "verify", "toy", "--root", root)
    assert "; and 2 more." in answer.err


def test_a_token_of_the_environment_is_used(hub: HubServer, root: Path) -> None:
    hub.bearer = "hf_of_the_environment"
    command = [sys.executable, "-m", "talkies", "weights", "pull", "toy", "--root", str(root)]
    for name in ("HF_TOKEN", "HUGGINGFACE_TOKEN"):
        environment = {**os.environ, "HF_ENDPOINT": hub.url, name: "hf_of_the_environment"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (root / "weights/toy" / MANIFEST).unlink()
    at_hub = [one for one in hub.asked if not one.cdn]
    assert at_hub[0].path == "/api/models/maker/toy/revision/main?blobs=true"
    assert {one.headers["authorization"] for one in at_hub} == {"Bearer hf_of_the_environment"}


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("pull", "nobody"), 3, "no engine named 'nobody'"),
        (("pull", "portrait"), 2, "came with a Python package"),
        (("pull", "toy", "--variant", "huge"), 2, "no variant 'huge'"),
        (("verify", "toy"), 4, "was never pulled"),
    ],
)
def test_what_cannot_be_done_is_said(
    talkies: Talkies, root: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    answer = talkies("weights", *words, "--root", root)
    assert (answer.status, answer.out) == (status, "")
    assert said in answer.err


def test_a_hub_that_does_not_answer_ends_with_a_code(talkies: Talkies, root: Path) -> None:
    closed = "http://127.0.0.1:9"
    answer = talkies("weights", "pull", "toy", "--root", root, "--endpoint", closed, "--json")
    assert (answer.status, answer.events[-1]["code"]) == (5, "DOWNLOAD_FAILED")
    assert len([event for event in answer.events if event["event"] == "warning"]) == 2


def test_a_stop_keeps_what_came_and_the_next_pull_goes_on(
    pull: Talkies, hub: HubServer, root: Path
) -> None:
    command = [sys.executable, "-m", "talkies", "weights", "pull", "toy", "--variant", "large"]
    command += ["--root", str(root), "--endpoint", hub.url]
    process: list[subprocess.Popen[str]] = []
    stopped = threading.Event()

    def stop(_path: str, sent: int) -> None:
        if sent >= 15 * MB and not stopped.is_set():
            process[0].send_signal(signal.SIGINT)
            stopped.set()

    hub.on_piece = stop
    process.append(
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    )
    output, errors = process[0].communicate(timeout=240)
    assert (process[0].returncode, output) == (130, "")
    assert "What came so far is kept" in errors
    (part,) = (root / "weights/toy" / PRIVATE).iterdir()
    came = part.stat().st_size
    assert pull("--variant", "large").status == 0
    assert hub.asked[-1].range == f"bytes={came}-"


def test_without_the_extra_the_next_step_is_told(root: Path) -> None:
    for module in ("huggingface_hub", "filelock", "httpcore"):
        script = (
            "import sys\n"
            f"sys.modules['{module}'] = None\n"
            "from talkies.cli.main import run\n"
            f"sys.exit(run(['weights', 'pull', 'toy', '--root', {str(root)!r}]))\n"
        )
        answer = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )
        assert answer.returncode == 4, answer.stderr
        assert "pip install 'talkies[engines]'" in answer.stderr
