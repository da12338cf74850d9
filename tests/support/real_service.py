"""The real service for a storm: `talkies serve`, `api` and `worker` that render portraits."""

import json
import sys
import threading
import urllib.request
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

PORTRAIT = Path(__file__).parents[1] / "fixtures/portrait.png"
KEY = "tk_a-key-for-a-storm-0123456789-0123456789-01"

#: What every job asks for beside its portrait: little work, through every step.
FIELDS = {
    "text": "We move both maps.",
    "score": "false",
    "output": json.dumps({"resolution": "480p"}),
}


class RealService:
    """A storm's `App`; a context manager around the receiver of its webhooks."""

    def __init__(self, *, lease_seconds: float = 3.0) -> None:
        self._lease = lease_seconds
        #: (webhook-id, job, event) of everything that arrived.
        self._got: list[tuple[str, str, str]] = []
        self._receiver = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    def __enter__(self) -> Self:
        threading.Thread(target=self._receiver.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._receiver.shutdown()
        self._receiver.server_close()

    @property
    def _address(self) -> str:
        return f"127.0.0.1:{self._receiver.server_address[1]}"

    def command(self, role: str, database: str, data: Path, port: int) -> Sequence[str]:
        settings = {
            "API_KEYS": KEY,
            "SECRET_KEY": "one-and-the-same-in-every-process-0123456789",
            "LEASE_SECONDS": self._lease,
            "DRAIN_SECONDS": 1,
            "RATE_LIMIT_PER_KEY": 0,
            "ALLOWED_FETCH_SCHEMES": "https,http",
            "ALLOWED_ADDRESSES": self._address,
            "DATABASE_URL": database,
            "DATA_DIR": data,
        }
        given = [f"{name}={value}" for name, value in settings.items()]
        listening = [] if role == "worker" else ["--port", str(port)]
        return ["env", *given, sys.executable, "-m", "talkies", role, *listening, "--json"]

    def submit(self, port: int, name: str) -> str:
        fields = FIELDS | {"webhook_url": f"http://{self._address}/hook"}
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="portrait"; '
            'filename="p.png"\r\n\r\n'
        )
        body = "".join([*parts, head]).encode() + PORTRAIT.read_bytes()
        headers = {
            "Idempotency-Key": name,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        request = self._request(port, "/v1/videos", headers)
        request.data = body + f"\r\n--{boundary}--\r\n".encode()
        return str(_answer(request)["id"])

    def status(self, port: int, job_id: str) -> str:
        return str(_answer(self._request(port, f"/v1/videos/{job_id}", {}))["status"])

    def findings(self, data: Path, accepted: Sequence[str]) -> Mapping[str, int]:
        videos = Counter(path.stem for path in (data / "storage/videos").glob("*.mp4"))
        ids = {(id_, job, event) for id_, job, event in self._got}
        ended = Counter(job for _, job, event in ids if event == "job.succeeded")
        return {
            "wrong_objects": len(set(videos) ^ set(accepted)),
            "wrong_webhooks": sum(ended[job_id] != 1 for job_id in accepted),
            "artifacts_left": len(list((data / "storage").glob("scratch/*/*"))),
        }

    def _request(self, port: int, path: str, headers: dict[str, str]) -> urllib.request.Request:
        url = f"http://127.0.0.1:{port}{path}"
        return urllib.request.Request(url, headers={"X-API-Key": KEY, **headers})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        got = self._got

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                got.append((self.headers["webhook-id"], body["data"]["job"]["id"], body["type"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Receiver


def _answer(request: urllib.request.Request) -> Any:
    with urllib.request.urlopen(request, timeout=40) as answer:  # noqa: S310  our own address
        return json.load(answer)
