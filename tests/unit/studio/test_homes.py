from pathlib import Path

import pytest

from talkies.engines.home import EngineHome
from talkies.studio.homes import home_argument, home_from

PLAIN = EngineHome(root=Path("/data"))
PLACED = EngineHome(
    root=Path("/data"),
    weights_root=Path("/volume"),
    repositories=(("one", Path("/code/one")),),
    environments=(("two", Path("/venv")), ("one", Path("/other"))),
    weight_folders=(("one", Path("/models")),),
)


@pytest.mark.parametrize("home", [PLAIN, PLACED])
def test_a_home_is_told_as_it_is(home: EngineHome) -> None:
    assert home_from(home_argument(home)) == home
