"""What a maker is told arrives as it was."""

from pathlib import Path

import pytest

from talkies.engines.home import EngineHome
from talkies.engines.terms import RenderTerms
from talkies.studio.maker_setup import MakerSetup, setup_from

PLACED = EngineHome(
    root=Path("/data"),
    weights_root=Path("/volume"),
    repositories=(("one", Path("/code/one")),),
    environments=(("two", Path("/venv")), ("one", Path("/other"))),
    weight_folders=(("one", Path("/models")),),
)


@pytest.mark.parametrize(
    "setup",
    [
        MakerSetup(),
        MakerSetup(home=EngineHome(root=Path("/data"))),
        MakerSetup(
            engine_folders=(Path("/plug ins"), Path("/more")),
            home=PLACED,
            terms=RenderTerms(least_seconds=1, patience=2.5, idle_seconds=3),
        ),
    ],
)
def test_a_maker_is_told_everything(setup: MakerSetup) -> None:
    assert setup_from(setup.arguments) == setup


def test_a_maker_that_is_told_nothing_has_the_usual_setup() -> None:
    assert setup_from([]) == MakerSetup()
