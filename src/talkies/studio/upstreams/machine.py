"""What a checkup tries of the machine that engines are to run on: GPU, memory and disk."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.engines.base import Capabilities
from talkies.errors import DiskFull, GpuUnavailable, MissingDependency
from talkies.studio.health.checkup import Trial
from talkies.studio.upstreams.gpus import Gpus

#: GB of the root's disk under which renders fail, and of memory under which models do not load.
LEAST_DISK_GB: Final = 2.0
LEAST_MEMORY_GB: Final = 8.0

#: GiB that a preset's published figure may be over what a GPU of that size says it has.
ROUNDED_GIB: Final = 0.5

#: Where the system tells of memory (proc(5), cgroups(7)).
MEMORY: Final = Path("/proc/meminfo")
CONTAINER_MEMORY: Final = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where the machine says what it has."""

    gpus: Gpus
    memory: Path = MEMORY
    container_memory: Path = CONTAINER_MEMORY


class MachineExamination:
    """The trials of a machine, for one engine."""

    def __init__(self, engine: Capabilities, root: Path, machine: Machine) -> None:
        self._engine = engine
        self._root = root
        self._machine = machine

    def trials(self) -> tuple[Trial, ...]:
        """All of them."""
        by_choice = not self._engine.needs_gpu
        return (
            Trial(part="GPU", run=self.gpu, optional=by_choice),
            Trial(part="Presets", run=self.presets, optional=by_choice),
            Trial(part="Memory", run=self.memory),
            Trial(part="Disk of engines", run=self.disk),
        )

    def gpu(self) -> str:
        """The GPUs, their driver, and the CUDA that it runs."""
        cards = self._machine.gpus.cards()
        cuda = self._machine.gpus.cuda()
        names = ", ".join(f"{card.name} {card.memory_gib:.0f} GiB" for card in cards)
        return f"{names}; driver {cards[0].driver}{f', CUDA {cuda}' if cuda else ''}"

    def presets(self) -> str:
        """Which presets the largest GPU has the memory for."""
        presets = self._engine.presets
        if presets and not any(one.vram_gib for one in presets):
            return f"{', '.join(one.name for one in presets)}; they take no GPU"
        memory = self._largest(min((one.vram_gib for one in presets), default=0.0))
        if not memory:
            return f"{', '.join(one.name for one in presets)}; nobody says how much memory there is"
        fitting = [one.name for one in presets if one.vram_gib <= memory + ROUNDED_GIB]
        others = [
            f"{one.name} ({one.vram_gib:g} GiB)" for one in presets if one.name not in fitting
        ]
        if not fitting:
            raise GpuUnavailable(
                f"{memory:.0f} GiB of GPU memory are too little for every preset: "
                f"{', '.join(others)}.",
                hint="Use a GPU with more memory, or another engine: talkies engines",
            )
        too_large = f"; too large: {', '.join(others)}" if others else ""
        return ", ".join(fitting) + too_large

    def _largest(self, least: float) -> float:
        """GiB of the largest GPU."""
        try:
            return max(card.memory_gib for card in self._machine.gpus.cards())
        except GpuUnavailable as error:
            raise GpuUnavailable(
                f"There is no GPU, and the smallest preset takes {least:g} GiB of one.",
                hint="Use another machine, or an engine that needs none: `talkies engines` says "
                "which.",
            ) from error

    def memory(self) -> str:
        """The memory of the machine, or of the container."""
        total, free = memory_gb(self._machine.memory, self._machine.container_memory)
        fact = f"{total:.0f} GB, {free:.0f} GB free"
        if total < LEAST_MEMORY_GB:
            hint = f"Models need {LEAST_MEMORY_GB:.0f} GB and more: use a larger machine."
            raise MissingDependency(f"Only {fact}.", hint=hint)
        return fact

    def disk(self) -> str:
        """Room below the root."""
        place = next(path for path in (self._root, *self._root.parents) if path.exists())
        free = shutil.disk_usage(place).free / 1e9
        fact = f"{free:.1f} GB free in {place}"
        if free < LEAST_DISK_GB:
            raise DiskFull(f"Only {fact}.", hint="Free some.")
        return fact


def memory_gb(machine: Path = MEMORY, container: Path = CONTAINER_MEMORY) -> tuple[float, float]:
    """Total and free memory, GB; the limit of a container where that is less.

    Raises `MissingDependency` where the system does not tell (proc(5), cgroups(7)).
    """
    try:
        lines = dict(line.split(":", 1) for line in machine.read_text().splitlines() if ":" in line)
        total, free = (
            int(lines[name].split()[0]) * 1024 / 1e9 for name in ("MemTotal", "MemAvailable")
        )
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise MissingDependency("This system does not say how much memory there is.") from error
    try:
        limit = int(container.read_text()) / 1e9
    except (OSError, ValueError):
        return total, free
    return min(total, limit), min(free, limit)
