import pytest
from workshop_stage import POINTS

from talkies.engines.registry import EngineRegistry
from talkies.errors import UnknownEngine
from talkies.studio.engines import EngineCatalog

CATALOG = EngineCatalog(EngineRegistry(points=POINTS))


def test_engines_are_listed_and_chosen_by_name() -> None:
    assert [engine.id for engine in CATALOG.list()] == ["character", "portrait", "quick"]
    assert CATALOG.choose("quick").id == "quick"
    assert CATALOG.choose().id == "portrait"
    assert CATALOG.choose() is CATALOG.choose()


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UnknownEngine):
        CATALOG.choose("none")


def test_an_engine_has_the_version_of_its_package() -> None:
    assert EngineRegistry().version_of("portrait")
    assert EngineRegistry(points=POINTS).version_of("quick") is None
    assert EngineRegistry().version_of("none") is None
