from dataclasses import replace
from pathlib import Path

import pytest
from described import TALKER, read

from talkies.engines.commands.description import Description, Option, Scalar
from talkies.engines.commands.options import require_options, resolved, schema_of, wrong_with
from talkies.errors import InvalidOption


@pytest.fixture
def talker(tmp_path: Path) -> Description:
    return read(TALKER, tmp_path)


def test_what_was_given_goes_over_the_preset_and_that_over_the_default(talker: Description) -> None:
    assert resolved(talker, "draft", {}) == {
        "resolution": "256",
        "steps": 8,
        "enhance": False,
        "pose": "",
        "preset": "draft",
    }
    given: dict[str, Scalar] = {"steps": 9, "enhance": True, "preset": "standard"}
    found = resolved(talker, "draft", given)
    assert (found["steps"], found["enhance"], found["preset"]) == (9, True, "draft")


def test_numbers_are_numbers(talker: Description) -> None:
    number = Option(type="number", default=1, description="")
    changed = {**talker.options, "scale": number}
    found = resolved(_with(talker, changed), "draft", {})
    assert repr(found["scale"]) == "1.0"


def _with(description: Description, options: dict[str, Option]) -> Description:
    return replace(description, options=options)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("stepps", 4, "has no option 'stepps'"),
        ("steps", "4", "is of the type integer"),
        ("steps", True, "is of the type integer"),
        ("steps", 3, "is 4 to 50, not 3"),
        ("steps", 51, "is 4 to 50, not 51"),
        ("enhance", 1, "is of the type boolean"),
        ("resolution", "1024", "is one of '256', '512', not '1024'"),
        ("pose", "1;2", "does not fit"),
        ("pose", "../../x", "does not fit"),
        ("preset", "best", "is one of 'standard', 'draft'"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    talker: Description, name: str, value: Scalar, says: str
) -> None:
    with pytest.raises(InvalidOption) as caught:
        require_options(talker, {name: value})
    assert says in caught.value.message
    assert caught.value.details["option"] == name


def test_values_that_fit_are_taken(talker: Description) -> None:
    require_options(
        talker, {"steps": 4, "pose": "-20,30,10", "preset": "draft", "resolution": "256"}
    )


def test_open_ranges_and_long_texts() -> None:
    least = Option(type="number", default=1.0, description="", minimum=0)
    most = Option(type="integer", default=1, description="", maximum=5)
    text = Option(type="string", default="", description="")
    assert wrong_with(-0.5, least) == "is at least 0, not -0.5"
    assert wrong_with(3, least) == ""
    assert wrong_with(6, most) == "is at most 5, not 6"
    assert wrong_with("x" * 2_001, text) == "has at most 2000 characters"
    assert wrong_with("anything", text) == ""


def test_the_schema_says_the_same(talker: Description) -> None:
    schema = schema_of(talker)
    assert schema["additionalProperties"] is False
    found = schema["properties"]
    assert list(found) == ["preset", "resolution", "steps", "enhance", "pose"]
    assert found["preset"]["enum"] == ["standard", "draft"]
    assert found["preset"]["default"] == "standard"
    assert "draft: 256 pixels in 8 steps." in found["preset"]["description"]
    assert found["steps"] == {
        "type": "integer",
        "default": 20,
        "description": "Steps of the sampler; fewer are quicker.",
        "minimum": 4.0,
        "maximum": 50.0,
    }
    assert found["pose"]["pattern"].startswith("^(?:")
