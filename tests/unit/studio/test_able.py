from collections.abc import Mapping

import pytest

from talkies.engines.base import Capabilities, VideoFormat, Visual
from talkies.errors import InvalidOption
from talkies.studio.able import require_able, typed_options

ENGINE = Capabilities(
    id="madeup",
    summary="Made up.",
    follows_performance=False,
    formats=frozenset({VideoFormat.MP4, VideoFormat.WEBM}),
    licence="MIT",
    commercial_use=True,
    vram_gib=8,
    seconds_per_video_second=1,
    option_schema={
        "type": "object",
        "properties": {
            "preset": {"type": "string", "enum": ["fast", "fine"]},
            "steps": {"type": "integer", "minimum": 1, "maximum": 50},
            "scale": {"type": "number", "minimum": 0.5},
            "still": {"type": "boolean"},
            "name": {"type": "string"},
            "turn": {"type": "string", "pattern": r"^(?:-?\d+)$", "description": "Degrees."},
            "word": {"type": "string", "pattern": "[a-z]"},
        },
    },
)


def refusal(
    options: Mapping[str, str | int | float | bool],
    *,
    visual: Visual = Visual.PORTRAIT,
    format_: str = "mp4",
) -> InvalidOption:
    with pytest.raises(InvalidOption) as caught:
        require_able(ENGINE, visual=visual, format_=format_, options=options)
    return caught.value


def test_an_engine_that_is_able_is_not_complained_about() -> None:
    options: dict[str, str | int | float | bool] = {"preset": "fast", "steps": 8}
    require_able(ENGINE, visual=Visual.PORTRAIT, format_="webm", options=options)


def test_an_engine_of_portraits_takes_no_source_video() -> None:
    error = refusal({}, visual=Visual.SOURCE_VIDEO)
    assert "The engine madeup takes no `source_video`." in error.message
    assert "Give it a `portrait`" in error.hint
    assert error.details["option"] == "source_video"


def test_formats_that_it_cannot_make_are_refused() -> None:
    error = refusal({}, format_="gif")
    assert error.hint == "It makes mp4, webm."


def test_unknown_options_are_refused_with_those_that_there_are() -> None:
    error = refusal({"stepz": 8})
    assert error.hint == "It has name, preset, scale, steps, still, turn, word."
    assert error.details["option"] == "options.stepz"


def test_an_engine_without_options_says_so() -> None:
    bare = Capabilities(
        id="bare",
        summary="",
        follows_performance=True,
        formats=frozenset(VideoFormat),
        licence="MIT",
        commercial_use=True,
        vram_gib=0,
        seconds_per_video_second=1,
    )
    with pytest.raises(InvalidOption) as caught:
        typed_options(bare, {"steps": 8})
    assert caught.value.hint == "It has none."


@pytest.mark.parametrize(
    ("given", "typed"),
    [
        ({"steps": "8"}, {"steps": 8}),
        ({"steps": 8.0}, {"steps": 8}),
        ({"scale": "1.5"}, {"scale": 1.5}),
        ({"scale": 2}, {"scale": 2.0}),
        ({"still": "Yes"}, {"still": True}),
        ({"still": "0"}, {"still": False}),
        ({"still": True}, {"still": True}),
        ({"name": "8"}, {"name": "8"}),
        ({"turn": "-20"}, {"turn": "-20"}),
        ({"word": "8a8"}, {"word": "8a8"}),
    ],
)
def test_texts_of_a_command_line_become_what_the_schema_says(
    given: dict[str, str], typed: dict[str, object]
) -> None:
    found = typed_options(ENGINE, given)
    assert found == typed
    assert [type(value) for value in found.values()] == [type(value) for value in typed.values()]


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({"preset": "slow"}, "Choose one of: fast, fine."),
        ({"steps": 0}, "Give a whole number from 1 up to 50."),
        ({"steps": 51}, "Give a whole number from 1 up to 50."),
        ({"steps": "8.5"}, "Give a whole number from 1 up to 50."),
        ({"steps": "many"}, "Give a whole number from 1 up to 50."),
        ({"steps": True}, "Give a whole number from 1 up to 50."),
        ({"scale": 0.1}, "Give a number from 0.5."),
        ({"scale": "inf"}, "Give a number from 0.5."),
        ({"scale": "nan"}, "Give a number from 0.5."),
        ({"scale": 10**400}, "Give a number from 0.5."),
        ({"still": "perhaps"}, "Give true or false."),
        ({"still": 2}, "Give true or false."),
        ({"name": 8}, "Give a text."),
        ({"name": "a\0b"}, "Give a text."),
        ({"turn": "1 2"}, r"Degrees. It has to fit ^(?:-?\d+)$"),
        ({"turn": "1\n"}, r"Degrees. It has to fit ^(?:-?\d+)$"),
        ({"word": "8"}, "It has to fit [a-z]"),
    ],
)
def test_values_that_the_schema_forbids_are_refused_by_name(
    given: dict[str, str], hint: str
) -> None:
    error = refusal(given)
    assert error.hint == hint
    assert error.details["option"] == f"options.{next(iter(given))}"
