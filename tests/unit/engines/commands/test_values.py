import json
from dataclasses import replace
from pathlib import Path

import pytest
from odd_stage import ID, OddRoom
from odd_stage import description as odd

from talkies.engines.commands.description import Chunking, Intake
from talkies.engines.commands.values import (
    chunks_of,
    holds,
    name_in,
    places_in,
    values_of,
    words_of,
    written,
)
from talkies.errors import AudioTooShort


def chunks(seconds: float, frames: int = 81, overlap: int = 9) -> int:
    intake = Intake(chunking=Chunking(frames=frames, overlap=overlap))
    return chunks_of(seconds, odd(intake=intake))


def test_every_value_of_a_run_is_there(tmp_path: Path) -> None:
    room = OddRoom(tmp_path)
    order = room.order(prompt="hello", options={"preset": "plain", "steps": 4})
    assert values_of(order, odd(), room.home) == {
        "python": str(room.home.python(ID)),
        "repository": str(room.home.repository(ID)),
        "weights": str(room.home.weights(ID)),
        "environment": str(room.home.environment(ID)),
        "scratch": str(order.scratch),
        "output": f"{order.scratch}/output",
        "visual": str(order.visual),
        "visual_name": "portrait.png",
        "sound": str(order.sound),
        "prompt": "hello",
        "seed": 7,
        "width": 64,
        "height": 96,
        "frames": 10,
        "seconds": 0.4,
        "chunks": 1,
        "preset": "plain",
        "steps": 4,
    }


@pytest.mark.parametrize(
    ("seconds", "expected"), [(3.28, 2), (5, 2), (6.12, 2), (6.16, 3), (10, 4), (40, 14), (60, 21)]
)
def test_chunks_are_counted_as_infinitetalk_counts_them(seconds: float, expected: int) -> None:
    assert chunks(seconds) == expected


@pytest.mark.parametrize("seconds", [0.1, 3.0, 3.24, 3.27])
def test_what_does_not_fill_more_than_one_chunk_is_too_short(seconds: float) -> None:
    with pytest.raises(AudioTooShort, match="more than 81 frames"):
        chunks(seconds)


def test_an_engine_without_chunks_has_one() -> None:
    assert chunks_of(0.1, odd()) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("{seed}x{seed}", "7x7"),
        ("{{{seed}}}", "{7}"),
        ("{{seed}}", "{seed}"),
        ("{yes} {no}", "true false"),
        ("{scale}", "1.5"),
        ("{prompt}", 'say "{seed}"\n- and\\'),
        ("{prompt:line}", 'say "{seed}" - and\\'),
        ("{yes:json} {seed:json} {scale:json} {none:json}", 'true 7 1.5 ""'),
    ],
)
def test_values_are_written_as_they_are(text: str, expected: str) -> None:
    values = {
        "seed": 7,
        "yes": True,
        "no": False,
        "scale": 1.5,
        "none": "",
        "prompt": 'say "{seed}"\n- and\\',
    }
    assert written(text, values) == expected


@pytest.mark.parametrize("prompt", ['"', "\\", "a\nb\tc", "{}", "ü 漢 😀", "'''", "\x07", "$(ls)"])
def test_any_prompt_survives_a_file_of_json(prompt: str) -> None:
    text = written('{{"a": {prompt:json}, "b": [{prompt:json}]}}', {"prompt": prompt})
    assert json.loads(text) == {"a": prompt, "b": [prompt]}


def test_what_no_program_can_be_given_is_left_out() -> None:
    values = {"prompt": "a\0b\ud800c"}
    assert words_of(["{prompt}"], values) == ("ab?c",)
    assert json.loads(written("{prompt:json}", values)) == "ab?c"


def test_a_value_is_one_word_whatever_is_in_it() -> None:
    values = {"prompt": "two words; $HOME", "yaw": "-20, 30 10", "none": ""}
    assert words_of(["{prompt}"], values) == ("two words; $HOME",)
    assert words_of(["--p={prompt}", "x{yaw}"], values) == (
        "--p=two words; $HOME",
        "x-20, 30 10",
    )
    assert words_of(["{none}"], values) == ("",)


def test_a_list_is_split_only_where_that_is_said() -> None:
    assert words_of(["--yaw", "{yaw:words}"], {"yaw": "-20, 30 10"}) == ("--yaw", "-20", "30", "10")
    assert words_of(["{yaw:words}"], {"yaw": ""}) == ()


def test_a_text_that_looks_like_an_option_is_none() -> None:
    assert words_of(["{prompt}", "{seed}"], {"prompt": "--help", "seed": -1}) == (" --help", "-1")
    assert words_of(["--p={prompt}"], {"prompt": "--help"}) == ("--p=--help",)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", True),
        ("seed", True),
        ("none", False),
        ("zero", False),
        ("no", False),
        ("!no", True),
        ("!seed", False),
        ("mode=full|crop", True),
        ("mode=crop", False),
        ("mode!=crop", True),
        ("mode!=full", False),
        ("!mode=full", False),
        ("no=false", True),
        ("seed=7", True),
        ("none=", True),
    ],
)
def test_conditions(condition: str, expected: bool) -> None:
    values = {"seed": 7, "none": "", "zero": 0, "no": False, "mode": "full"}
    assert holds(condition, values) is expected


def test_the_grammar_is_strict() -> None:
    for text in ("{", "}", "{a", "a}", "{a{b}}"):
        with pytest.raises(ValueError, match="a single"):
            list(places_in(text))
    with pytest.raises(ValueError, match="known forms"):
        list(places_in("{a:yaml}"))
    with pytest.raises(ValueError, match="not a condition"):
        name_in("a b")
    with pytest.raises(KeyError):
        written("{unknown}", {})
    assert name_in("!mode=a|b") == "mode"


def test_options_do_not_hide_behind_other_engines(tmp_path: Path) -> None:
    room = OddRoom(tmp_path)
    order = replace(room.order(), options={"preset": "plain"})
    with pytest.raises(KeyError):
        written("{steps}", values_of(order, odd(), room.home))
