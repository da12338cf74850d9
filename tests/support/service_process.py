"""The service as its users run it: processes of the command, and a client of the standard kind."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

#: Seconds until a process is ready on a machine that does much else.
PATIENCE = 120.0

#: Seconds until a short video is made there.
MAKING = 240.0


@dataclass(frozen=True)
class Running:
    """One process of the service that said it is ready."""

    process: "subprocess.Popen[str]"
    #: What it said: `url`, `sign_in` and `key`, or `executor_id`.
    said: Mapping[str, Any]

    @property
    def url(self) -> str:
        return str(self.said["url"])

    def stop(self) -> int:
        """Ask it to end in good order; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


@contextlib.contextmanager
def running(
    command: str, *arguments: str, settings: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """`talkies COMMAND … --json` from its first word to its end; killed when the block ends."""
    words = [sys.executable, "-m", "talkies", command, *arguments, "--json"]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**clean_environment(), **(settings or {})},
        )
        try:
            yield Running(process, _ready(process, log))
        finally:
            process.kill()
            process.wait(PATIENCE)
            if process.stdout is not None:
                process.stdout.close()


def clean_environment() -> dict[str, str]:
    """This process's own, without what might be a setting."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "COVERAGE_PROCESS_CONFIG")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _ready(process: "subprocess.Popen[str]", log: Any) -> Mapping[str, Any]:
    assert process.stdout is not None
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if select.select([process.stdout], [], [], 0.2)[0]:
            line = process.stdout.readline()
            if line:
                event: Mapping[str, Any] = json.loads(line)
                assert event["event"] == "ready", event
                return event
    log.seek(0)
    raise AssertionError(f"not ready (status {process.poll()}): {log.read()[-3000:]}")


class Client:
    """Asks one server with one key."""

    def __init__(self, url: str, key: str) -> None:
        self.http = httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def create(self, files: Mapping[str, Path], **fields: str) -> dict[str, Any]:
        """Create a video; the record of its job."""
        parts = {name: (path.name, path.read_bytes()) for name, path in files.items()}
        answer = self.http.post("/v1/videos", data=fields, files=parts)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        record: dict[str, Any] = answer.json()
        return record

    def get(self, job_id: str, wait: int = 0) -> dict[str, Any]:
        answer = self.http.get(f"/v1/videos/{job_id}", params={"wait": wait} if wait else None)
        assert answer.status_code == httpx.codes.OK, answer.text
        record: dict[str, Any] = answer.json()
        return record

    def finished(self, job_id: str) -> dict[str, Any]:
        """The record once the job has ended, well or not."""
        end = time.monotonic() + MAKING
        while time.monotonic() < end:
            record = self.get(job_id, wait=10)
            if record["done"]:
                return record
        raise AssertionError(f"not finished: {record}")

    def until(self, job_id: str, stage: str) -> dict[str, Any]:
        """The record once the job is in that stage."""
        end = time.monotonic() + MAKING
        while time.monotonic() < end:
            record = self.get(job_id)
            if record["stage"] == stage or record["done"]:
                return record
            time.sleep(0.05)
        raise AssertionError(f"never in {stage}: {record}")
