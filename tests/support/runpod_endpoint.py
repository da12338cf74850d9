"""A stand-in of RunPod Serverless: the API of an endpoint, and the one its workers speak.

Made after docs.runpod.io (operation reference, policies) and the SDK's requests. Flaws of the
original are kept: word of progress that comes after the end opens a job again (runpod-python#250).
"""

import contextlib
import json
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

KEY = "rpa_A-KEY-FOR-TESTS"
ENDPOINT = "ep4711"
POD = "pod1"

#: What `/run` takes, in bytes.
RUN_BYTES = 10_000_000

#: Seconds for which a worker's request for work stays open.
POLL_SECONDS = 1.0

#: What the SDK asks, with the platform's own addresses.
OF_WORKERS = frozenset({"job-take", "job-stop", "job-done", "ping"})

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"})


@dataclass
class Held:
    """One job of the endpoint."""

    id: str
    input: Any = field(repr=False)
    policy: dict[str, Any]
    status: str = "IN_QUEUE"
    output: Any = field(default=None, repr=False)
    error: str | None = None
    taken_at: float = 0.0
    made_at: float = field(default_factory=time.monotonic)
    #: Everything that was told of it, in order: progress documents, then "done".
    told: list[Any] = field(default_factory=list)
    stop_pod: bool = False

    def shown(self) -> dict[str, Any]:
        record: dict[str, Any] = {"id": self.id, "status": self.status}
        if self.output is not None:
            record["output"] = self.output
        if self.error is not None:
            record["error"] = self.error
        if self.taken_at:
            record["delayTime"] = round((self.taken_at - self.made_at) * 1000)
        return record


