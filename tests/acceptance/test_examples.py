"""Every script of the examples does against a real server what it says."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served, running
from standardwebhooks import Webhook

from talkies.media.video import probe

EXAMPLES = Path(__file__).parents[2] / "examples"

#: How each language's scripts are run: its name, the command, and their ending.
LANGUAGES = {
    "curl": (("bash",), "sh"),
    "python": ((sys.executable,), "py"),
    "typescript": (("node",), "mjs"),
}

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of this test alone
BODY = b'{"type":"job.succeeded","data":{"job":{"id":"vid_1"}}}\n'


def script(language: str, name: str) -> list[str]:
    command, ending = LANGUAGES[language]
    assert shutil.which(command[0]), f"the examples need {command[0]}, which is not installed"
    return [*command, str(EXAMPLES / language / f"{name}.{ending}")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with running(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stranger_makes_a_video_with_the_script(
    server: Served, tmp_path: Path, language: str
) -> None:
    output = tmp_path / "talk.mp4"
    made = subprocess.run(
        [*script(language, "make_video"), EXAMPLES / "portrait.png", "Hi.", output],
        env={**os.environ, "TALKIES_URL": server.url, "TALKIES_KEY": server.key},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.strip() == str(output)
    assert probe(output).width >= 480


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_script_says_what_is_wrong(server: Served, tmp_path: Path, language: str) -> None:
    failed = subprocess.run(
        [*script(language, "make_video"), EXAMPLES / "speech.txt", "Hi.", tmp_path / "x.mp4"],
        env={**os.environ, "TALKIES_URL": server.url, "TALKIES_KEY": server.key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert failed.returncode != 0
    assert "UNSUPPORTED_MEDIA" in failed.stdout + failed.stderr
    assert not (tmp_path / "x.mp4").exists()


def verified(language: str, body: bytes, *, age: int = 0, more: str = "") -> str:
    from datetime import UTC, datetime

    at = int(time.time()) - age
    signature = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(at, UTC), BODY.decode())
    said = subprocess.run(
        [*script(language, "verify_webhook"), "msg_1", str(at), f"{more}{signature}"],
        env={**os.environ, "TALKIES_WEBHOOK_SECRET": SECRET},
        input=body,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (said.returncode == 0) == (said.stdout == b"verified\n")
    return said.stdout.decode().strip() or said.stderr.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_script_knows_our_signature_from_a_forged_one(language: str) -> None:
    assert verified(language, BODY) == "verified"
    assert verified(language, BODY, more="v1,bm90IG91cnM= ") == "verified"
    assert "wrong" in verified(language, BODY.replace(b"vid_1", b"vid_2"))
    assert "wrong" in verified(language, BODY.rstrip())
    assert "old" in verified(language, BODY, age=3_600)
