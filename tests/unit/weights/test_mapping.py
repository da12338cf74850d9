"""Weights are mapped for real; the kernel's own refusal is told as what it is."""

from pathlib import Path

import pytest

from talkies.errors import WeightsMissing, WeightsUnmappable
from talkies.weights.mapping import require_mappable

#: Regular files of this file system have a size and cannot be mapped: `mmap` gives errno 19, as it
#: does on RunPod's network volumes.
UNMAPPABLE = Path("/sys/class/net/lo/mtu")


def test_a_file_of_a_disk_can_be_mapped(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"x" * 10_000)
    require_mappable(weights)


def test_a_file_system_that_maps_nothing_is_named() -> None:
    with pytest.raises(WeightsUnmappable) as refused:
        require_mappable(UNMAPPABLE)
    assert refused.value.details == {"path": str(UNMAPPABLE), "errno": 19}
    assert "local disk" in refused.value.hint


def test_no_file_an_empty_file_and_a_folder_are_missing_weights(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (tmp_path / "empty", tmp_path / "nothing", tmp_path):
        with pytest.raises(WeightsMissing, match="cannot be used"):
            require_mappable(path)
