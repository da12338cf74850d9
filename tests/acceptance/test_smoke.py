"""`talkies smoke` against a real deployment, and against what is none."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from service_process import clean_environment, running

from talkies.studio.smoke.trials import TRIALS


def smoke(url: str, key: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "talkies", "smoke", "--url", url, "--key", key, *more]
    return subprocess.run(
        command, env=clean_environment(), capture_output=True, text=True, check=False
    )


def test_every_route_of_a_deployment_does_as_it_should(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    with running("serve", "--port", "0", "--data-dir", folder) as service:
        done = smoke(service.url, str(service.said["key"]), "--json", "--seconds", "240")
        assert done.returncode == 0, done.stdout
        events = [json.loads(line) for line in done.stdout.splitlines()]
        groups = [event["group"] for event in events if event["event"] == "trial"]
        assert groups == [*TRIALS, "Every route"]
        assert events[-1]["failed"] == 0
        wrong = smoke(service.url, "tk_wrong")
        assert wrong.returncode == 1
        assert "OK   Health" in wrong.stdout
        assert "answered 401, not 200" in wrong.stdout


def test_where_nobody_answers_one_line_says_so() -> None:
    done = smoke("http://127.0.0.1:9", "tk_any")
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert "was not answered" in line


class Liar(BaseHTTPRequestHandler):
    """Answers everything with an empty object."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def liar() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_an_answer_of_another_shape_is_a_failure() -> None:
    with liar() as url:
        done = smoke(url, "tk_any")
    assert done.returncode == 1
    assert "the answer is not as it should be" in done.stdout
