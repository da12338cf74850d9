"""Every command of the README runs, as it is written, in order, in one folder."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import av
import cv2
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^talkies .*$", README, re.MULTILINE)
PYTHON = re.search(r"```python\n(.*?)```", README, re.DOTALL)
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
TEXT = "We move both maps."


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    own = {**ENVIRONMENT, "CHARACTERS_DIR": str(folder / "characters")}
    return subprocess.run(
        arguments, cwd=folder, env=own, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the README's reader has: a photo, a drawing, recordings of one text, and a manifest."""
    place = tmp_path_factory.mktemp("readme")
    picture = cv2.imread(str(ROOT / "examples/portrait.png"))
    cv2.imwrite(str(place / "face.jpg"), cv2.resize(picture, (512, 640)))
    drawing = cv2.imread(str(ROOT / "examples/robin.png"), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(place / "drawing.png"), cv2.resize(drawing, (192, 288)))
    (place / "words.txt").write_text(TEXT)
    (place / "jobs.csv").write_text(f'id,portrait,text,voice\nfirst,face.jpg,"{TEXT}",en-us\n')
    made = run(["talkies", "speak", TEXT, "-o", "speech.wav"], place)
    assert made.returncode == 0, made.stderr
    to_mp3(place / "speech.wav", place / "speech.mp3")
    return place


def to_mp3(source: Path, target: Path) -> None:
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        stream = writer.add_stream("mp3", rate=48_000)
        for frame in reader.decode(audio=0):
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))


@pytest.mark.slow
def test_the_commands_run_in_order(folder: Path) -> None:
    assert len(COMMANDS) >= 10
    for command in COMMANDS:
        answer = run([*shlex.split(command), *more(command)], folder)
        assert answer.returncode == 0, f"{command}\n{answer.stdout}\n{answer.stderr}"
    assert {"talk.mp4", "hello.wav", "line.mp4", "line.webm"} <= {
        path.name for path in folder.iterdir()
    }
    assert list((folder / "out").glob("*.mp4"))


def more(command: str) -> list[str]:
    """What a reader need not say: examples write one name again and again, a build is whole."""
    if command.startswith("talkies character build"):
        return ["--max-depth", "2", "--skip-tilts"]
    return ["--overwrite"] if " -o " in command else []


@pytest.mark.slow
def test_the_python_example_runs(folder: Path) -> None:
    assert PYTHON is not None
    for made in folder.glob("talk.*"):
        made.unlink()
    answer = run([sys.executable, "-c", PYTHON.group(1)], folder)
    assert answer.returncode == 0, answer.stderr
    assert (folder / "talk.mp4").stat().st_size > 10_000
