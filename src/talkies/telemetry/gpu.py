"""The GPUs of this machine, as `nvidia-smi` tells of them; none where it is not installed."""

import csv
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: What is asked; memory comes in MiB and utilization in percent (nvidia-smi --help-query-gpu).
FIELDS: Final = "index,name,utilization.gpu,memory.used,memory.total"

#: Seconds an answer is believed: asking takes some tens of milliseconds.
FRESH_SECONDS: Final = 5.0

#: Seconds after which a driver that hangs is given up; then it is not asked for a while.
PATIENCE_SECONDS: Final = 2.0

MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU as it is now."""

    index: int
    name: str
    #: Share of the last second in which it computed, 0 to 1; None where it does not say.
    utilization: float | None
    memory_used_bytes: int
    memory_bytes: int


class GpuWatch:
    """Asks `nvidia-smi`, at most every few seconds."""

    def __init__(
        self, command: str = "nvidia-smi", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._command = command
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[Gpu, ...] = ()
        self._asked_at: float | None = None

    def gpus(self) -> tuple[Gpu, ...]:
        """All GPUs of this machine; none where there is no driver, or it does not answer."""
        with self._lock:
            now = self._clock()
            if self._asked_at is None or now - self._asked_at >= FRESH_SECONDS:
                self._known = _parsed(_asked(self._command))
                self._asked_at = self._clock()
            return self._known


def _asked(command: str) -> str:
    try:
        answer = subprocess.run(
            [command, f"--query-gpu={FIELDS}", "--format=csv,noheader,nounits"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode("utf-8", "replace")


def _parsed(answer: str) -> tuple[Gpu, ...]:
    rows = csv.reader(answer.splitlines(), skipinitialspace=True)
    return tuple(_gpu(row) for row in rows if len(row) == FIELDS.count(",") + 1)


def _gpu(row: list[str]) -> Gpu:
    index, name, utilization, used, total = (cell.strip() for cell in row)
    share = _number(utilization)
    return Gpu(
        index=int(_number(index) or 0),
        name=name,
        utilization=None if share is None else share / 100,
        memory_used_bytes=int((_number(used) or 0) * MIB),
        memory_bytes=int((_number(total) or 0) * MIB),
    )


def _number(cell: str) -> float | None:
    """A number, or None for `[N/A]`, as a GPU that is divided by MIG answers."""
    try:
        return float(cell)
    except ValueError:
        return None
