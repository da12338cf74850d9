import contextlib
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from talkies.telemetry.context import bound
from talkies.telemetry.tracing import Untraced, tracing

SECRET = "Zx9k3LmQp7vR2tYw8uBn"  # noqa: S105


class Collector(http.server.ThreadingHTTPServer):
    """Takes what is sent to it, as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.bodies: list[bytes] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Receiver(http.server.BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_without_an_address_nothing_is_traced() -> None:
    silent = tracing(None, "1")
    assert isinstance(silent, Untraced)
    with silent.span("GET /v1/videos") as span:
        span.note({"status": 200})
    silent.close()


def test_without_an_address_the_library_is_not_loaded() -> None:
    code = (
        "import sys; from talkies.telemetry.tracing import tracing; tracing(None, '1'); "
        "print('opentelemetry' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_without_the_extra_an_address_is_refused_with_what_installs_it() -> None:
    code = (
        "import sys\n"
        "sys.modules['opentelemetry'] = None\n"
        "from talkies.errors import MissingDependency\n"
        "from talkies.telemetry.tracing import tracing\n"
        "try:\n    tracing('http://127.0.0.1:9', '1')\n"
        "except MissingDependency as error:\n    print(error.hint)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "talkies[telemetry]" in said.stdout


def test_spans_are_sent_with_their_ids_and_without_secrets(collector: Collector) -> None:
    tracer = tracing(collector.address, "1.2.3")
    link = f"https://a.example/b?sig={SECRET}"
    with (
        bound(request_id="req_1"),
        contextlib.suppress(ValueError),
        tracer.span("GET /v1/videos/{id}", {"link": link}) as span,
    ):
        span.note({"status": 500})
        raise ValueError(SECRET)
    tracer.close()
    sent = b"".join(collector.bodies)
    assert b"GET /v1/videos/{id}" in sent
    assert b"req_1" in sent
    assert b"ValueError" in sent
    assert b"1.2.3" in sent
    assert SECRET.encode() not in sent
