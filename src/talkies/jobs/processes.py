"""Who this process is, so that another one on the same machine can see that it is gone."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Where Linux tells of its processes; there is no such folder elsewhere.
PROC: Final = Path("/proc")

#: Place of the start time among the fields of `/proc/<pid>/stat`, counted after the name in
#: brackets, and of the state: proc(5), fields 22 and 3.
STARTED, STATE = 19, 0

#: States of a process that has ended and only waits to be noticed: zombie and dead.
ENDED: Final = ("Z", "X")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A process, wherever it runs."""

    host: str
    #: Machine boot and process namespace; empty where the system tells neither.
    namespace: str
    pid: int
    #: In clock ticks after boot; tells it from a later process with its number.
    started: int


def own_identity(proc: Path = PROC) -> Identity:
    """Of the process that asks."""
    pid = os.getpid()
    return Identity(
        host=socket.gethostname(),
        namespace=_namespace(proc),
        pid=pid,
        started=started_at(pid) or 0,
    )


def is_gone(known: Identity, own: Identity) -> bool:
    """Whether a process has surely ended; False where that cannot be seen from here."""
    if not known.namespace or known.namespace != own.namespace:
        return False
    return started_at(known.pid) != known.started


def started_at(pid: int) -> int | None:
    """When a process began, in clock ticks after boot; None where there is none (any more)."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[STATE] in ENDED else int(fields[STARTED])


def _namespace(proc: Path) -> str:
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(proc / 'self/ns/pid').readlink()}"
    except OSError:
        return ""
