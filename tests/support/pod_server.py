"""A pod with the seeds' SadTalker service, on loopback: it can be slow, lie, forget, hang and die.

In this process (`PodServer`), or in one of its own that can be killed (`pod_process`).
"""

import contextlib
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

#: What it gives where no file is named: no video, but bytes that can be told from others.
VIDEO = b"\x00\x00\x00\x18ftypisom" + b"pod" * 200


@dataclass
class Script:
    """How a pod behaves."""

    #: Seconds from a job's beginning to its end.
    seconds: float = 0.0
    #: `fail`, `hang` (never done), `unknown` (a state that nobody knows), `lost` (forgets its
    #: jobs), `empty` (an empty video), `cut` (half a video), `nonsense` (no JSON), `huge`,
    #: `refuse` (401), `broken` (500), `busy` (429), `away` (its link leads to another host).
    odd: str = ""
    #: The older path: it answers with the video.
    direct: bool = False
    key: str = ""
    token: str = ""
    #: The link of a finished job; `{id}` is its id.
    link: str = "/v1/jobs/{id}/download"
    video: bytes = VIDEO
    #: How many looks at a job are answered with 502 before it tells of one.
    broken_looks: int = 0
    #: Whether `/v1/jobs/{id}/download` is there.
    downloads: bool = True


@dataclass
class RemoteJob:
    """One job as the pod knows it."""

    id: str
    began: float
    form: bytes


@dataclass
class Seen:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class PodServer:
    """The server; `seen` has every request, `jobs` every job that was made."""

    script: Script = field(default_factory=Script)
    seen: list[Seen] = field(default_factory=list)
    jobs: dict[str, RemoteJob] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.leaving = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leaving.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, seen: Seen) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of what is answered."""
        path = seen.path.partition("?")[0]
        if path == "/healthz":
            return _json(200 if self.script.odd != "broken" else 500, {"status": "ok"})
        if path.startswith("/elsewhere"):
            return 200, {}, self.script.video
        return self._refused(seen) or (
            self._create(seen) if seen.method == "POST" else self._known(path)
        )

    def _known(self, path: str) -> tuple[int, dict[str, str], bytes]:
        found = re.fullmatch(r"/v1/jobs/([\w-]+)(/download)?", path)
        if found is None or found[1] not in self.jobs or self.script.odd == "lost":
            return _json(404, {"detail": "There is no such job."})
        if found[2]:
            return self._download()
        return self._odd_status() or _json(200, self._record(self.jobs[found[1]]))

    def _refused(self, seen: Seen) -> tuple[int, dict[str, str], bytes] | None:
        script = self.script
        token = f"Bearer {script.token}"
        given = seen.headers.get("authorization") == token or f"token={script.token}" in seen.path
        if script.token and not given:
            return _json(403, {"detail": "The proxy wants a token."})
        if script.odd == "refuse" or (script.key and seen.headers.get("x-api-key") != script.key):
            return 401, {}, b"Invalid or missing API key."
        known = {"broken": 500, "busy": 429}
        return _json(known[script.odd], {}) if script.odd in known else None

    def _create(self, seen: Seen) -> tuple[int, dict[str, str], bytes]:
        job = RemoteJob(f"job-{len(self.jobs)}", time.monotonic(), seen.body)
        self.jobs[job.id] = job
        if self.script.odd == "nonsense":
            return 200, {}, b"<html>Welcome</html>"
        if self.script.odd == "huge":
            return 200, {}, b'{"id": "' + b"x" * (2 << 20) + b'"}'
        if self.script.direct:
            self.leaving.wait(self.script.seconds)
            return _json(200, {"videoPath": self.script.link.format(id=job.id)})
        return _json(200, self._record(job))

    def _odd_status(self) -> tuple[int, dict[str, str], bytes] | None:
        if self.script.broken_looks > 0:
            self.script.broken_looks -= 1
            return _json(502, {})
        return None

    def _record(self, job: RemoteJob) -> dict[str, Any]:
        status, link = "running", None
        if time.monotonic() - job.began >= self.script.seconds:
            status, link = "succeeded", self.script.link.format(id=job.id)
        odd = {"fail": "failed", "hang": "running", "unknown": "meditating"}
        status = odd.get(self.script.odd, status)
        error = "Can't get the coeffs of the input" if status == "failed" else None
        return {
            "id": job.id,
            "status": status,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "download_url": link if status == "succeeded" else None,
            "storage": None,
            "error": error,
        }

    def _download(self) -> tuple[int, dict[str, str], bytes]:
        if not self.script.downloads:
            return _json(404, {"detail": "Not found"})
        if self.script.odd == "empty":
            return 200, {}, b""
        if self.script.odd == "cut":
            return 200, {"content-length": str(len(self.script.video))}, self.script.video[:100]
        return 200, {"content-type": "video/mp4"}, self.script.video


def _json(status: int, document: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return status, {"content-type": "application/json"}, json.dumps(document).encode()


def _handler(pod: PodServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):  # whoever asked may leave at any time
                super().handle()

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): text for name, text in self.headers.items()}
            seen = Seen(self.command, self.path, headers, self.rfile.read(length))
            pod.seen.append(seen)
            status, answered, body = pod.answer(seen)
            self.send_response(status)
            for name, text in {"content-length": str(len(body)), **answered}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@dataclass
class PodProcess:
    """A pod that can be killed."""

    url: str
    process: "subprocess.Popen[str]"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)


@contextlib.contextmanager
def pod_process(
    *, seconds: float = 0.0, video: Path | None = None, odd: str = ""
) -> Iterator[PodProcess]:
    """A pod in a process of its own, from its first word to the end of the block."""
    words = [sys.executable, __file__, str(seconds), odd, str(video or "")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield PodProcess(process.stdout.readline().strip(), process)
    finally:
        process.kill()
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()


def main(arguments: Sequence[str]) -> None:
    seconds, odd, video = arguments
    script = Script(seconds=float(seconds), odd=odd)
    if video:
        script.video = Path(video).read_bytes()
    with PodServer(script) as pod:
        sys.stdout.write(f"{pod.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
