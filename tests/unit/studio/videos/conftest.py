from pathlib import Path

import pytest
from studio_made_up import PORTRAIT, PlainEngine, recording

from talkies.face.finding.landmarks import Landmarker
from talkies.studio.videos.pipeline import Tools
from talkies.wiring.library import ears


@pytest.fixture(scope="session")
def landmarker() -> Landmarker:
    return Landmarker()


@pytest.fixture
def engine() -> PlainEngine:
    return PlainEngine()


@pytest.fixture
def tools(landmarker: Landmarker, engine: PlainEngine) -> Tools:
    return Tools(landmarker=landmarker, ears=ears(), find_engine=lambda _: engine)


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    return recording(tmp_path / "speech.wav")


@pytest.fixture
def portrait() -> Path:
    return PORTRAIT
