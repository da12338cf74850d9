from pathlib import Path

import talkies
from talkies.engines.commands.log import MOST_LINES, Log

VALUES = {
    "scratch": "/data/jobs/1/run0",
    "weights": "/data/jobs",
    "python": "/data/env/bin/python",
    "repository": "",
}


def test_our_folders_are_called_by_their_names_the_inner_ones_first() -> None:
    log = Log(VALUES)
    assert (
        log.add("open /data/jobs/1/run0/x and /data/jobs/y") == "open {scratch}/x and {weights}/y"
    )
    log.add("exec /data/env/bin/python")
    assert log.lines == ("open {scratch}/x and {weights}/y", "exec {python}")


def test_paths_of_the_server_are_not_shown() -> None:
    log = Log(VALUES)
    host = Path(talkies.__file__).parent / "engines/hosts/host.py"
    assert log.add(f'File "{host}", line 1') == 'File "{talkies}/engines/hosts/host.py", line 1'
    assert log.add(f"File {Path.home()}/.pyenv/lib/runpy.py") == "File ~/.pyenv/lib/runpy.py"


def test_a_bar_takes_one_line_however_often_it_is_drawn() -> None:
    log = Log(VALUES)
    for line in (
        *("begin", " 50%|## | 1/2 [00:01<00:01]", "100%|##| 2/2 [00:02<00:00]", "next"),
        *("0it [00:00, ?it/s]", "7it [00:01, 7.0it/s]", "end"),
    ):
        log.add(line)
    assert log.lines == (
        "begin",
        "100%|##| 2/2 [00:02<00:00]",
        "next",
        "7it [00:01, 7.0it/s]",
        "end",
    )


def test_the_end_is_kept() -> None:
    log = Log(VALUES)
    for number in range(MOST_LINES + 5):
        log.add(str(number))
    assert len(log.lines) == MOST_LINES
    assert log.lines[0] == "5"