class Platform:
    """One endpoint, its queue, and its faults."""

    def __init__(self) -> None:
        self.jobs: dict[str, Held] = {}
        self.requests: Counter[str] = Counter()
        #: Statuses to answer clients with before the real answers, by operation.
        self.faults: dict[str, list[int]] = {}
        #: Operations that answer with a page in place of JSON, as proxies do.
        self.garbled: set[str] = set()
        #: Statuses of jobs to show in place of the real ones, by job; the last one stays.
        self.shown_as: dict[str, list[str]] = {}
        #: Whether anybody is there to do the work.
        self.worker_lives: Callable[[], bool] = lambda: True
        self.pings = 0
        self._stops: list[str] = []
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"platform": self}))
        self._server.daemon_threads = True
        self._open = True

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """As `https://api.runpod.ai/v2`."""
        return f"{self.root}/v2"

    def worker_environment(self) -> dict[str, str]:
        """What the platform puts into the environment of a worker."""
        own = f"{self.url}/{ENDPOINT}"
        return {
            "RUNPOD_WEBHOOK_GET_JOB": f"{own}/job-take/$ID?gpu=none",
            "RUNPOD_WEBHOOK_POST_OUTPUT": f"{own}/job-done/$RUNPOD_POD_ID/$ID?gpu=none",
            "RUNPOD_WEBHOOK_PING": f"{own}/ping/$RUNPOD_POD_ID",
            "RUNPOD_PING_INTERVAL": "1000",
            "RUNPOD_AI_API_KEY": "a worker's own key",
            "RUNPOD_POD_ID": POD,
            "RUNPOD_ENDPOINT_ID": ENDPOINT,
            # They look for a name server of the internet.
            "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
        }

    def run(self, given: dict[str, Any]) -> Held:
        held = Held(f"{uuid.uuid4()}-e1", given["input"], given.get("policy") or {})
        with self._changed:
            self.jobs[held.id] = held
            self._changed.notify_all()
        return held

    def until(self, job_id: str, *statuses: str, seconds: float = 120) -> Held:
        """The job once it has one of the statuses."""
        held = self.jobs[job_id]
        self._await(lambda: held.status in statuses, seconds, held)
        return held

    def until_told(self, job_id: str, seconds: float = 60) -> Any:
        """The first word of progress."""
        held = self.jobs[job_id]
        self._await(lambda: bool(held.told), seconds, held)
        return held.told[0]

    def until_asked(self, operation: str, times: int) -> None:
        """Wait for so many requests of one kind."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.requests[operation] >= times, 30), times

    def asked(self, operation: str) -> None:
        with self._changed:
            self.requests[operation] += 1
            self._changed.notify_all()

    def _await(self, reached: Callable[[], bool], seconds: float, held: Held) -> None:
        end = time.monotonic() + seconds
        with self._changed:
            while not self._changed.wait_for(reached, 0.5):
                assert time.monotonic() < end, held
                assert self.worker_lives(), held

    def cancel(self, job_id: str, status: str = "CANCELLED") -> Held:
        held = self.jobs[job_id]
        with self._changed:
            if held.status == "IN_PROGRESS":
                self._stops.append(job_id)
            if held.status not in ENDED:
                held.status = status
            self._changed.notify_all()
        return held

    def take(self) -> Held | None:
        """The next job for a worker; waits a while for one."""
        with self._changed:
            self._changed.wait_for(lambda: self._next() is not None, POLL_SECONDS)
            held = self._next()
            if held is not None:
                held.status, held.taken_at = "IN_PROGRESS", time.monotonic()
                self._limit(held)
                self._changed.notify_all()
        return held

    def stops(self) -> list[str]:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._stops), POLL_SECONDS)
            found, self._stops = self._stops, []
        return found

    def done(self, job_id: str, told: dict[str, Any]) -> None:
        """A worker tells how far a job is, or what came of it."""
        with self._changed:
            held = self.jobs[job_id]
            if told.get("status") == "IN_PROGRESS":
                held.told.append(told["output"])
                if held.status not in {"CANCELLED", "TIMED_OUT"}:
                    held.status, held.output = "IN_PROGRESS", told["output"]
            else:
                held.told.append("done")
                held.stop_pod = bool(told.get("stopPod"))
                held.output, held.error = told.get("output"), told.get("error")
                held.status = "FAILED" if held.error else "COMPLETED"
            self._changed.notify_all()

    def health(self) -> dict[str, Any]:
        counted = Counter(held.status for held in self.jobs.values())
        return {
            "jobs": {
                "completed": counted["COMPLETED"],
                "failed": counted["FAILED"],
                "inProgress": counted["IN_PROGRESS"],
                "inQueue": counted["IN_QUEUE"],
                "retried": 0,
            },
            "workers": {"idle": 1, "initializing": 0, "running": 0, "throttled": 0},
        }

    def _next(self) -> Held | None:
        return next((held for held in self.jobs.values() if held.status == "IN_QUEUE"), None)

    def _limit(self, held: Held) -> None:
        milliseconds = held.policy.get("executionTimeout")
        if milliseconds is not None:
            timer = threading.Timer(milliseconds / 1000, lambda: self.cancel(held.id, "TIMED_OUT"))
            timer.daemon = True
            timer.start()

    def serve(self) -> None:
        self._server.serve_forever(0.05)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def platform() -> Iterator[Platform]:
    """An endpoint without workers, until the block ends."""
    made = Platform()
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of workers that were killed in the middle of a word."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    platform: ClassVar[Platform]

    def do_GET(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._route()

    def _route(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        _, version, endpoint, operation, *rest = urlsplit(self.path).path.split("/")
        self.platform.asked(operation)
        if version != "v2" or endpoint != ENDPOINT:
            self._answer(404, {"error": "endpoint not found"})
        elif operation in OF_WORKERS:
            self._answer(200, self._of_worker(operation, rest, body))
        elif self.headers.get("Authorization") != f"Bearer {KEY}":
            self._answer(401, {})
        elif operation in self.platform.garbled:
            self._write(200, b"<html>Sorry.</html>")
        elif self.platform.faults.get(operation):
            self._answer(self.platform.faults[operation].pop(0), {"error": "planted"})
        elif operation == "run" and len(body) > RUN_BYTES:
            self._answer(400, {"error": "request body too large"})
        else:
            shown = self._of_client(operation, rest, body)
            self._answer(200 if shown else 404, shown or {"error": "job not found"})

    def _of_client(self, operation: str, rest: list[str], body: bytes) -> dict[str, Any] | None:
        if operation == "health":
            return self.platform.health()
        if operation == "run":
            held = self.platform.run(json.loads(body))
            return {"id": held.id, "status": held.status}
        if not rest or rest[0] not in self.platform.jobs:
            return None
        if operation == "cancel":
            self.platform.cancel(rest[0])
        shown, names = self.platform.jobs[rest[0]].shown(), self.platform.shown_as.get(rest[0])
        if names:
            shown["status"] = names.pop(0) if len(names) > 1 else names[0]
        return shown

    def _of_worker(self, operation: str, rest: list[str], body: bytes) -> dict[str, Any] | None:
        if operation == "job-take":
            held = self.platform.take()
            return {"id": held.id, "input": held.input} if held else None
        if operation == "job-stop":
            stops = self.platform.stops()
            return {"jobsToStop": stops} if stops else None
        if operation == "job-done":
            self.platform.done(rest[1], json.loads(body))
        else:
            self.platform.pings += 1
        return {}

    def _answer(self, status: int, document: dict[str, Any] | None) -> None:
        if document is None:
            self.send_response(204)
            self.end_headers()
        else:
            self._write(status, json.dumps(document).encode())

    def _write(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
