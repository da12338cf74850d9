"""The program that stands between us and a foreign one, and outlives neither.

`python -IB -m talkies.kit.supervisor LIFE REPORT`, started by `kit.supervised`; standard library
only. LIFE is the reading end of a pipe whose writing end nobody but our process
holds. It begins with a length and a JSON object: `argv`, `cwd`, `environment` and `grace`, the
seconds between the polite end and the other. When that pipe ends, we are gone or want the program
to end. REPORT gets one line when the program has started, or could not, and one with its exit
status.

On Linux every process that the program left behind becomes a child of this one (a "subreaper"),
also one that made a session of its own: they all end before this program does, which is what frees
a GPU's memory. Elsewhere the program's process group is ended.
"""

import contextlib
import ctypes
import errno
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from talkies.kit.families import descendants

#: prctl options of <linux/prctl.h>.
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

#: How likely the system is to choose the program when memory is full (0 to 1000): it is the
#: program that is large, and a database or a worker beside it should live.
OUT_OF_MEMORY_SCORE = "500"

#: Seconds after which processes that cannot be killed (another user's) are left.
LAST_SECONDS = 10.0

#: Exit status of a program that could not be started.
NOT_STARTED = 127

LINUX = sys.platform == "linux"


def main(life: int, report: int) -> None:
    """Run the program that `life` begins with, and end it with all it started."""
    order = _order(life)
    for descriptor in (life, report):
        os.set_inheritable(descriptor, False)
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for kind in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(kind, _noted)
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    pid = _started(order, report)
    status = _awaited(pid, life, wake, float(order["grace"]))
    _end_all(pid)
    _say(report, f"ended {status}")


def _noted(number: int, _: object) -> None:
    """Every signal is told by the wake-up pipe; a handler is needed for that."""


def _order(life: int) -> dict[str, Any]:
    """What is to be run."""
    length = b""
    while not length.endswith(b"\n"):
        length += _read(life, 1)
    text = b""
    while len(text) < int(length):
        text += _read(life, int(length) - len(text))
    order: dict[str, Any] = json.loads(text)
    return order


def _read(life: int, most: int) -> bytes:
    some = os.read(life, most)
    if not some:
        sys.exit("the parent process has gone")
    return some


def _started(order: dict[str, Any], report: int) -> int:
    """The process id of the program; reports that it runs, or ends this program."""
    failure, failed = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(order, failed)
    os.close(failed)
    with os.fdopen(failure, "rb") as pipe:
        said = pipe.read().decode()
    if said:
        os.waitpid(pid, 0)
        _say(report, f"failed {said}")
        sys.exit(NOT_STARTED)
    _say(report, f"started {pid}")
    return pid


def _become(order: dict[str, Any], failed: int) -> NoReturn:
    """In the new process: turn into the program. Only the standard streams go along."""
    try:
        os.setsid()
        if LINUX:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            _volunteer()
        for kind in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(kind, signal.SIG_DFL)
        os.chdir(order["cwd"])
        os.execvpe(order["argv"][0], order["argv"], order["environment"])  # noqa: S606 - no shell
    except OSError as error:
        os.write(failed, f"{error.errno} {error.filename or ''}".encode())
    except (ValueError, TypeError):
        os.write(failed, str(errno.EINVAL).encode())
    finally:
        os._exit(NOT_STARTED)


def _volunteer() -> None:
    """Be the one that is ended when the machine's memory is full; not every system lets us."""
    try:
        Path("/proc/self/oom_score_adj").write_text(OUT_OF_MEMORY_SCORE)
    except OSError:
        return


def _awaited(pid: int, life: int, wake: int, grace: float) -> int:
    """The exit status of the program, a signal's number below 0; ends it when `life` ends."""
    # Not `select`: the life line may be beyond the 1024 files that it knows.
    watched = select.poll()
    for handle in (life, wake):
        watched.register(handle, select.POLLIN)
    kill_at = None
    while (status := _reaped(pid)) is None:
        patience = None if kill_at is None else max(50.0, (kill_at - time.monotonic()) * 1_000)
        ready = [handle for handle, _ in watched.poll(patience)]
        signals = os.read(wake, 4_096) if wake in ready else b""
        if life in ready:
            watched.unregister(life)
            # A byte on the life line asks for haste.
            grace = 0.0 if os.read(life, 1) else grace
        asked = life in ready or any(number != signal.SIGCHLD for number in signals)
        if asked and kill_at is None:
            kill_at = time.monotonic() + grace
            _signal_all(pid, signal.SIGTERM)
        if kill_at is not None and time.monotonic() >= kill_at:
            _signal_all(pid, signal.SIGKILL)
            if time.monotonic() >= kill_at + LAST_SECONDS:
                return -signal.SIGKILL
    return status


def _reaped(pid: int) -> int | None:
    """The program's exit status, once it has ended; buries everything else that has."""
    found, status = os.waitpid(-1, os.WNOHANG)
    while found not in (0, pid):
        found, status = os.waitpid(-1, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _end_all(pid: int) -> None:
    """Kill what the program left behind, until there is nothing."""
    end = time.monotonic() + LAST_SECONDS
    while time.monotonic() < end:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            break
        _signal_all(pid, signal.SIGKILL)
        time.sleep(0.005)
    if not LINUX:
        _signal_all(pid, signal.SIGKILL)


def _signal_all(pid: int, kind: signal.Signals) -> None:
    """Signal everything that descends from this process, or all that can be known of it."""
    if not LINUX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, kind)
        return
    for other in descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(other, kind)


def _say(report: int, text: str) -> None:
    try:
        os.write(report, text.encode() + b"\n")
    except BrokenPipeError:
        return


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
