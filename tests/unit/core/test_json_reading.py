from collections.abc import Callable

import pytest

from talkies.core.json_reading import JsonAt, read_json
from talkies.errors import InvalidInput


def refused(where: str, problem: str, hint: str) -> InvalidInput:
    return InvalidInput(f"{where} {problem}", hint=hint)


def at(value: object) -> JsonAt:
    return JsonAt(value, refused)


def test_every_value_knows_its_place() -> None:
    document = read_json('{"tracks": {"poses": [{"start": 3}, {"start": 5}]}}', refused)

    clips = list(document.field("tracks").field("poses").items())
    assert [clip.field("start").whole() for clip in clips] == [3, 5]
    assert clips[1].field("start").where == "tracks.poses[1].start"
    assert document.where == "document"


def test_a_field_that_may_be_left_out_is_nothing_when_it_is_null() -> None:
    assert at({"note": None}).optional("note") is None
    assert at({}).optional("note") is None


@pytest.mark.parametrize("text", ["", "{", '{"a": }', "[" * 100_000, "1" * 5000])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="document is not JSON"):
        read_json(text, refused)


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: at({}).field("id"), "id is missing"),
        (lambda: at([]).field("id"), "document is not an object"),
        (lambda: at({"a": 1, "b": 2}).only({"a"}), "b is unknown"),
        (lambda: next(at({}).items()), "document is not a list"),
        (lambda: next(at([3]).items()).text(), r"\[0\] is not a text"),
        (lambda: at("\ud800").text(), "has a character that is none"),
        (lambda: at(1.0).whole(), "is not a whole number"),
        (lambda: at(True).whole(), "is not a whole number"),
        (lambda: at(True).number(), "is not a number"),
        (lambda: at("1").number(), "is not a number"),
        (lambda: at(float("nan")).number(), "is not a finite number"),
        (lambda: at(10**400).number(), "is not a finite number"),
    ],
)
def test_each_reading_refuses_what_it_does_not_read(
    read: Callable[[], object], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        read()


def test_numbers_and_texts_are_read_as_they_are() -> None:
    assert at(3).whole() == 3
    assert at(3).number() == 3.0
    assert at("é").text() == "é"
    assert [name for name, _ in at({"a": 1, "b": 2}).fields()] == ["a", "b"]
