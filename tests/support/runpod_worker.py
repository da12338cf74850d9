"""`python -m talkies.serverless` as its own process: under the SDK's test server, and at work."""

import base64
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from ports import free_port
from runpod_endpoint import Platform
from service_process import clean_environment

#: Seconds until a worker answers, or has made a short video, on a machine that does much else.
PATIENCE = 120.0

FIXTURES = Path(__file__).parents[1] / "fixtures"

#: A voice without a model to load.
QUICK_VOICE = "espeak:en-us"

#: Little work, through every step.
SMALL = {
    "text": "We move both maps.",
    "score": False,
    "output": {"resolution": "480p"},
}


def data_uri(path: Path, content_type: str) -> str:
    return f"data:{content_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


def portrait() -> str:
    return data_uri(FIXTURES / "portrait.png", "image/png")


@dataclass(frozen=True)
class Worker:
    """A worker that runs."""

    process: "subprocess.Popen[bytes]"
    log_file: Path
    #: Of the SDK's test server; empty for a worker of a platform.
    url: str = ""

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def runsync(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the SDK's test server answers to a request, once it is done."""
        answer = httpx.post(f"{self.url}/runsync", json={"input": given}, timeout=PATIENCE)
        assert answer.status_code == httpx.codes.OK, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def served(settings: Mapping[str, str] | None = None) -> Iterator[Worker]:
    """A worker under the SDK's own test server; killed when the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ("--rp_serve_api", "--rp_api_host", "127.0.0.1", "--rp_api_port", str(port))
    with _started(arguments, settings or {}, url) as worker:
        _await(worker)
        yield worker


@contextlib.contextmanager
def at_work(endpoint: Platform, settings: Mapping[str, str] | None = None) -> Iterator[Worker]:
    """A worker of an endpoint; what waits for the endpoint's jobs hears when it dies."""
    with _started((), {**endpoint.worker_environment(), **(settings or {})}, "") as worker:
        endpoint.worker_lives = lambda: worker.process.poll() is None
        yield worker


@contextlib.contextmanager
def _started(arguments: tuple[str, ...], settings: Mapping[str, str], url: str) -> Iterator[Worker]:
    with tempfile.TemporaryDirectory(prefix="worker-") as folder:
        log = Path(folder, "log")
        environment = {
            **clean_environment(),
            "HOME": folder,
            "OMP_NUM_THREADS": "1",
            "SCRATCH_DIR": f"{folder}/scratch",
            **settings,
        }
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "talkies.serverless", *arguments],
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )
        worker = Worker(process, log, url)
        try:
            yield worker
        finally:
            if "COVERAGE_PROCESS_CONFIG" in os.environ and process.poll() is None:
                # What it ran is written down when it ends by itself.
                worker.stop()
            # Its heartbeat is a process of its own, which outlives it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


def _await(worker: Worker) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and worker.process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{worker.url}/openapi.json", timeout=5).raise_for_status()
            return
        time.sleep(0.1)
    raise AssertionError(worker.log[-3000:])
