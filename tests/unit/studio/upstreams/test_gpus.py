import os
import threading
from pathlib import Path

import pytest
from made_up_gpu import H100, L4, gpus, no_gpus, put_gpu

from talkies.errors import GpuUnavailable
from talkies.studio.upstreams.gpus import MIB, Card, Gpus, MemoryWatch, Peak, idle_bytes


def test_each_card_is_described(tmp_path: Path) -> None:
    found = gpus(tmp_path, f"{H100}\n{L4}")
    assert found.cards()[0] == Card(
        name="NVIDIA H100 80GB HBM3",
        driver="550.54.15",
        memory_bytes=81559 * MIB,
        memory_used_bytes=4 * MIB,
        architecture="sm_90",
    )
    assert found.cards()[1].architecture == "sm_89"
    assert found.cuda() == "12.4"


def test_a_driver_that_does_not_know_the_capability(tmp_path: Path) -> None:
    (card,) = gpus(tmp_path, L4, old=True).cards()
    assert (card.name, card.architecture) == ("NVIDIA L4", "")


def test_a_card_that_says_nothing_of_itself(tmp_path: Path) -> None:
    (card,) = gpus(tmp_path, "NVIDIA A100 MIG, 535.1, [N/A], [N/A], [N/A]").cards()
    assert (card.memory_bytes, card.architecture) == (0, "")


@pytest.mark.parametrize("cards", ["", "No devices were found"])
def test_a_machine_with_a_driver_and_no_card(tmp_path: Path, cards: str) -> None:
    with pytest.raises(GpuUnavailable, match="finds no GPU"):
        gpus(tmp_path, cards, status=6).cards()


def test_a_machine_without_a_driver(tmp_path: Path) -> None:
    with pytest.raises(GpuUnavailable, match="no nvidia-smi") as failure:
        no_gpus(tmp_path).cards()
    assert "--gpus all" in failure.value.hint


class Watched(Gpus):
    """Tells when it was asked."""

    __slots__ = ()
    asked = threading.Semaphore(0)

    def processes(self) -> dict[int, int]:
        found = dict(super().processes())
        self.asked.release()
        return found


def watched(folder: Path, **told: object) -> Watched:
    found = gpus(folder, **told)
    return Watched(programs=found.programs, command=found.command)


def test_the_memory_of_our_processes_is_watched(tmp_path: Path) -> None:
    processes = f"{os.getpid()}, 2000\n1, 5000\n"
    with MemoryWatch(watched(tmp_path, processes=processes, used=9000), interval=0.01) as memory:
        assert Watched.asked.acquire(timeout=30)
    assert memory.peak == Peak(bytes=2000 * MIB, of="processes")


def test_in_a_container_the_whole_device_is_looked_at(tmp_path: Path) -> None:
    with MemoryWatch(watched(tmp_path, used=1000), interval=0.01) as memory:
        put_gpu(tmp_path, processes="4242, 3000\n", used=4000)
        for _ in range(3):
            assert Watched.asked.acquire(timeout=30)
    assert memory.peak == Peak(bytes=3000 * MIB, of="device")


def test_what_was_in_use_before_our_first_video_is_not_ours(tmp_path: Path) -> None:
    found = watched(tmp_path, used=4000)
    with MemoryWatch(found, interval=0.01, idle_bytes=1000 * MIB) as memory:
        assert Watched.asked.acquire(timeout=30)
    assert memory.peak == Peak(bytes=3000 * MIB, of="device")
    assert (idle_bytes(found), idle_bytes(no_gpus(tmp_path))) == (4000 * MIB, 0)


def test_without_a_gpu_there_is_no_peak(tmp_path: Path) -> None:
    with MemoryWatch(no_gpus(tmp_path)) as memory:
        pass
    assert memory.peak is None
