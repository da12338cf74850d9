from importlib.metadata import EntryPoint

import pytest

from talkies.engines.portrait import PortraitEngine
from talkies.engines.registry import AUTO, GROUP, EngineRegistry, installed
from talkies.errors import EngineFailure, UnknownEngine


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


GOOD = point("portrait", "talkies.engines.portrait:PortraitEngine")
MISSING = point("dream", "talkies_dream.engine:Dream")
FAILING = point("broken", "builtins:open")
MISNAMED = point("other", "talkies.engines.portrait:PortraitEngine")


def test_the_built_in_engine_comes_in_by_its_entry_point() -> None:
    assert "portrait" in {entry.name for entry in installed()}
    listed = {engine.id: engine for engine in EngineRegistry().list()}
    assert listed["portrait"].ready
    assert listed["portrait"].capabilities == PortraitEngine().capabilities


def test_broken_plug_ins_are_listed_with_the_reason() -> None:
    registry = EngineRegistry(points=[GOOD, MISSING, FAILING, MISNAMED])
    listed = {engine.id: engine for engine in registry.list()}
    assert list(listed) == ["broken", "dream", "other", "portrait"]
    assert [engine.id for engine in listed.values() if engine.ready] == ["portrait"]
    assert "talkies_dream" in listed["dream"].readiness.reason
    assert "TypeError" in listed["broken"].readiness.reason
    assert "calls itself 'portrait'" in listed["other"].readiness.reason


def test_an_engine_is_found_by_its_id_and_auto_chooses_one() -> None:
    assert isinstance(EngineRegistry().find("portrait"), PortraitEngine)
    assert isinstance(EngineRegistry(points=[MISSING, GOOD]).find(AUTO), PortraitEngine)


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownEngine) as refused:
        EngineRegistry(points=[GOOD, MISSING]).find("sora")
    assert refused.value.details["engines"] == ["dream", "portrait"]


def test_a_broken_engine_is_refused_with_its_reason() -> None:
    with pytest.raises(EngineFailure, match="talkies_dream") as refused:
        EngineRegistry(points=[GOOD, MISSING]).find("dream")
    assert "Mend its description" in refused.value.hint
