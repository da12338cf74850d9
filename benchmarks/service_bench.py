"""The service: submissions beside a bare insert, memory under uploads, its overhead, its start."""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from rows import Row, at_most, reported
from server import Server, family_pss, multipart, serving, talkies, together

ROOT = Path(__file__).parents[1]
PORTRAIT = ROOT / "examples/portrait.png"
SENTENCE = (
    "The quick brown fox jumps over the lazy dog, and nobody in the village is surprised about it."
)

CLIENTS = 50
UPLOADERS, UPLOAD_BYTES = 20, 50_000_000


def rows(*, quick: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="talkies-bench-") as name:
        folder = Path(name)
        clip = folder / "clip.wav"
        subprocess.run([*talkies("speak", SENTENCE, "-o", str(clip)), "--quiet"], check=True)
        yield from _submissions(folder, clip, rounds=2 if quick else 6)
        yield from _uploads(folder)
        yield from _duplicates(folder, clip)
        yield from _overhead(folder, clip, times=1 if quick else 3)


def _api(folder: Path, name: str) -> list[str]:
    data = folder / name
    return talkies("api", "--port", "{port}", "--data-dir", str(data))


def _submissions(folder: Path, clip: Path, rounds: int) -> Iterator[Row]:
    """Latency of POST /v1/videos with files, 50 at once, beside the floor's."""
    body, headers = multipart({}, {"portrait": PORTRAIT, "audio": clip})
    bare = [sys.executable, str(ROOT / "benchmarks/bare_app.py"), "{port}", str(folder)]
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    with (
        serving(_api(folder, "submit"), "/livez", folder) as ours,
        serving(bare, "/openapi.json", folder) as floor,
    ):
        for _ in range(rounds):
            for name, server in (("ours", ours), ("bare", floor)):
                times[name] += together(CLIENTS, lambda _, to=server: _post(to, body, headers))
    p99 = {name: _percentile(found, 99) for name, found in times.items()}
    yield at_most("service.submit_p99_to_bare_insert", p99["ours"] / p99["bare"], 5)
    yield reported("service.submit_p99", p99["ours"] * 1000, "ms")
    yield reported("service.submit_p50", _percentile(times["ours"], 50) * 1000, "ms")


def _post(server: Server, body: bytes, headers: dict[str, str]) -> float:
    started = time.monotonic()
    status, answer = server.call("POST", "/v1/videos", body, headers)
    if status != HTTPStatus.ACCEPTED:
        raise RuntimeError(f"{status} {answer[:500]!r}")
    return time.monotonic() - started


def _uploads(folder: Path) -> Iterator[Row]:
    """Memory of the server while 20 clients upload 50 MB each."""
    large = folder / "large.wav"
    _write_wav(large, UPLOAD_BYTES - 1000)
    body, headers = multipart({}, {"file": large})
    with serving(_api(folder, "uploads"), "/livez", folder) as server:
        server.call("GET", "/livez")
        idle = family_pss(server.process.pid)
        peak, done = [idle], threading.Event()

        def watch() -> None:
            while not done.wait(0.1):
                peak.append(family_pss(server.process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        answers = together(UPLOADERS, lambda _: server.call("POST", "/v1/assets", body, headers))
        done.set()
        watcher.join()
    failed = [answer for answer in answers if answer[0] != HTTPStatus.CREATED]
    if failed:
        raise RuntimeError(f"uploads failed: {failed[0]}")
    yield at_most("service.upload_memory_over_idle", (max(peak) - idle) / 1e6, 150, "MB")


def _write_wav(path: Path, size: int) -> None:
    """A valid recording of that many bytes: 16-bit stereo silence with a click a second."""
    rate, channels = 48_000, 2
    head = b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt "
    head += (16).to_bytes(4, "little") + b"\1\0" + channels.to_bytes(2, "little")
    head += rate.to_bytes(4, "little") + (rate * 4).to_bytes(4, "little") + b"\4\0\x10\0"
    path.write_bytes(head + b"data" + size.to_bytes(4, "little") + bytes(size))


def _duplicates(folder: Path, clip: Path) -> Iterator[Row]:
    """Jobs that 50 equal requests with one Idempotency-Key make."""
    body, headers = multipart({}, {"portrait": PORTRAIT, "audio": clip})
    headers = {**headers, "Idempotency-Key": "one"}
    with serving(_api(folder, "duplicates"), "/livez", folder) as server:
        answers = together(CLIENTS, lambda _: server.call("POST", "/v1/videos", body, headers))
        jobs = server.json("GET", "/v1/videos?limit=100")["data"]
    wrong = [a for a in answers if a[0] not in {HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT}]
    if wrong:
        raise RuntimeError(f"unexpected answer: {wrong[0]}")
    yield at_most("service.jobs_of_50_duplicates", len(jobs), 1, "jobs")


def _overhead(folder: Path, clip: Path, times: int) -> Iterator[Row]:
    """From POST to `succeeded`, less what the command line takes for the same video."""
    body, headers = multipart({"seed": "1"}, {"portrait": PORTRAIT, "audio": clip})
    command = talkies("serve", "--port", "{port}", "--data-dir", str(folder / "serve"))
    alone, served = [], []
    with serving(command, "/readyz", folder) as server:
        yield at_most("service.ready", server.ready_seconds, 3, "s")
        for number in range(times):
            served.append(_make(server, body, headers))
            started = time.monotonic()
            subprocess.run(
                [
                    *talkies("render", str(PORTRAIT), str(clip), "--seed", "1", "--quiet"),
                    *("-o", str(folder / f"{number}.mp4"), "--score"),
                ],
                check=True,
            )
            alone.append(time.monotonic() - started)
    overhead = statistics.median(served) - statistics.median(alone)
    yield at_most("service.overhead_of_a_5_s_clip", overhead, 1, "s")
    yield reported("service.post_to_succeeded", statistics.median(served), "s")


def _make(server: Server, body: bytes, headers: dict[str, str]) -> float:
    started = time.monotonic()
    status, answer = server.call("POST", "/v1/videos", body, headers)
    if status != HTTPStatus.ACCEPTED:
        raise RuntimeError(f"{status} {answer[:500]!r}")
    path = f"/v1/videos/{json.loads(answer)['id']}"
    while True:
        job = server.json("GET", f"{path}?wait=30")
        if job["done"]:
            break
    if job["status"] != "succeeded":
        raise RuntimeError(f"{job}")
    return time.monotonic() - started


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
