"""Fixtures: a room of timelines with one character and one maker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_character import small_character
from timeline_room import TimelineRoom, timeline_room

from talkies.studio.making import Makers


@pytest.fixture(scope="session")
def makers() -> Iterator[Makers]:
    pool = Makers(spares=1)
    pool.start()
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def robin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_character(tmp_path_factory.mktemp("characters") / "robin").folder


@pytest.fixture
def stage(tmp_path: Path, makers: Makers, robin: Path) -> Iterator[TimelineRoom]:
    made = timeline_room(tmp_path, makers, robin)
    yield made
    made.engine.dispose()
