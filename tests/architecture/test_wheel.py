"""What a user installs holds everything the program opens."""

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
DATA = {".tflite", ".bin", ".npz", ".json", ".typed", ".txt", ".ttf", ".toml"}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("dist")
    built = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    with zipfile.ZipFile(built) as wheel:
        return set(wheel.namelist())


def test_every_data_file_is_packed(names: set[str]) -> None:
    source = ROOT / "src"
    data = {str(f.relative_to(source)) for f in source.rglob("*") if f.suffix in DATA}
    assert len(data) > 4
    assert data <= names


def test_licences_are_packed(names: set[str]) -> None:
    assert {Path(name).name for name in names} >= {"LICENSE", "NOTICE"}


def test_nothing_else_is_packed(names: set[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in names} == {"talkies"}
