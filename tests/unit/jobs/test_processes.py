import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from job_room import until

from talkies.jobs.processes import Identity, is_gone, own_identity, started_at

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


def identity(pid: int) -> Identity:
    return replace(own_identity(), pid=pid, started=started_at(pid) or -1)


def test_a_process_knows_itself() -> None:
    own = own_identity()
    assert own.pid == os.getpid()
    assert own.host
    assert own.namespace
    # In clock ticks since boot, so not in the future.
    assert 0 < own.started <= time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")
    assert not is_gone(own, own)


def test_a_process_that_was_killed_is_gone_though_nobody_waited_for_it() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        known = identity(process.pid)
        assert not is_gone(known, own_identity())
        process.kill()
        until(lambda: is_gone(known, own_identity()))
    assert is_gone(known, own_identity())


def test_a_later_process_with_its_number_is_another() -> None:
    own = own_identity()
    assert is_gone(replace(own, started=own.started - 1), own)


def test_what_cannot_be_seen_from_here_is_not_judged(tmp_path: Path) -> None:
    own = own_identity()
    dead = replace(own, pid=2**22 + 1, started=5)
    assert is_gone(dead, own)
    assert not is_gone(replace(dead, namespace="another machine"), own)
    # Where the system tells no namespace, all processes would seem to share one.
    nowhere = own_identity(tmp_path)
    assert nowhere.namespace == ""
    assert not is_gone(replace(dead, namespace=""), nowhere)


def test_a_stopped_process_is_alive() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        os.kill(process.pid, 19)
        known = identity(process.pid)
        stat = Path(f"/proc/{process.pid}/stat")
        until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
        assert not is_gone(known, own_identity())
        process.kill()
