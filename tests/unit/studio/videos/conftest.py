from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from made_once import migrated
from studio_made_up import PORTRAIT, PlainEngine, recording
from workshop_stage import Room, engine_folder, room

from talkies.db.engine import writing
from talkies.db.tables import usage
from talkies.engines.registry import ListedEngine
from talkies.face.finding.landmarks import Landmarker
from talkies.studio.making import Makers
from talkies.studio.videos.pipeline import Tools
from talkies.wiring.library import ears


class OneEngine:
    """Engines of which there is one, whatever it is asked for."""

    def __init__(self, engine: PlainEngine) -> None:
        self._engine = engine

    def find(self, _: str) -> PlainEngine:
        return self._engine

    def list(self) -> tuple[ListedEngine, ...]:
        known = self._engine.capabilities
        return (ListedEngine(id=known.id, capabilities=known),)

    def version_of(self, _: str) -> str | None:
        return None

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def landmarker() -> Landmarker:
    return Landmarker()


@pytest.fixture
def engine() -> PlainEngine:
    return PlainEngine()


@pytest.fixture
def tools(landmarker: Landmarker, engine: PlainEngine) -> Tools:
    return Tools(landmarker=landmarker, ears=ears(), engines=OneEngine(engine))


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    return recording(tmp_path / "speech.wav")


@pytest.fixture
def portrait() -> Path:
    return PORTRAIT


@pytest.fixture(scope="session")
def makers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Makers]:
    folder = engine_folder(tmp_path_factory.mktemp("beside"))
    pool = Makers(spares=1, engine_folders=(folder,))
    pool.start()
    yield pool
    pool.close()


@pytest.fixture
def stage(tmp_path: Path, makers: Makers) -> Room:
    return room(tmp_path, makers)


@pytest.fixture(scope="module")
def _database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    engine = migrated(tmp_path_factory.mktemp("data") / "talkies.db")
    yield engine
    engine.dispose()


@pytest.fixture
def database(_database: sa.Engine) -> sa.Engine:
    with writing(_database) as connection:
        connection.execute(sa.delete(usage))
    return _database
