import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from talkies.api.models import Answer, Body, Moment, require_storable


class Note(Body):
    text: str = ""
    number: float = 0.0
    more: dict[str, object] = Field(default_factory=dict)


class Time(Answer):
    at: Moment | None


def test_moments_go_out_as_text() -> None:
    assert Time(at=1_700_000_000_123).model_dump_json() == '{"at":"2023-11-14T22:13:20.123Z"}'
    assert Time(at=None).model_dump_json() == '{"at":null}'


@pytest.mark.parametrize(
    "document",
    [
        {"text": "a\0b"},
        {"text": "\ud800"},
        {"more": {"a": ["b", {"c": "\0"}]}},
        {"more": {"\0": 1}},
        {"more": {"a": float("nan")}},
        {"number": float("inf")},
        {"number": "nan"},
        {"unknown": 1},
    ],
)
def test_what_no_database_keeps_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Note.model_validate(document)


def test_depth_costs_no_stack() -> None:
    deep: object = "end"
    for _ in range(100_000):
        deep = [deep]
    require_storable(deep)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_what_passes_can_be_written_as_utf8(document: object) -> None:
    try:
        require_storable(document)
    except ValueError:
        return
    repr(document).encode()
    assert "\0" not in str(document)
