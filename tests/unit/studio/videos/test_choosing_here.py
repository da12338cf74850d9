import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from engines_to_choose import POINTS

from talkies.engines.registry import EngineRegistry
from talkies.errors import InvalidOption
from talkies.studio.videos.choosing_here import settled
from talkies.studio.videos.planning import plan
from talkies.studio.videos.request import VideoRequest


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[float], VideoRequest]:
    def request(seconds: float) -> VideoRequest:
        sound = tmp_path / "speech.wav"
        with wave.open(str(sound), "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(16_000)
            writer.writeframes(bytes(round(seconds * 32_000)))
        return plan(tmp_path / "face.png", sound, tmp_path / "talk.mp4", {})

    return request


def engines(*names: str) -> EngineRegistry:
    return EngineRegistry(points=[point for point in POINTS if not names or point.name in names])


def test_a_short_clip_gets_the_most_lifelike_engine(asked: Callable[[float], VideoRequest]) -> None:
    assert settled(asked(1), engines()).engine == "lifelike"


def test_a_long_one_gets_one_that_is_done_in_time(asked: Callable[[float], VideoRequest]) -> None:
    chosen = settled(asked(120), engines())
    assert chosen.engine == "research"
    assert "lifelike in" in chosen.engine_reason


def test_where_one_alone_can_make_it_there_is_nothing_to_explain(
    asked: Callable[[float], VideoRequest],
) -> None:
    assert settled(asked(1), engines("research")).engine_reason == ""


def test_a_named_engine_stays(asked: Callable[[float], VideoRequest]) -> None:
    named = replace(asked(1), engine="quick")
    assert settled(named, engines()) is named


def test_a_preset_leaves_the_engines_that_have_it(asked: Callable[[float], VideoRequest]) -> None:
    best = replace(asked(120), engine_options={"preset": "best"})
    assert settled(best, engines()).engine == "lifelike"


def test_a_text_is_as_long_as_its_letters(tmp_path: Path) -> None:
    long = plan(tmp_path / "face.png", None, tmp_path / "talk.mp4", {"text": "word " * 2_000})
    assert settled(long, engines()).engine == "research"


def test_what_no_engine_can_is_refused(asked: Callable[[float], VideoRequest]) -> None:
    magic = replace(asked(1), engine_options={"magic": 1})
    with pytest.raises(InvalidOption, match="no option `magic`"):
        settled(magic, engines())
    with pytest.raises(InvalidOption, match="No engine is ready"):
        settled(asked(1), engines("broken"))
