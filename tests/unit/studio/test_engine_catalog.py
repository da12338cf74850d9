import pytest
from workshop_stage import POINTS

from talkies.engines.registry import EngineRegistry
from talkies.errors import InvalidOption, UnknownEngine
from talkies.studio.engines import EngineCatalog, require_able

CATALOG = EngineCatalog(EngineRegistry(points=POINTS))


def test_engines_are_listed_and_chosen_by_name() -> None:
    assert [engine.id for engine in CATALOG.list()] == ["portrait", "quick"]
    assert CATALOG.choose("quick").id == "quick"
    assert CATALOG.choose().id == "portrait"
    assert CATALOG.choose() is CATALOG.choose()


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UnknownEngine):
        CATALOG.choose("none")


def test_an_engine_is_asked_for_nothing_that_it_does_not_know() -> None:
    quick = CATALOG.choose("quick")
    require_able(quick, format_="mp4", options={"do": "crash"})
    with pytest.raises(InvalidOption, match="cannot make avi"):
        require_able(quick, format_="avi", options={})
    with pytest.raises(InvalidOption) as caught:
        require_able(quick, format_="mp4", options={"steps": 4})
    assert caught.value.hint == "It has do, pause."
    with pytest.raises(InvalidOption) as caught:
        require_able(CATALOG.choose("portrait"), format_="mp4", options={"steps": 4})
    assert caught.value.hint == "It has none."


def test_an_engine_has_the_version_of_its_package() -> None:
    assert EngineRegistry().version_of("portrait")
    assert EngineRegistry(points=POINTS).version_of("quick") is None
    assert EngineRegistry().version_of("none") is None
