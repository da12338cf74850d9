"""The GPU of this machine, as far as the choice among an engine's presets has to know it."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Seconds that nvidia-smi may take: a driver that wakes up takes several.
ANSWER_SECONDS: Final = 20.0
#: MiB of a GiB.
_MIB: Final = 1_024
#: What a driver puts there: of Linux, and of Windows' Linux.
_DEVICES: Final = ("/dev/nvidiactl", "/dev/dxg")


@dataclass(frozen=True, slots=True)
class Gpu:
    """The GPU that programs use when nothing else is said."""

    #: GiB; None where nobody says.
    memory_gib: float | None


#: Finds the GPU of this machine; None where there is none.
FindGpu = Callable[[], Gpu | None]


def find_gpu(
    program: str = "nvidia-smi",
    *,
    devices: tuple[str, ...] = _DEVICES,
    environment: Mapping[str, str] = os.environ,
) -> Gpu | None:
    """The first GPU that CUDA_VISIBLE_DEVICES lets programs see, or the first of all."""
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip() in ("", "-1"):
        return None
    memory = _memory(program, (visible or "0").split(",")[0].strip())
    if memory is None and not any(Path(device).exists() for device in devices):
        return None
    return Gpu(memory)


def _memory(program: str, which: str) -> float | None:
    query = ("--query-gpu=memory.total", "--format=csv,noheader,nounits", f"--id={which}")
    try:
        answer = subprocess.run(
            (program, *query), capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True
        ).stdout
        return float(answer.split()[0]) / _MIB
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
