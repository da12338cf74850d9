"""`talkies serve` as its users run it: a process of its own, on a port of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

#: Seconds until it has to be ready; far more than it takes, for busy machines.
PATIENCE = 90.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server that runs."""

    url: str
    key: str
    process: subprocess.Popen[str]

    def client(self) -> httpx.Client:
        """With the first key."""
        return httpx.Client(base_url=self.url, headers={"X-API-Key": self.key}, timeout=60)


@contextmanager
def running(
    folder: Path, *flags: str, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """A server with its data below `folder`; stopped with SIGTERM at the end."""
    command = [sys.executable, "-m", "talkies", "serve", "--port", "0", "--json"]
    with (folder / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--data-dir", str(folder / "data"), *flags],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
        )
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        served = _ready(process, folder / "serve.log")
        watchdog.cancel()
        yield served
    finally:
        watchdog.cancel()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: subprocess.Popen[str], log: Path) -> Served:
    lines = process.stdout
    for line in lines or ():
        said = json.loads(line)
        if said.get("event") == "ready":
            return Served(url=said["url"], key=said["key"], process=process)
    raise AssertionError(f"it did not start: {log.read_text()[-2000:]}")


def descendants(pid: int) -> set[int]:
    """The processes below this one, at this moment."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(stat.parent.name)] = int(fields[1])
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found
