"""The descendants of a process."""

import os
import subprocess
import sys
from pathlib import Path

from talkies.kit.families import descendants

#: Starts a process, says which, and ends when it is told to.
SCRIPT = """
import subprocess, sys
with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
    print(child.pid, flush=True)
    input()
"""


def test_a_process_has_its_descendants() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        grandchild = int(child.stdout.readline())
        found = descendants(os.getpid())
        assert {child.pid, grandchild} <= set(found)
        assert found.index(child.pid) < found.index(grandchild)
        assert not {os.getpid(), os.getppid()} & set(found)
        assert descendants(child.pid) == [grandchild]
        child.communicate("\n")
    assert not {child.pid, grandchild} & set(descendants(os.getpid()))


def test_a_name_may_hold_anything(tmp_path: Path) -> None:
    for pid, stat in ((7, "7 (a) b (c) S 1 7"), (8, "8 (x) S 7 8")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(stat)
    # One that has just gone.
    (tmp_path / "9").mkdir()
    assert descendants(1, tmp_path) == [7, 8]


def test_where_the_system_does_not_tell_there_are_none(tmp_path: Path) -> None:
    assert descendants(1, tmp_path) == []
