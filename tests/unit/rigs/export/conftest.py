from pathlib import Path

import pytest
from small_character import small_character

from talkies.rigs.character import Character


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Character:
    """A cut-out character, with its pack after the first export."""
    return small_character(tmp_path_factory.mktemp("characters") / "small")


@pytest.fixture(scope="session")
def opaque(tmp_path_factory: pytest.TempPathFactory) -> Character:
    return small_character(tmp_path_factory.mktemp("characters") / "opaque", opaque=True)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where an export goes: a folder with nothing else in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "line.mp4"
