"""How a download is shown: on a terminal, in a log, and to a program."""

import json

import pytest

from talkies.cli.pull_progress import PlainLines, clock_time, far, retry_line, showing_pull
from talkies.weights.progress import PullEvent, PullProgress, PullRetry, PullStage

GB = 10**9
HALF = PullProgress(
    stage=PullStage.DOWNLOAD,
    path="single/infinitetalk.safetensors",
    done=2 * GB,
    total=4 * GB,
    rate=1e8,
    eta_seconds=20.0,
)
CUT = PullRetry(path="model.bin", reason="the address broke off its answer", seconds=1.25)


def test_lines_of_a_log_come_at_intervals_at_new_stages_and_at_the_end() -> None:
    written: list[str] = []
    now = [0.0]
    lines = PlainLines(written.append, lambda: now[0])
    end = PullProgress(stage=PullStage.DOWNLOAD, path="b", done=4 * GB, total=4 * GB)
    news: list[tuple[float, PullEvent]] = [
        (0, PullProgress(stage=PullStage.LIST, path="maker/model")),
        (1, HALF),
        (2, HALF),
        (12, HALF),
        (13, CUT),
        (14, end),
    ]
    for moment, event in news:
        now[0] = moment
        lines(event)
    about = "2.00 of 4.00 GB, 100 MB/s, 0:20 left"
    assert written == [
        "asking maker/model",
        f"downloading single/infinitetalk.safetensors {about}",
        f"downloading single/infinitetalk.safetensors {about}",
        "warning: model.bin: the address broke off its answer; again in 1.2 s",
        "downloading b 4.00 of 4.00 GB",
    ]


def test_json_lines_are_plain_values(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_pull(as_json=True, quiet=False) as listener:
        listener(HALF)
        listener(CUT)
        listener(PullProgress(stage=PullStage.WAIT))
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0] == {
        "event": "progress",
        "stage": "download",
        "progress": 0.5,
        "done": 2 * GB,
        "total": 4 * GB,
        "file": "single/infinitetalk.safetensors",
        "bytes_per_second": 10**8,
        "eta_seconds": 20.0,
    }
    assert events[1]["message"] == "model.bin: the address broke off its answer"
    assert (events[2]["progress"], events[2]["eta_seconds"]) == (0.0, None)


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_pull(as_json=False, quiet=True) as listener:
        listener(HALF)
        listener(CUT)
    assert capsys.readouterr() == ("", "")


def test_small_words() -> None:
    assert [clock_time(seconds) for seconds in (7, 750, 3723)] == ["0:07", "12:30", "1:02:03"]
    assert far(PullProgress(stage=PullStage.LIST)) == ""
    again = PullRetry(path="", reason="its content is not what it should be", seconds=0.0)
    assert retry_line(again).endswith("its content is not what it should be; again")
