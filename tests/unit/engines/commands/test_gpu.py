from dataclasses import replace
from pathlib import Path

import pytest
from odd_stage import SPEED, description, put_program

from talkies.engines.commands.description import PresetDescription
from talkies.engines.commands.gpu import Gpu, find_gpu
from talkies.engines.commands.presets import choose_preset, fits

NOWHERE = ("/nowhere/nvidiactl",)


def found(
    program: str, *, devices: tuple[str, ...] = NOWHERE, visible: str | None = None
) -> Gpu | None:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    return find_gpu(program, devices=devices, environment=environment)


def smi(folder: Path, text: str) -> str:
    return str(put_program(folder, "nvidia-smi", text))


def test_nvidia_smi_knows_the_memory(tmp_path: Path) -> None:
    assert found(smi(tmp_path, "echo 24576")) == Gpu(24.0)


def test_the_visible_gpu_is_asked_for(tmp_path: Path) -> None:
    program = smi(tmp_path, 'case "$*" in *--id=GPU-b) echo 8192;; *) echo 1024;; esac')
    assert found(program, visible="GPU-b,GPU-a") == Gpu(8.0)
    assert found(program, visible="") is None
    assert found(program, visible="-1") is None


@pytest.mark.parametrize("text", ["exit 9", "echo 'No devices were found'", "true"])
def test_without_an_answer_a_driver_s_device_tells(tmp_path: Path, text: str) -> None:
    program = smi(tmp_path, text)
    assert found(program) is None
    assert found(program, devices=(str(tmp_path),)) == Gpu(None)


def test_without_nvidia_smi_there_is_none() -> None:
    assert found("/nowhere/nvidia-smi") is None


def preset(vram: float) -> PresetDescription:
    return PresetDescription(summary="", options={}, speeds=(replace(SPEED, vram_gib=vram),))


ENGINE = description(presets={"good": preset(48), "offloaded": preset(13), "slow": preset(20)})
ALL = ("good", "offloaded", "slow")


@pytest.mark.parametrize(
    ("gpu", "here", "expected"),
    [
        (Gpu(80.0), ALL, "good"),
        (Gpu(47.6), ALL, "good"),
        (Gpu(45.0), ALL, "offloaded"),
        (Gpu(45.0), ("good", "slow"), "slow"),
        (Gpu(8.0), ALL, "offloaded"),
        (Gpu(None), ALL, "good"),
        (Gpu(None), ("slow",), "slow"),
        (Gpu(45.0), (), "offloaded"),
        (None, ALL, "offloaded"),
    ],
)
def test_the_first_preset_that_fits_is_chosen(
    gpu: Gpu | None, here: tuple[str, ...], expected: str
) -> None:
    assert choose_preset(ENGINE, here, gpu) == expected


def test_a_preset_for_a_cpu_fits_everywhere() -> None:
    assert fits(description(), "plain", None)
    assert fits(description(), "plain", Gpu(1.0))
