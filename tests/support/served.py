"""`talkies serve` on a port of its own, with its data in a folder and its first key."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import service_process


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
    where = ("--port", "0", "--data-dir", str(folder / "data"))
    settings = {"OMP_NUM_THREADS": "1", **(environment or {})}
    with service_process.running("serve", *where, *flags, settings=settings) as service:
        try:
            yield Served(url=service.url, key=str(service.said["key"]), process=service.process)
        finally:
            service.stop()


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
