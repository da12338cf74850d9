from collections.abc import Iterator
from pathlib import Path

import pytest
from workshop_stage import Room, room

from talkies.studio.making import Makers


@pytest.fixture(scope="session")
def makers() -> Iterator[Makers]:
    pool = Makers(spares=1)
    pool.start()
    yield pool
    pool.close()


@pytest.fixture
def stage(tmp_path: Path, makers: Makers) -> Room:
    return room(tmp_path, makers)
