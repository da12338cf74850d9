from pathlib import Path

import pytest

from talkies.telemetry.gpu import FRESH_SECONDS, MIB, Gpu, GpuWatch


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def driver(folder: Path, script: str) -> str:
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_each_gpu_is_described(tmp_path: Path) -> None:
    answer = "0, NVIDIA H100 80GB HBM3, 37, 1024, 81559\n1, NVIDIA L4, [N/A], 0, 23034"
    watch = GpuWatch(driver(tmp_path, f"echo '{answer}'"))
    assert watch.gpus() == (
        Gpu(
            index=0,
            name="NVIDIA H100 80GB HBM3",
            utilization=0.37,
            memory_used_bytes=1024 * MIB,
            memory_bytes=81559 * MIB,
        ),
        Gpu(
            index=1,
            name="NVIDIA L4",
            utilization=None,
            memory_used_bytes=0,
            memory_bytes=23034 * MIB,
        ),
    )


@pytest.mark.parametrize(
    "script", ["exit 9", "echo 'No devices were found'", "printf '\\377\\376,\\n'", "exec sleep 30"]
)
def test_a_driver_that_does_not_answer_means_no_gpu(tmp_path: Path, script: str) -> None:
    assert GpuWatch(driver(tmp_path, script)).gpus() == ()


def test_a_machine_without_the_driver_has_no_gpu(tmp_path: Path) -> None:
    assert GpuWatch(str(tmp_path / "missing")).gpus() == ()


def test_the_driver_is_asked_again_only_after_a_while(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    clock = Clock()
    watch = GpuWatch(driver(tmp_path, f"echo x >> {asked}"), clock=clock)
    watch.gpus()
    watch.gpus()
    assert asked.read_text().count("x") == 1
    clock.now = FRESH_SECONDS
    watch.gpus()
    assert asked.read_text().count("x") == 2
