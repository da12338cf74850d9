"""Engines of other repositories from the command line: installed, examined, tried, removed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from command_line import PORTRAIT, Answer, Talkies, process
from hub_server import Content, HubServer
from made_up_gpu import put_gpu
from tiny_upstream import VERSION
from upstream_checkouts import STAND_INS, described, put_environment

from talkies.engines.home import EngineHome
from talkies.engines.installation import read_installation
from talkies.engines.registry import LIBRARY
from talkies.media.pictures import Picture, load_picture, save_picture

#: An engine of ours that needs no file beside its program.
ENGINE = "ditto"


@dataclass
class GpuMachine:
    """A machine with a GPU, as far as programs can tell, and a root."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "the root"

    @property
    def home(self) -> EngineHome:
        return EngineHome(root=self.root)

    def talkies(self, *arguments: object, **variables: str) -> Answer:
        path = f"{self.folder / 'driver'}{os.pathsep}{os.environ['PATH']}"
        environ = {**os.environ, "PATH": path, "ENGINES_ROOT": str(self.root), **variables}
        done = process(*arguments, env=environ, cwd=self.folder)
        return Answer(status=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture
def machine(tmp_path: Path) -> GpuMachine:
    put_gpu(tmp_path / "driver")
    return GpuMachine(tmp_path)


def prepare(machine: GpuMachine) -> Path:
    """All that an installation of the engine needs, but for torch; the folder of its code."""
    own = machine.home.descriptions
    own.mkdir(parents=True)
    text = (LIBRARY / f"{ENGINE}.toml").read_text()
    ours = {"imports =": 'imports = ["numpy"]', "python =": f'python = "{VERSION}"'}
    text = text.replace(described(ENGINE).weights[0].revision, "main")
    lines = [
        next((new for old, new in ours.items() if line.startswith(old)), line)
        for line in text.split("\n")
    ]
    (own / f"{ENGINE}.toml").write_text("\n".join(lines))
    shutil.copy(LIBRARY / f"{ENGINE}.requirements.txt", own)
    put_environment(machine.home.environment(ENGINE))
    code = machine.folder / "my code"
    shutil.copytree(STAND_INS / ENGINE, code)
    shutil.copy(STAND_INS / "upstream_play.py", code)
    return code


@pytest.mark.slow
def test_an_engine_is_installed_tried_and_removed(machine: GpuMachine) -> None:
    code = prepare(machine)
    with HubServer() as hub:
        (source,) = described(ENGINE).weights
        files = {name.replace("*", "model.pth"): Content(5000) for name in source.include}
        hub.add(source.repository, files)
        installed = machine.talkies(
            *("engines", "install", ENGINE, "--repository", code, "--endpoint", hub.url),
            *("--root", machine.root),
        )
    assert installed.status == 0, installed.err
    assert installed.out == f"{ENGINE} is installed in {machine.root}.\n"
    assert "use " + str(code) in installed.err
    assert f"`talkies doctor --engine {ENGINE} --smoke --root '{machine.root}'`" in installed.err
    assert "weights      pull the weights of the engine, about 2.4 GB" in installed.err

    small = machine.folder / "small.png"
    picture = load_picture(PORTRAIT).pixels[::4, ::4]
    save_picture(Picture(pixels=np.ascontiguousarray(picture)), small)
    checked = machine.talkies(
        *("doctor", "--engine", ENGINE, "--smoke", "--verify", "--portrait", small)
    )
    assert checked.status == 0, checked.out
    assert "NVIDIA H100 80GB HBM3 80 GiB; driver 550.54.15, CUDA 12.4" in checked.out
    head, row = checked.out.splitlines()[-3:-1]
    assert head.split() == ["ENGINE", "VIDEO", "RENDER", "SPEED", "GPU", "PEAK", "LIPS", "RESULT"]
    assert row.startswith(f"{ENGINE} ")
    assert "2.0 s" in row

    removed = machine.talkies("engines", "remove", ENGINE)
    assert removed.status == 0
    assert (code / "inference.py").is_file()
    assert machine.talkies("engines", "show", ENGINE).out.count("not finished") == 0


def test_the_table_says_what_mends_each(talkies: Talkies, tmp_path: Path) -> None:
    answer = talkies("engines", "--root", tmp_path)
    assert f"→ talkies engines install sadtalker --root {tmp_path}" in answer.out
    found = {e["id"]: e for e in talkies("engines", "--root", tmp_path, "--json").events}
    assert found["portrait"]["ready"]
    assert found["wav2lip"]["commercial_use"] is False
    assert found["sadtalker"]["mend"].startswith("talkies engines install sadtalker")
    (one,) = talkies("engines", "--root", tmp_path, "show", "sadtalker", "--json").events
    assert one["weights"]
    assert one["installation"] is None


def test_a_dry_run_plans_and_looks_at_the_disk(talkies: Talkies, tmp_path: Path) -> None:
    answer = talkies(
        *("engines", "install", "wav2lip", "--root", tmp_path / "new", "--dry-run", "--json")
    )
    steps = [event["step"] for event in answer.events if event["event"] == "plan"]
    assert steps == ["repository", "environment", "imports", "weights"]
    assert not (tmp_path / "new").exists()
    assert talkies("engines", "install", "wav2lip", "--dry-run", "--variant", "x").status == 2


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (("engines", "install", "portrait"), 2),
        (("engines", "install", "nobody"), 3),
        (("engines", "show", "nobody"), 3),
        (("engines", "remove", "portrait"), 2),
        (("doctor", "--verify"), 2),
        (("doctor", "--engine", "nobody"), 3),
        (("bench", "--seconds", "forever"), 2),
        (("bench", "--engine", "nobody", "--output", "/nowhere/rows.jsonl"), 5),
        (("bench", "--portrait", "/nowhere.png"), 3),
    ],
)
def test_what_cannot_be_is_said(talkies: Talkies, line: tuple[str, ...], status: int) -> None:
    answer = talkies(*line)
    assert (answer.status, answer.out.count("Traceback")) == (status, 0), answer.err


