"""One small character, built once for all tests that only look at it."""

import pytest
from building_stage import ROBIN, few, quick

from talkies.rigs.building.building import build_character
from talkies.rigs.character import Character

WORDS = few("speaking_ah", "lips_closed", "blink_closed")


@pytest.fixture(scope="session")
def robin(tmp_path_factory: pytest.TempPathFactory) -> Character:
    folder = tmp_path_factory.mktemp("built") / "robin"
    return build_character(ROBIN, folder, quick(config=WORDS))
