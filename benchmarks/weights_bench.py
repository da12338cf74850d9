"""What a pull of large weights costs, through a hub that cuts the connection again and again.

    python benchmarks/weights_bench.py [--gigabytes 20] [--cuts 10] [--folder DIR] [--out FILE]

The hub is a process of its own on loopback; it makes the bytes as it sends them. The floor is one
plain read of the same URL into a file, in the same run: no hash, no cut, no manifest.
"""

import argparse
import hashlib
import http.client
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from rows import Row, at_most, between, reported, save

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))

from hub_server import Content, HubServer, Stored, Trouble

GB = 10**9
#: The file that the memory of the large one is compared with.
SMALL = 200_000_000
PIECE = 1 << 20

PEAK_LIMIT = 128.0  # MB
GROWTH_LIMIT = 1.1  # peak of the large file over that of the small one
FLOOR_LIMIT = 3.0  # seconds of a pull over those of a plain read into a file


def serve(size: int, cuts: int) -> None:
    """Be the hub until the input ends; says its address and the hash of its file."""
    with HubServer() as hub:
        troubles = [Trouble(cut_after=size // (cuts + 1)) for _ in range(cuts)]
        stored = Stored(content=Content(size), troubles=troubles)
        hub.add("bench/model", {"model.safetensors": stored})
        plain = hub.release("plain.bin", Stored(content=Content(size), sha256=stored.sha256))
        print(json.dumps({"url": hub.url, "plain": plain}), flush=True)
        for _ in sys.stdin:
            asked = [one.range for one in hub.asked if one.cdn]
            print(json.dumps({"requests": len(hub.asked), "ranges": asked}), flush=True)


def pull(url: str, folder: Path) -> None:
    """Be the process that pulls; says how long it took and its largest memory."""
    from talkies.weights.network import open_puller  # noqa: PLC0415 - of this process only
    from talkies.weights.patience import Patience  # noqa: PLC0415 - the same
    from talkies.weights.sources import WeightSource  # noqa: PLC0415 - the same

    source = WeightSource(repository="bench/model", include=("*",))
    with open_puller(url, patience=Patience(first_seconds=0.01)) as puller:
        pulled = puller.pull([source], folder)
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    print(json.dumps({"seconds": pulled.seconds, "files": len(pulled.files), "peak_kb": peak}))


class Hub:
    """The hub's process."""

    def __init__(self, size: int, cuts: int) -> None:
        command = [sys.executable, __file__, "--serve", f"{size},{cuts}"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        about = self._said()
        self.url, self.plain = about["url"], about["plain"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def asked(self) -> dict[str, Any]:
        """How often it was asked, and for which ranges."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._said()

    def _said(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def pulled(url: str, folder: Path) -> dict[str, Any]:
    """What a pull in a process of its own says."""
    command = [sys.executable, __file__, "--pull", f"{url},{folder}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def plain_read(url: str, path: Path | None) -> float:
    """Seconds to read a URL, into a file or to hash it."""
    began, digest = time.perf_counter(), hashlib.sha256()
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc)
    connection.request("GET", place.path)
    answer = connection.getresponse()
    if path is None:
        while piece := answer.read(PIECE):
            digest.update(piece)
    else:
        with path.open("wb", buffering=0) as file:
            while piece := answer.read(PIECE):
                file.write(piece)
    connection.close()
    return time.perf_counter() - began


def rows(size: int, cuts: int, folder: Path) -> list[Row]:
    with Hub(SMALL, 0) as hub:
        small = pulled(hub.url, folder / "small")
    with Hub(size, cuts) as hub:
        floor = plain_read(hub.plain, folder / "plain.bin")
        (folder / "plain.bin").unlink()
        hashing = plain_read(hub.plain, None)
        first = pulled(hub.url, folder / "large")
        before = hub.asked()
        again = pulled(hub.url, folder / "large")
        after = hub.asked()
    about = f"weights.{size / GB:g}gb"
    resumed = sum(text.startswith("bytes=") for text in before["ranges"])
    peak, small_peak = first["peak_kb"] / 1024, small["peak_kb"] / 1024
    requests = after["requests"] - before["requests"]
    return [
        between(f"{about}.cut.resumed", resumed, cuts, cuts, "times"),
        between(f"{about}.verified.files", first["files"], 1, 1, "files"),
        at_most(f"{about}.peak", peak, PEAK_LIMIT, "MB"),
        at_most(f"{about}.peak_over_200mb", peak / small_peak, GROWTH_LIMIT),
        at_most(f"{about}.seconds_over_plain_read", first["seconds"] / floor, FLOOR_LIMIT),
        reported(f"{about}.throughput", size / 1e6 / first["seconds"], "MB/s"),
        reported(f"{about}.plain_read.throughput", size / 1e6 / floor, "MB/s"),
        reported(f"{about}.plain_hash.throughput", size / 1e6 / hashing, "MB/s"),
        at_most(f"{about}.second_pull.requests", requests, 0, "requests"),
        at_most(f"{about}.second_pull", again["seconds"] * 1000, 50.0, "ms"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--cuts", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where the bytes go; a temporary folder")
    parser.add_argument("--out", type=Path, default=ROOT / "out/bench-weights.json")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--pull", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(*map(int, given.serve.split(",")))
    elif given.pull:
        url, _, folder = given.pull.partition(",")
        pull(url, Path(folder))
    else:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            found = rows(round(given.gigabytes * GB), given.cuts, Path(folder))
        for row in found:
            print(row)
        save(found, given.out)
        sys.exit(any(row.ok is False for row in found))


if __name__ == "__main__":
    main()
