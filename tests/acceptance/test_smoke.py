"""`talkies smoke` against a real deployment, and against what is none."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from service_process import clean_environment, running
from small_character import small_character

from talkies.studio.smoke.caller import Caller
from talkies.studio.smoke.characters import face_rig
from talkies.studio.smoke.state import State
from talkies.studio.smoke.trials import TRIALS, speech

#: What holds the things that people make.
LISTS = ("/v1/operations", "/v1/assets", "/v1/characters", "/v1/timelines", "/v1/webhooks")


def smoke(url: str, key: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "talkies", "smoke", "--url", url, "--key", key, *more]
    return subprocess.run(
        command, env=clean_environment(), capture_output=True, text=True, check=False
    )


def test_every_route_of_a_deployment_does_as_it_should(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    small_character(tmp_path / "characters" / "robin")
    settings = {"CHARACTERS_DIR": str(tmp_path / "characters")}
    with running("serve", "--port", "0", "--data-dir", folder, settings=settings) as service:
        done = smoke(service.url, str(service.said["key"]), "--json", "--seconds", "240")
        assert done.returncode == 0, done.stdout
        events = [json.loads(line) for line in done.stdout.splitlines()]
        groups = [event["group"] for event in events if event["event"] == "trial"]
        assert groups == [*TRIALS, "Every route"]
        assert events[-1]["failed"] == 0
        facts = {event["group"]: event["fact"] for event in events if event["event"] == "trial"}
        assert facts["Face rig"].endswith("sequences, a video")
        headers = {"X-API-Key": str(service.said["key"])}
        with httpx.Client(base_url=service.url, headers=headers, timeout=120) as client:
            assert [client.get(path).json()["data"] for path in LISTS] == [[]] * len(LISTS)
        wrong = smoke(service.url, "tk_wrong")
        assert wrong.returncode == 1
        assert "OK   Health" in wrong.stdout
        assert "answered 401, not 200" in wrong.stdout


def test_a_deployment_without_a_character_of_the_seeds_says_so(tmp_path: Path) -> None:
    # Of its own: whoever tests here may have characters where they are looked for by default.
    none = {"CHARACTERS_DIR": str(tmp_path / "characters")}
    where = ("--port", "0", "--data-dir", str(tmp_path / "data"))
    with (
        running("serve", *where, settings=none) as service,
        Caller(service.url, str(service.said["key"])) as caller,
    ):
        state = State(portrait=b"")
        speech(caller, state)
        fact = face_rig(caller, state)
    assert fact == "no character is there"


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
