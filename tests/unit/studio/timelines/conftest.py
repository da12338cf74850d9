from pathlib import Path

import pytest
from file_room import engine, file_room_postgres, room  # noqa: F401  fixtures
from timeline_room import Known, known_timeline, timeline_room
from timeline_stage import makers, robin, stage  # noqa: F401  fixtures

from talkies.studio.making import Makers


@pytest.fixture(scope="session")
def known(
    tmp_path_factory: pytest.TempPathFactory,
    makers: Makers,  # noqa: F811  the fixture
    robin: Path,  # noqa: F811  the fixture
) -> Known:
    return known_timeline(timeline_room(tmp_path_factory.mktemp("known"), makers, robin))
