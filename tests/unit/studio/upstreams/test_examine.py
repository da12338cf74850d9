"""The trials of an engine, on an installed one that is then broken in every way."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from install_stage import Stage, make_stage
from made_up_gpu import H100, L4, gpus, no_gpus
from tiny_upstream import describe, git
from weights_on_disk import note_weights

from talkies.engines.base import Speed
from talkies.engines.commands.description import PresetDescription
from talkies.engines.commands.engine import CommandEngine
from talkies.engines.commands.gpu import Gpu
from talkies.errors import MissingDependency
from talkies.studio.health.checkup import Finding, State, examine
from talkies.studio.upstreams.examine import Examination
from talkies.studio.upstreams.gpus import Gpus
from talkies.studio.upstreams.known import Upstream
from talkies.studio.upstreams.machine import Machine, memory_gb
from talkies.studio.upstreams.programs import Programs
from talkies.weights.sources import WeightSource

TORCH = """\
__version__ = "2.4.1"
class version: cuda = "12.1"
class cuda:
    @staticmethod
    def is_available(): return {available}
    @staticmethod
    def get_arch_list(): return {built}
    @staticmethod
    def device_count(): return 1
    @staticmethod
    def get_device_capability(i): return (9, 0)
"""


@dataclass
class Patient:
    """An installed engine, and the machine that it is on."""

    stage: Stage
    gpus: Gpus
    memory: Path

    def findings(self, *, verifying: bool = False) -> dict[str, Finding]:
        stage = self.stage
        engine = CommandEngine(stage.description, stage.home, find=lambda: Gpu(80.0))
        examination = Examination(
            Upstream(description=stage.description, requirements=stage.requirements),
            engine,
            stage.home,
            Programs(log=stage.folder / "log", environ=stage.environ),
            Machine(gpus=self.gpus, memory=self.memory, container_memory=Path("/nowhere")),
        )
        found = examine(examination.trials(verifying=verifying))
        return {finding.part: finding for finding in found}

    def finding(self, part: str, **settings: Any) -> Finding:
        return self.findings(**settings)[part]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Installed once: a test that breaks it mends it."""
    stage = make_stage(tmp_path_factory.mktemp("examined"))
    stage.install()
    return stage


@pytest.fixture
def patient(installed: Stage, tmp_path: Path) -> Patient:
    memory = tmp_path / "meminfo"
    memory.write_text("MemTotal: 65000000 kB\nMemAvailable: 32000000 kB\n")
    installed.description = describe(installed.repository)
    return Patient(stage=installed, gpus=gpus(tmp_path), memory=memory)


def test_an_engine_that_works(patient: Patient) -> None:
    found = patient.findings()
    assert {part for part, finding in found.items() if finding.state is not State.OK} == set()
    assert found["GPU"].fact == "NVIDIA H100 80GB HBM3 80 GiB; driver 550.54.15, CUDA 12.4"
    assert found["Presets"].fact == "standard"
    assert found["Memory"].fact == "67 GB, 33 GB free"
    assert found["Imports"].fact == "tinyface 1.2"
    assert patient.stage.repository.revision[:12] in found["Code"].fact
    assert found["Weights in memory"].fact == "nothing to try yet"


def test_a_machine_without_a_gpu(patient: Patient, tmp_path: Path) -> None:
    patient.gpus = no_gpus(tmp_path)
    found = patient.findings()
    assert found["GPU"].state is State.PROBLEM
    assert found["Presets"].fact == "There is no GPU, and the smallest preset takes 6 GiB of one."


def test_an_engine_that_needs_none_may_have_none(patient: Patient, tmp_path: Path) -> None:
    speed = Speed(device="any CPU", seconds_per_video_second=9.0, vram_gib=0.0, source="us")
    preset = PresetDescription(summary="on a CPU", options={}, speeds=(speed,))
    patient.stage.describe(presets={"cpu": preset})
    patient.gpus = no_gpus(tmp_path)
    assert patient.finding("GPU").state is State.MISSING
    presets = patient.finding("Presets")
    assert (presets.state, presets.fact) == (State.OK, "cpu; they take no GPU")


def test_presets_that_do_not_fit_are_told(patient: Patient, tmp_path: Path) -> None:
    small = patient.stage.description.presets["standard"]
    speed = replace(small.speeds[0], vram_gib=48.0)
    large = replace(small, speeds=(speed,))
    patient.stage.describe(presets={"best": large, "standard": small})
    patient.gpus = gpus(tmp_path, L4)
    assert patient.finding("Presets").fact == "standard; too large: best (48 GiB)"
    patient.stage.describe(presets={"best": large})
    assert patient.finding("Presets").state is State.PROBLEM


def test_too_little_memory(patient: Patient) -> None:
    patient.memory.write_text("MemTotal: 4000000 kB\nMemAvailable: 2000000 kB\n")
    assert patient.finding("Memory").fact == "Only 4 GB, 2 GB free."


