"""The GPUs of this machine and their driver, and the memory that our programs take of them."""

import csv
import os
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from talkies.errors import GpuUnavailable, MissingDependency
from talkies.kit.families import descendants
from talkies.studio.upstreams.programs import Programs

#: What is asked of each GPU; memory comes in MiB (nvidia-smi --help-query-gpu). Drivers before 510
#: do not know the last one.
FIELDS: Final = ("name", "driver_version", "memory.total", "memory.used", "compute_cap")

#: Seconds between two looks at the memory.
INTERVAL_SECONDS: Final = 0.5

MIB: Final = 1 << 20

#: Variables that say which GPUs a program may use.
_PASSING: Final = ("CUDA", "NVIDIA_")

_CUDA: Final = re.compile(r"CUDA Version\s*:\s*([\d.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One GPU."""

    name: str
    driver: str
    memory_bytes: int
    memory_used_bytes: int
    #: As torch names it: "sm_90"; empty where the driver does not say.
    architecture: str

    @property
    def memory_gib(self) -> float:
        return self.memory_bytes / (1 << 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpus:
    """Asks `nvidia-smi`."""

    programs: Programs
    command: str = "nvidia-smi"

    def cards(self) -> tuple[Card, ...]:
        """All GPUs. Raises `GpuUnavailable` where there is none, or no driver."""
        lines: tuple[str, ...] = ()
        for fields in (FIELDS, FIELDS[:-1]):
            lines = self._query(f"--query-gpu={','.join(fields)}")
            cards = tuple(_card(row) for row in _rows(lines) if len(row) == len(fields))
            if cards:
                return cards
        said = f" It says: {' '.join(lines)[:200]}" if lines else ""
        raise GpuUnavailable(
            f"nvidia-smi finds no GPU.{said}",
            hint="Restart the machine or its driver; a container needs --gpus all.",
        )

    def cuda(self) -> str:
        """The newest CUDA that the driver can run, as "12.4"; empty where it does not say."""
        found = _CUDA.search("\n".join(self._ask()))
        return "" if found is None else found[1]

    def processes(self) -> Mapping[int, int]:
        """Bytes of GPU memory by process id, as far as the driver tells them."""
        rows = _rows(self._query("--query-compute-apps=pid,used_memory"))
        pairs = [row for row in rows if len(row) == 2 and all(map(str.isdigit, row))]  # noqa: PLR2004
        return {int(pid): int(used) * MIB for pid, used in pairs}

    def used(self) -> int:
        """Bytes in use on the GPU that is used most; 0 where there is none."""
        rows = _rows(self._query("--query-gpu=memory.used"))
        return max((int(row[0]) * MIB for row in rows if row and row[0].isdigit()), default=0)

    def _query(self, *words: str) -> tuple[str, ...]:
        return self._ask(*words, "--format=csv,noheader,nounits")

    def _ask(self, *words: str) -> tuple[str, ...]:
        try:
            return self.programs.ask([self.command, *words], passing=_PASSING).answer
        except MissingDependency as error:
            raise GpuUnavailable(
                "There is no nvidia-smi, so there is no driver of NVIDIA.",
                hint="Install the driver; a container needs --gpus all and NVIDIA's runtime.",
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The most GPU memory that was seen in use."""

    bytes: int
    #: "processes": of ours alone. "device": all above what was in use before, as in a container,
    #: where the driver does not tell whose memory it is.
    of: str


def idle_bytes(gpus: Gpus) -> int:
    """Bytes in use now, on the GPU that is used most; 0 where there is none."""
    try:
        return gpus.used()
    except GpuUnavailable:
        return 0


class MemoryWatch:
    """Looks at the GPU memory while the block runs, a few times a second."""

    def __init__(
        self, gpus: Gpus, interval: float = INTERVAL_SECONDS, *, idle_bytes: int | None = None
    ) -> None:
        """`idle_bytes` were in use before any work of ours; None looks when the block begins."""
        self._gpus = gpus
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._idle = idle_bytes
        self._device = 0
        self._ours = 0
        self._works = True

    def __enter__(self) -> Self:
        try:
            used = self._gpus.used()
        except GpuUnavailable:
            self._works = False
            return self
        if self._idle is None:
            self._idle = used
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._works:
            self._thread.join()

    @property
    def peak(self) -> Peak | None:
        """The most that was seen; None where there is no GPU, or nothing was seen."""
        if self._ours:
            return Peak(bytes=self._ours, of="processes")
        above = self._device - (self._idle or 0)
        return Peak(bytes=above, of="device") if above > 0 else None

    def _watch(self) -> None:
        while True:
            self._look()
            if self._stop.wait(self._interval):
                return

    def _look(self) -> None:
        try:
            used, processes = self._gpus.used(), self._gpus.processes()
        except GpuUnavailable:
            return
        ours = {os.getpid(), *descendants(os.getpid())}
        self._device = max(self._device, used)
        self._ours = max(self._ours, sum(processes[pid] for pid in processes if pid in ours))


def _rows(lines: Iterable[str]) -> list[list[str]]:
    return [[cell.strip() for cell in row] for row in csv.reader(lines)]


def _card(row: list[str]) -> Card:
    name, driver, total, used, *rest = row
    capability = rest[0] if rest and re.fullmatch(r"\d+\.\d+", rest[0]) else ""
    return Card(
        name=name,
        driver=driver,
        memory_bytes=_mebibytes(total),
        memory_used_bytes=_mebibytes(used),
        architecture=f"sm_{capability.replace('.', '')}" if capability else "",
    )


def _mebibytes(cell: str) -> int:
    """Bytes of a number of MiB; 0 for `[N/A]`, as a GPU that is divided answers."""
    return int(cell) * MIB if cell.isdigit() else 0
