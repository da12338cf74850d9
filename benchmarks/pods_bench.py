"""Videos made by pods on loopback: what the way there and back costs, and a pod that is killed.

python benchmarks/pods_bench.py      # these rows alone
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import wave
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpcore

from rows import Row, at_most, reported
from server import KEY, Server, serving, talkies
from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy
from talkies.net.resolver import SystemResolver
from talkies.pods.client import Client, Order
from talkies.pods.dispatch import Dispatcher, DispatchRules
from talkies.pods.pod import Contract, Pod
from talkies.pods.pool import Pool
from talkies.pods.relay import Note, RelayRules, Stop
from talkies.pods.sadtalker_client import SadTalkerClient
from talkies.pods.talkies_client import TalkiesClient
from talkies.pods.wire import Limits, Ways

ROOT = Path(__file__).parents[1]
PORTRAIT = ROOT / "examples/portrait.png"
POD_PROGRAM = ROOT / "tests/support/pod_server.py"
SENTENCE = "The quick brown fox jumps over the lazy dog, and nobody in the village is surprised."

#: Seconds that a pod of the seeds' kind renders in these rows.
RENDERS = 2.0

#: Seconds of the clip, and what the way there and back may cost beside the pod's own time.
CLIP_SECONDS = 5.0
OVERHEAD_MILLISECONDS = 300.0


class Watch:
    """Waits for a video; kills a pod when it has the job, where that is wanted."""

    def __init__(self, pods: dict[str, "subprocess.Popen[str]"] | None = None) -> None:
        self.stop = Stop()
        self.leaves = False
        self.killed_at = 0.0
        self._pods = pods or {}

    def progress(self, fraction: float) -> None: ...

    def noted(self, note: Note) -> None:
        if self._pods and not self.killed_at:
            self._pods[note.pod].kill()
            self.killed_at = time.monotonic()


def rows(*, quick: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="talkies-bench-") as name:
        folder = Path(name)
        order = _order(folder)
        yield from _seeds(folder, order, times=2 if quick else 5)
        yield from _ours(folder, order, times=1 if quick else 3)
        yield from _killed(folder, order)


def _order(folder: Path) -> Order:
    """Five seconds of speech and a portrait."""
    clip = folder / "clip.wav"
    speak = [*talkies("speak", SENTENCE, "-o", str(clip)), "--quiet"]
    subprocess.run(speak, check=True, stdout=subprocess.DEVNULL)
    _last(clip, CLIP_SECONDS)
    shutil.copy(PORTRAIT, folder / "portrait.png")
    return Order(
        key="bench",
        engine="portrait",
        portrait=folder / "portrait.png",
        sound=clip,
        seconds=CLIP_SECONDS,
    )


def _last(clip: Path, seconds: float) -> None:
    """Cut a recording, or let silence follow it, so that it lasts so long."""
    with wave.open(str(clip), "rb") as file:
        facts, sound = file.getparams(), file.readframes(file.getnframes())
    size = round(seconds * facts.framerate) * facts.nchannels * facts.sampwidth
    with wave.open(str(clip), "wb") as file:
        file.setparams(facts)
        file.writeframes(sound[:size].ljust(size, b"\0"))


def _seeds(folder: Path, order: Order, times: int) -> Iterator[Row]:
    """A pod of the seeds' kind, which renders for a fixed time."""
    over = []
    with ExitStack() as stack:
        url, _ = stack.enter_context(_pod(folder))
        for number in range(times):
            spent, _ = _brought(order, folder, number, _sender(_seeds_pod(url)))
            over.append((spent - RENDERS) * 1_000)
    yield at_most("pods.sadtalker_overhead", statistics.median(over), OVERHEAD_MILLISECONDS, "ms")


