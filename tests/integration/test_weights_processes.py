"""Pulls that are killed go on, pulls that meet wait for each other, and a stop is clean."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_server import Content, HubServer, Stored, Text, Trouble

from talkies.weights.manifest import missing
from talkies.weights.names import PRIVATE
from talkies.weights.sources import WeightSource
from talkies.weights.verifying import verify

MB = 1 << 20
SIZE = 24 * MB
MODEL = WeightSource(repository="maker/model", include=("*",))

#: One pull as a process of its own; says what it hears, and at the end what came.
PROGRAM = """
import json, sys
from pathlib import Path
from talkies.weights.network import open_puller
from talkies.weights.patience import Patience
from talkies.weights.sources import WeightSource

def hear(event):
    print(json.dumps({"event": type(event).__name__, "stage": getattr(event, "stage", "")}))
    sys.stdout.flush()

source = WeightSource(repository="maker/model", include=("*",))
with open_puller(sys.argv[1], patience=Patience(first_seconds=0.01)) as puller:
    pulled = puller.pull([source], Path(sys.argv[2]), listener=hear)
print(json.dumps({"event": "end", "files": [file.path for file in pulled.files]}))
"""


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        small = Stored(content=Text(b"{}"), lfs=False)
        files = {"config.json": small, "model.bin": Stored(content=Content(SIZE))}
        server.add("maker/model", files)
        yield server


def begun(hub: HubServer, folder: Path, before: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", before + PROGRAM, hub.url, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    """Everything a pull has to say, once it has ended well."""
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return [json.loads(line) for line in output.splitlines()]


def when_half(hub: HubServer, act: Callable[[], None]) -> threading.Event:
    """Do something once when half of the large file is sent; nothing more is sent until then."""
    done = threading.Event()

    def look(path: str, sent: int) -> None:
        if sent >= SIZE // 2 and not done.is_set():
            act()
            done.set()

    hub.on_piece = look
    return done


def test_two_pulls_at_once_download_everything_once(hub: HubServer, tmp_path: Path) -> None:
    met, waiting = threading.Event(), threading.Event()
    when_half(hub, lambda: (met.set(), waiting.wait(240)))
    first = begun(hub, tmp_path)
    assert met.wait(240)
    second = begun(hub, tmp_path)
    assert second.stdout is not None
    assert json.loads(second.stdout.readline())["stage"] == "wait"
    waiting.set()
    assert said(first)[-1]["files"] == ["config.json", "model.bin"]
    assert said(second)[-1]["files"] == []
    assert len([one for one in hub.asked if one.cdn]) == 1
    assert verify(tmp_path, [MODEL]) == ()


def test_a_killed_pull_goes_on_where_it_was(hub: HubServer, tmp_path: Path) -> None:
    process: list[subprocess.Popen[str]] = []
    killed = when_half(hub, lambda: (process[0].kill(), process[0].wait(240)))
    process.append(begun(hub, tmp_path))
    assert killed.wait(240)
    process[0].communicate(timeout=240)
    assert process[0].returncode == -signal.SIGKILL
    assert not (tmp_path / "model.bin").exists()
    (part,) = (tmp_path / PRIVATE).iterdir()
    came = part.stat().st_size
    assert came > 0
    assert missing(tmp_path, [MODEL]) == ("model.bin",)
    hub.asked.clear()
    assert said(begun(hub, tmp_path))[-1]["files"] == ["model.bin"]
    assert [one.range for one in hub.asked if one.cdn] == [f"bytes={came}-"]
    assert hub.downloads("config.json") == []
    assert verify(tmp_path, [MODEL]) == ()
    assert not (tmp_path / PRIVATE).exists()


def test_a_part_that_was_damaged_while_nobody_looked_is_not_trusted(
    hub: HubServer, tmp_path: Path
) -> None:
    """As after a power cut: the file has its length, and zeros where bytes should be."""
    hub.stored("maker/model", "model.bin").troubles = [
        Trouble(cut_after=SIZE // 2),
        *[Trouble(status=403)],
    ]
    failed = begun(hub, tmp_path)
    failed.communicate(timeout=240)
    assert failed.returncode != 0
    (part,) = (tmp_path / PRIVATE).iterdir()
    with part.open("r+b") as file:
        file.seek(MB)
        file.write(bytes(4096))
    assert said(begun(hub, tmp_path))[-1]["files"] == ["model.bin"]
    assert [one.range for one in hub.asked if one.cdn][-2:] == [f"bytes={SIZE // 2}-", ""]
    assert verify(tmp_path, [MODEL]) == ()


def test_a_stop_leaves_the_part_and_no_lock(hub: HubServer, tmp_path: Path) -> None:
    process: list[subprocess.Popen[str]] = []
    stopped = when_half(hub, lambda: os.kill(process[0].pid, signal.SIGINT))
    process.append(begun(hub, tmp_path))
    assert stopped.wait(240)
    _, errors = process[0].communicate(timeout=240)
    assert "KeyboardInterrupt" in errors
    assert [path.suffix for path in (tmp_path / PRIVATE).iterdir()] == [".partial"]
    assert said(begun(hub, tmp_path))[-1]["files"] == ["model.bin"]


def test_a_disk_that_fills_up_under_way_is_said_and_keeps_what_came(
    hub: HubServer, tmp_path: Path
) -> None:
    """A limit on the size of files gives the error of a full quota."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 23, 1 << 23))\n"
    process = begun(hub, tmp_path, limit)
    _, errors = process.communicate(timeout=240)
    assert "DiskFull" in errors.splitlines()[-1]
    (part,) = (tmp_path / PRIVATE).iterdir()
    assert part.stat().st_size == 8 * MB
    hub.asked.clear()
    assert said(begun(hub, tmp_path))[-1]["files"] == ["model.bin"]
    assert [one.range for one in hub.asked if one.cdn] == [f"bytes={8 * MB}-"]
