from dataclasses import replace
from pathlib import Path

import pytest
from odd_stage import ID, PLAIN, OddRoom, description, put_program
from weights_on_disk import note_weights

from talkies.engines.base import READY
from talkies.engines.commands.description import Environment
from talkies.engines.commands.gpu import Gpu
from talkies.engines.commands.presence import (
    complete_presets,
    gpu_lack,
    lack_of,
    readiness_of,
    weights_lack,
)
from talkies.engines.installation import Installation, write_installation
from talkies.errors import EngineBroken, EngineNotInstalled, GpuUnavailable, WeightsMissing
from talkies.weights.sources import WeightSource

INSTALL = "talkies engines install odd"
LEAN = WeightSource(repository="a/lean", include=("*",), to="lean", variants=("lean",))
FULL = WeightSource(repository="a/full", include=("*",), to="full", variants=("full",))
HEAVY = description(
    weights=(LEAN, FULL),
    presets={"best": replace(PLAIN, weights="full"), "draft": replace(PLAIN, weights="lean")},
)


@pytest.fixture
def room(tmp_path: Path) -> OddRoom:
    return OddRoom(tmp_path).install()


def put(room: OddRoom, source: WeightSource) -> None:
    folder = room.home.weights(ID)
    (folder / source.to).mkdir(parents=True)
    (folder / source.to / "model.bin").write_bytes(b"weights")
    note_weights(folder, (source,))


def test_an_engine_with_all_its_parts_is_ready(room: OddRoom) -> None:
    assert lack_of(description(), room.home) is None
    assert readiness_of(None) == READY


def test_a_part_that_is_missing_is_named_with_its_command(room: OddRoom) -> None:
    room.home.python(ID).unlink()
    lack = lack_of(description(), room.home)
    assert lack is not None
    assert lack.kind is EngineNotInstalled
    assert "its Python is not there" in lack.reason
    place = room.home.repository(ID)
    place.unlink()
    lack = lack_of(description(), room.home)
    assert lack is not None
    assert lack.reason == "it is not installed"
    place.mkdir()
    lack = lack_of(description(), room.home)
    assert lack is not None
    assert "its repository is not there" in lack.reason
    assert lack.readiness.mend == INSTALL
    assert not lack.readiness


def test_an_installation_that_was_not_finished_is_none(room: OddRoom) -> None:
    begun = Installation(engine=ID, talkies="1", begun_at="2026-01-01T00:00:00Z")
    write_installation(room.home, begun)
    lack = lack_of(description(), room.home)
    assert lack is not None
    assert "not finished" in lack.reason
    write_installation(room.home, replace(begun, finished_at="2026-01-01T00:01:00Z"))
    assert lack_of(description(), room.home) is None
    room.home.record(ID).write_text("{")
    lack = lack_of(description(), room.home)
    assert lack is not None
    assert "cannot be read" in lack.reason


def test_a_program_may_come_from_the_environment_or_the_system(room: OddRoom) -> None:
    environment = Environment(python="3.10", requirements="x", programs=("sh", "odd-ffmpeg"))
    described = description(environment=environment)
    lack = lack_of(described, room.home)
    assert lack is not None
    assert lack.kind is EngineBroken
    assert lack.reason == "the program odd-ffmpeg is not on the PATH"
    put_program(room.home.environment(ID) / "bin", "odd-ffmpeg", "true")
    assert lack_of(described, room.home) is None


def test_the_weights_of_any_preset_will_do(room: OddRoom) -> None:
    lack = lack_of(HEAVY, room.home)
    assert lack is not None
    assert lack.kind is WeightsMissing
    assert lack.reason == "of its weights, a/full is missing"
    assert lack.mend == "talkies weights pull odd --variant full"
    put(room, LEAN)
    assert lack_of(HEAVY, room.home) is None
    assert complete_presets(HEAVY, room.home) == ("draft",)
    assert weights_lack(HEAVY, room.home, "draft") is None
    error = weights_lack(HEAVY, room.home, "best")
    assert error is not None
    raised = error.error(ID)
    assert type(raised) is WeightsMissing
    assert raised.hint == "Run `talkies weights pull odd --variant full`."
    assert raised.details["mend"] == "talkies weights pull odd --variant full"


def test_many_files_that_are_missing_are_counted(room: OddRoom) -> None:
    one = WeightSource(repository="a/one", include=("*",), to="one")
    described = description(weights=(one, replace(one, repository="a/two", to="two")))
    lack = lack_of(described, room.home)
    assert lack is not None
    assert lack.reason == "of its weights, a/one and 1 more are missing"
    assert lack.mend == "talkies weights pull odd"


def test_an_engine_for_gpus_needs_one(room: OddRoom) -> None:
    hungry = replace(PLAIN, speeds=(replace(PLAIN.speeds[0], vram_gib=8.0),))
    described = description(presets={"plain": hungry})
    lack = gpu_lack(described, None)
    assert lack is not None
    assert lack.kind is GpuUnavailable
    assert lack.mend == "talkies doctor --engine odd"
    assert gpu_lack(described, Gpu(None)) is None
    assert gpu_lack(description(presets={"plain": hungry, "cpu": PLAIN}), None) is None
