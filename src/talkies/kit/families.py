"""Which processes descend from which, as Linux tells; standard library only."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: Where Linux shows its processes (proc(5)).
PROC: Final = Path("/proc")


def descendants(pid: int, processes: Path = PROC) -> list[int]:
    """Every living process below this one; none where the system does not tell."""
    below: dict[int, list[int]] = {}
    for child, parent in _pairs(processes):
        below.setdefault(parent, []).append(child)
    found: list[int] = []
    waiting = [pid]
    while waiting:
        young = below.pop(waiting.pop(0), [])
        waiting += young
        found += young
    return found


def _pairs(processes: Path) -> Iterator[tuple[int, int]]:
    """The processes of this machine, each with its parent."""
    for path in processes.glob("[0-9]*"):
        try:
            # The name, in parentheses, may hold anything; the parent is the second field after it.
            fields = (path / "stat").read_text("utf-8", "replace").rpartition(")")[2]
        except OSError:
            continue
        yield int(path.name), int(fields.split()[1])
