"""What a person sees: these tests give the command a terminal of its own."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

SHOW = """
import time
from talkies.cli.progress import showing
from talkies.studio.progress import Progress, Stage, Warned
with showing(as_json=False, quiet=False) as listener:
    for done in range(11):
        listener(Progress(stage=Stage.RENDER, fraction=done / 10, done=done, total=10,
                          units_per_second=25.0, eta_seconds=(10 - done) * 6.0))
        time.sleep(0.3 if done == 0 else 0)  # the bar is painted ten times a second
    listener(Warned(message="The file [red]a[/red] is small."))
print("talk.mp4")
"""

PULL = """
import time
from talkies.cli.pull_progress import showing_pull
from talkies.weights.progress import PullProgress, PullRetry, PullStage
name = "quant_models/infinitetalk_fp8.safetensors"
with showing_pull(as_json=False, quiet=False) as listener:
    for done in range(5):
        listener(PullProgress(stage=PullStage.DOWNLOAD, path=name, done=done * 10**9,
                              total=4 * 10**9, rate=1e8, eta_seconds=(4 - done) * 10))
        time.sleep(0.3 if done == 2 else 0)  # the bar is painted ten times a second
    listener(PullRetry(path="a[b].bin", reason="the server answered 503", seconds=1.5))
print("/data/weights/infinitetalk")
"""


def shown(script: str, *, columns: int = 80, **environment: str) -> tuple[str, str]:
    """What comes out on a terminal of so many columns, and what on standard output."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    running = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color", **environment},
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            some = os.read(leader, 65_536)
        except OSError:  # Linux's word for the end of a terminal
            break
        if not some:
            break
        seen += some
    os.close(leader)
    out, _ = running.communicate()
    assert running.returncode == 0, seen
    return seen.decode(), out


def plain(seen: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)


def test_a_bar_shows_stage_share_speed_and_time_left() -> None:
    seen, out = shown(SHOW)
    text = plain(seen)
    assert "rendering" in text
    assert "0%" in text
    assert "25 frames/s, 1:00 left" in text
    assert out == "talk.mp4\n"


def test_a_narrow_terminal_keeps_the_numbers() -> None:
    seen, _ = shown(SHOW, columns=48)
    assert "0% 25 frames/s, 1:00 left" in plain(seen)
    assert "━" not in seen


def test_names_in_brackets_are_no_markup() -> None:
    seen, _ = shown(SHOW)
    assert "The file [red]a[/red] is small." in plain(seen)


def test_the_bar_goes_when_the_work_is_done() -> None:
    seen, _ = shown(SHOW)
    assert plain(seen.rsplit("\x1b[2K", 1)[-1]).strip() == ""


def test_errors_are_painted_on_a_terminal_that_wants_it(tmp_path: Path) -> None:
    script = f"from talkies.cli.main import run; run(['align', '{tmp_path}/none.wav'])"
    assert "\x1b[31;1merror:\x1b[0m" in shown(script)[0]
    assert "\x1b" not in shown(script, NO_COLOR="1")[0]
    assert "\x1b" not in shown(script, TERM="dumb")[0]


@pytest.mark.parametrize("columns", [120, 80, 60])
def test_a_download_shows_its_file_bytes_rate_and_time_left(columns: int) -> None:
    seen, out = shown(PULL, columns=columns)
    text = plain(seen)
    assert "downloading" in text
    assert "2.00 of 4.00 GB, 100 MB/s, 0:20 left" in text
    assert ("━" in text) == (columns >= 80)
    assert ("…ls/infinitetalk_fp8.safetensors" in text) == (columns >= 120)
    assert "warning: a[b].bin: the server answered 503; again in" in text
    assert out == "/data/weights/infinitetalk\n"


COUNT = """
import time
from talkies.cli.counting import counting
with counting({"decode": "decoding"}, as_json=False, quiet=False) as listener:
    for done in range(5):
        listener("decode", done, 4)
        time.sleep(0.3 if done == 2 else 0)  # the bar is painted ten times a second
print("/characters/robin")
"""


@pytest.mark.parametrize("columns", [80, 48])
def test_counted_work_shows_how_many_are_done(columns: int) -> None:
    seen, out = shown(COUNT, columns=columns)
    assert "decoding" in plain(seen)
    assert "2 of 4" in plain(seen)
    assert ("━" in seen) == (columns > 64)
    assert out == "/characters/robin\n"