def test_the_limit_of_a_container_counts(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 65000000 kB\nMemAvailable: 32000000 kB\n")
    (tmp_path / "max").write_text("16000000000\n")
    assert memory_gb(tmp_path / "meminfo", tmp_path / "max") == (16.0, 16.0)
    (tmp_path / "max").write_text("max\n")
    assert memory_gb(tmp_path / "meminfo", tmp_path / "max")[0] == pytest.approx(66.56)
    with pytest.raises(MissingDependency):
        memory_gb(tmp_path / "absent")


def test_programs_that_are_not_there(patient: Patient) -> None:
    wanted = replace(patient.stage.description.environment, programs=("sh", "frobnicate"))
    patient.stage.describe(environment=wanted)
    found = patient.finding("Programs")
    assert (found.fact, found.mend) == ("frobnicate is not on the PATH.", "Install frobnicate.")


def test_a_checkout_that_is_dirty_or_elsewhere(patient: Patient) -> None:
    place = patient.stage.home.repository("tiny")
    code = (place / "inference.py").read_text()
    (place / "inference.py").write_text("print()\n")
    found = patient.finding("Code")
    assert found.fact == "1 of its files are changed, such as inference.py."
    assert found.mend == f"git -C {place} checkout -- ."
    (place / "inference.py").write_text(code)
    git(place, "commit", "-q", "--allow-empty", "-m", "mine")
    assert "is what works" in patient.finding("Code").fact
    git(place, "checkout", "-q", "--detach", patient.stage.repository.revision)
    assert patient.finding("Code").state is State.OK


def test_pins_that_changed_since(patient: Patient) -> None:
    patient.stage.require("tinyface==1.9\n")
    try:
        found = patient.finding("Environment")
    finally:
        patient.stage.require("tinyface==1.2\n")
    assert found.fact == "The versions that work have changed since it was made."
    assert found.mend == "talkies engines install tiny"


def test_an_environment_of_another_python(patient: Patient) -> None:
    wanted = replace(patient.stage.description.environment, python="2.6")
    patient.stage.describe(environment=wanted)
    assert "and 2.6 is needed" in patient.finding("Environment").fact


def test_an_engine_that_is_not_there_at_all(patient: Patient) -> None:
    patient.stage.describe(
        id="other", weights=(WeightSource(url="https://x.example/m.bin", to="m"),)
    )
    found = patient.findings()
    broken = {part for part, one in found.items() if one.state is State.PROBLEM}
    assert broken == {"Code", "Environment", "Imports", "Weights", "Ready"}
    assert {found[part].mend for part in broken - {"Weights"}} == {"talkies engines install other"}
    assert found["Weights"].mend == "talkies weights pull other"


class TestCuda:
    def torch(self, patient: Patient, *, built: list[str], available: bool = True) -> Finding:
        """The finding about a torch that was built for these GPUs."""
        stage = patient.stage
        code = TORCH.format(available=available, built=built)
        library = next(stage.home.environment("tiny").glob("lib/python*/site-packages"))
        (library / "torch.py").write_text(code)
        wanted = replace(stage.description.environment, imports=("torch",))
        stage.describe(environment=wanted)
        try:
            return patient.finding("CUDA")
        finally:
            (library / "torch.py").unlink()

    def test_one_that_fits(self, patient: Patient) -> None:
        found = self.torch(patient, built=["sm_80", "sm_90"])
        assert found.fact == "torch 2.4.1, CUDA 12.1, built for sm_80 sm_90"

    @pytest.mark.parametrize(
        ("cards", "built", "works"),
        [
            (H100, ["sm_80"], False),
            (L4, ["sm_80"], True),
            (H100, ["sm_80", "compute_80"], True),
            (L4, ["sm_90"], False),
            ("RTX 5090, 570.1, 32000, 0, 12.0", ["sm_80", "sm_90"], False),
            ("RTX 5090, 570.1, 32000, 0, 12.0", ["sm_120"], True),
            ("An old one, 470.1, 8000, 0", ["sm_90"], True),
        ],
    )
    def test_code_runs_on_later_gpus_of_its_kind(
        self, patient: Patient, tmp_path: Path, cards: str, built: list[str], works: bool
    ) -> None:
        patient.gpus = gpus(tmp_path, cards, old=cards.count(",") == 3)
        assert (self.torch(patient, built=built).state is State.OK) == works

    def test_a_driver_that_is_too_old(self, patient: Patient) -> None:
        found = self.torch(patient, built=["sm_90"], available=False)
        assert "the driver 550.54.15 is too old for it" in found.fact

    def test_one_that_does_not_import(self, patient: Patient) -> None:
        wanted = replace(patient.stage.description.environment, imports=("torch",))
        patient.stage.describe(environment=wanted)
        found = patient.finding("CUDA")
        assert "No module named 'torch'" in found.fact
        assert "NAME" not in found.mend


class TestWeights:
    SOURCE = WeightSource(url="https://example.com/model.bin", to="model.bin")

    def put(self, patient: Patient) -> Path:
        patient.stage.describe(weights=(self.SOURCE,))
        folder = patient.stage.home.weights("tiny")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.bin").write_bytes(b"weights")
        note_weights(folder, (self.SOURCE,))
        return folder

    def test_complete_ones_are_mapped_for_real(self, patient: Patient) -> None:
        folder = self.put(patient)
        found = patient.findings()
        assert found["Weights"].fact == f"complete, 0.0 GB in {folder}"
        assert found["Weights in memory"].fact == f"files in {folder} can be mapped"

    def test_other_bytes_show_when_every_byte_is_read(self, patient: Patient) -> None:
        folder = self.put(patient)
        (folder / "model.bin").write_bytes(b"Weights")
        assert patient.finding("Weights").state is State.OK
        found = patient.finding("Weights", verifying=True)
        assert found.fact == "Not whole: model.bin (its content is another)."

    def test_missing_ones(self, patient: Patient) -> None:
        folder = self.put(patient)
        (folder / "model.bin").unlink()
        for verifying in (False, True):
            found = patient.finding("Weights", verifying=verifying)
            assert found.mend == "talkies weights pull tiny"
        assert patient.finding("Weights in memory").state is State.OK
