"""The first code of every child process: takes on its limits, then becomes the module asked for."""

import json
import os
import resource
import runpy
import signal
import sys

#: prctl option of <linux/prctl.h>: the signal this process gets when its parent dies.
PR_SET_PDEATHSIG = 1

#: Seconds between the soft CPU limit (SIGXCPU) and the hard one (SIGKILL).
CPU_GRACE = 2


def main(arguments: list[str]) -> None:
    """Run `arguments[1]` as `__main__` under the limits of `arguments[0]`, a JSON object."""
    limits = json.loads(arguments[0])
    die_with_parent(limits["parent"])
    take_on(limits)
    sys.argv = arguments[1:]
    runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent dies; leave now if it already has."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415  only needed here, and other systems may lack it

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent process has gone")


def take_on(limits: dict[str, int | float | None]) -> None:
    """Set the resource limits; one that the system does not know is left out."""
    cpu = limits["cpu_seconds"]
    wanted = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: None if cpu is None else (int(cpu), int(cpu) + CPU_GRACE),
        resource.RLIMIT_AS: _both(limits["memory_bytes"]),
        resource.RLIMIT_FSIZE: _both(limits["file_bytes"]),
        resource.RLIMIT_NOFILE: _both(limits["open_files"]),
    }
    for kind, pair in wanted.items():
        if pair is not None:
            _set(kind, pair)


def _both(value: float | None) -> tuple[int, int] | None:
    return None if value is None else (int(value), int(value))


def _set(kind: int, pair: tuple[int, int]) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        pair = (min(pair[0], hard), min(pair[1], hard))
    try:
        resource.setrlimit(kind, pair)
    except (ValueError, OSError):
        # macOS refuses some limits; the wall clock still holds.
        return


if __name__ == "__main__":
    main(sys.argv[1:])