def _ours(folder: Path, order: Order, times: int) -> Iterator[Row]:
    """Our own service as the pod: beside what its own record says of the job."""
    over, sent, own = [], [], []
    command = talkies("serve", "--port", "{port}", "--data-dir", str(folder / "pod"))
    with serving(command, "/readyz", folder) as server:
        pod = Pod(name="own", url=f"http://127.0.0.1:{server.port}", api_key=KEY)
        for number in range(times + 1):
            spent, _ = _brought(order, folder, number, _sender(pod))
            record = _record(server, f"{order.key}-{number}")
            theirs = _moment(record["finished_at"]) - _moment(record["created_at"])
            if number:  # the first one waits for models
                over.append((spent - theirs) * 1_000)
                sent.append(theirs)
                own.append(record["metrics"]["seconds"]["render"])
    yield at_most("pods.talkies_overhead", statistics.median(over), OVERHEAD_MILLISECONDS, "ms")
    yield reported("pods.talkies_own_time", statistics.median(sent), "s")
    yield reported("pods.talkies_own_render", statistics.median(own), "s")


def _killed(folder: Path, order: Order) -> Iterator[Row]:
    """Three pods, one of which is killed at work: how much later the video comes, and how often."""
    with ExitStack() as stack:
        pods = [stack.enter_context(_pod(folder)) for _ in range(3)]
        listed = [_seeds_pod(url) for url, _ in pods]
        processes = {pod.name: process for pod, (_, process) in zip(listed, pods, strict=True)}
        watch = Watch(processes)
        spent, failures = _brought(order, folder, 99, _sender(*listed, lost_seconds=2.0), watch)
        living = [url for url, process in pods if process.poll() is None]
        made = sum(_jobs_on(url) for url in living)
    yield at_most("pods.killed_of_three_failures", float(failures), 1, "pods")
    yield at_most("pods.killed_of_three_videos", float(made), 1, "videos")
    yield reported("pods.killed_of_three_seconds", spent, "s")


@contextlib.contextmanager
def _pod(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    video = folder / "pod.mp4"
    video.write_bytes(b"\0" * 2_000_000)  # as large as five seconds of 720p
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests/support")}
    words = [sys.executable, str(POD_PROGRAM), f"{RENDERS}", "", str(video)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()


def _seeds_pod(url: str) -> Pod:
    name = url.partition("//")[2]
    return Pod(name=name, url=url, contract=Contract.SADTALKER, engines=("portrait",))


def _sender(*pods: Pod, lost_seconds: float = 20.0) -> Dispatcher:
    resolver = SystemResolver()
    policy = AddressPolicy()
    tls = httpcore.default_ssl_context()
    ways = Ways(resolver=resolver, tls=tls, links=lambda: GuardedClient(policy, resolver, tls=tls))

    def connect(pod: Pod) -> Client:
        kind = SadTalkerClient if pod.contract is Contract.SADTALKER else TalkiesClient
        return kind(pod, ways, Limits())

    pool = Pool()
    pool.replace(pods)
    return Dispatcher(pool, connect, DispatchRules(relay=RelayRules(lost_seconds=lost_seconds)))


def _brought(
    order: Order, folder: Path, number: int, sender: Dispatcher, watch: Watch | None = None
) -> tuple[float, int]:
    """Seconds until the video is there, and how many pods failed before."""
    asked = replace(order, key=f"{order.key}-{number}")
    began = time.monotonic()
    path = folder / f"{number}.mp4"
    brought = sender.render(asked, path, watch or Watch(), seconds=600)
    return time.monotonic() - began, len(brought.failures)


def _record(server: Server, key: str) -> dict[str, Any]:
    listed = server.json("GET", "/v1/videos")["data"]
    video = next(one for one in listed if one["metadata"] == {"talkies_order": key})
    record: dict[str, Any] = server.json("GET", f"/v1/videos/{video['id']}")
    return record


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _jobs_on(url: str) -> int:
    count = 0
    while True:
        try:
            urllib.request.urlopen(f"{url}/v1/jobs/job-{count}").close()  # noqa: S310 - ours
        except urllib.error.HTTPError:
            return count
        count += 1


if __name__ == "__main__":
    for row in rows(quick=False):
        print(row)
