"""What the whole program costs: start of the command, size of the install, peak memory."""

import statistics
import subprocess
import sys
import tempfile
import threading
import time
import wave
from pathlib import Path

from rows import Row, at_most, reported

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PORTRAIT = ROOT / "examples/portrait.png"

HELP_LIMIT = 12.0  # times an empty Python
INSTALL_LIMIT = 450.0  # MB
MEMORY_GROWTH_LIMIT = 1.1
MEMORY_LIMIT = 700.0  # MB
SHORT, LONG = 10, 600  # seconds of sound
POLL = 0.1  # seconds between two looks at the process tree


def wall(command: list[str], repeats: int = 9) -> float:
    """Median wall seconds of a command."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def start_rows() -> list[Row]:
    python = wall([sys.executable, "-c", "pass"])
    return [
        at_most(
            "cli.help.wall_over_python", wall([str(BIN / "talkies"), "--help"]) / python, HELP_LIMIT
        )
    ]


def install_rows() -> list[Row]:
    """Install what a user installs into an empty environment and weigh it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        python = f"{folder}/bin/python"
        empty = weight(Path(folder))
        uv = [str(BIN / "uv"), "pip", "install", "--quiet", "--python", python]
        lock = str(ROOT / "requirements/core.lock")
        subprocess.run([*uv, "--require-hashes", "-r", lock], check=True)
        wheel = [
            str(BIN / "uv"),
            "build",
            "--quiet",
            "--wheel",
            "--out-dir",
            f"{folder}/dist",
            str(ROOT),
        ]
        subprocess.run([*wheel, "--no-build-isolation", "--python", sys.executable], check=True)
        built = next(Path(folder, "dist").glob("*.whl"))
        subprocess.run([*uv, "--no-deps", str(built)], check=True)
        size = weight(Path(folder)) - empty - built.stat().st_size / 1e6
    return [at_most("install.core.size", size, INSTALL_LIMIT, "MB")]


def weight(folder: Path) -> float:
    """MB of the regular files below a folder."""
    return (
        sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and not f.is_symlink()) / 1e6
    )


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        below = [int(child) for child in children.read_text().split()]
    except OSError:
        return []
    return [pid, *(member for child in below for member in family(child))]


def proportional(pid: int) -> int:
    """Proportional resident memory of a process in kB; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def peak_memory(command: list[str]) -> float:
    """Largest memory in MB of a command and its children together, sampled."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    done = threading.Event()
    while not done.wait(POLL):
        peak = max(peak, sum(proportional(pid) for pid in family(process.pid)))
        if process.poll() is not None:
            done.set()
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    return peak / 1024


def spoken(folder: Path, seconds: int) -> Path:
    """A recording of that length: one spoken paragraph, repeated."""
    source, target = folder / "speech.wav", folder / f"{seconds}.wav"
    text = "The ferry leaves at nine, and the bakery opens before the bell rings. " * 2
    subprocess.run(
        [str(BIN / "talkies"), "speak", text, "-o", str(source), "--overwrite"],
        check=True,
        capture_output=True,
    )
    with wave.open(str(source)) as reader, wave.open(str(target), "wb") as writer:
        writer.setparams(reader.getparams())
        sound = reader.readframes(reader.getnframes())
        wanted = seconds * reader.getframerate() * reader.getsampwidth() * reader.getnchannels()
        writer.writeframes((sound * (wanted // len(sound) + 1))[:wanted])
    return target


def memory_rows(long: int = LONG) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peaks = []
        for seconds in (SHORT, long):
            output = folder / f"{seconds}.mp4"
            render = [str(BIN / "talkies"), "render", str(PORTRAIT), str(spoken(folder, seconds))]
            peaks.append(peak_memory([*render, "-o", str(output), "--resolution", "480p"]))
    return [
        at_most(f"memory.{long}s_over_{SHORT}s", peaks[1] / peaks[0], MEMORY_GROWTH_LIMIT),
        at_most(f"memory.{long}s.peak", peaks[1], MEMORY_LIMIT, "MB"),
        reported(f"memory.{SHORT}s.peak", peaks[0], "MB"),
    ]


def rows(*, quick: bool = False) -> list[Row]:
    return [*start_rows(), *install_rows(), *memory_rows(60 if quick else LONG)]


if __name__ == "__main__":
    for row in rows(quick="--quick" in sys.argv):
        print(row)