def test_a_page_and_a_removal_of_what_is_not_installed(talkies: Talkies, tmp_path: Path) -> None:
    assert "commercial use is not allowed" in talkies("engines", "show", "wav2lip").out
    assert "portrait" in talkies("engines", "show", "portrait").out
    gone = talkies("engines", "remove", "wav2lip", "--root", tmp_path)
    assert gone.out == "Nothing of wav2lip is installed.\n"
    (event,) = talkies("engines", "remove", "wav2lip", "--root", tmp_path, "--json").events
    assert (event["removed"], event["bytes"]) == ([], 0)


def test_an_engine_that_is_not_installed_is_examined_all_the_same(
    talkies: Talkies, tmp_path: Path
) -> None:
    answer = talkies("doctor", "--engine", "wav2lip", "--smoke", "--root", tmp_path)
    assert answer.status == 1
    assert f"→ talkies engines install wav2lip --root {tmp_path}" in answer.out
    head, row, last = answer.out.splitlines()[-3:]
    assert head.startswith("ENGINE")
    assert row.split()[-1] == "ENGINE_NOT_INSTALLED"
    assert last.endswith("parts are broken.")
    told = talkies("doctor", "--engine", "wav2lip", "--smoke", "--root", tmp_path, "--json").events
    assert [event["works"] for event in told if event["event"] == "smoke"] == [False]


def test_an_installation_that_fails_says_where_it_said_more(
    talkies: Talkies, tmp_path: Path
) -> None:
    line = ("engines", "install", "wav2lip", "--root", tmp_path, "--without-weights")
    nowhere = ("--repository", "https://127.0.0.1:1/x.git")
    told = talkies(*line, *nowhere)
    assert told.status == 6
    assert told.err.startswith("repository   clone https://127.0.0.1:1/x.git at ")
    assert f"The whole output is in {tmp_path / 'installed/wav2lip.log'}" in told.err
    events = talkies(*line, *nowhere, "--json").events
    assert (events[0]["event"], events[-1]["event"]) == ("step", "error")
    assert {event["event"] for event in events} == {"step", "error"}
    assert talkies(*line, *nowhere, "--quiet").err.startswith("error:")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_stop_leaves_no_program_behind(tmp_path: Path, number: int, status: int) -> None:
    ready, tools = tmp_path / "ready", tmp_path / "tools"
    os.mkfifo(ready)
    tools.mkdir()
    git = tools / "git"
    git.write_text(f'#!/bin/sh\necho $$ > "{ready}"\nexec sleep 600\n')
    git.chmod(0o755)
    environ = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "talkies", "engines", "install", "wav2lip", "--root"]
    with subprocess.Popen(
        [*command, str(tmp_path / "root"), "--without-weights"],
        env=environ,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        try:
            pid = int(ready.read_text())
            running.send_signal(number)
            running.communicate(timeout=240)
        finally:
            running.kill()
    assert running.returncode == status
    deadline = time.monotonic() + 240
    while Path("/proc", str(pid)).exists():
        assert time.monotonic() < deadline, "git is still there"
        time.sleep(0.02)
    record = read_installation(EngineHome(root=tmp_path / "root"), "wav2lip")
    assert record is not None
    assert not record.finished


@pytest.mark.slow
def test_the_engine_that_everybody_has_is_measured_on_a_cpu(
    talkies: Talkies, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    answer = talkies("bench", "--seconds", "0.6", "--output", rows)
    head, cold, warm = answer.out.splitlines()
    assert head.startswith("ENGINE    PRESET  FORM")
    assert [line.split()[2] for line in (cold, warm)] == ["cold", "warm"]
    written = [json.loads(line) for line in rows.read_text().splitlines()]
    assert [(row["engine"], row["gpu_peak_bytes"]) for row in written] == [("portrait", None)] * 2
