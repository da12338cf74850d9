import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_made_up import alignments, spoken

from talkies.core.alignment import Alignment, Word
from talkies.core.timing import TimeRange
from talkies.core.timing_json import alignment_from_json, alignment_of, alignment_to_json
from talkies.errors import InvalidInput


def written(*sounds: tuple[str, float], words: tuple[Word, ...] = ()) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(alignment_to_json(spoken(*sounds, words=words)))
    return document


@settings(max_examples=80)
@given(alignments())
def test_reading_gives_back_what_was_written(alignment: Alignment) -> None:
    assert alignment_from_json(alignment_to_json(alignment)) == alignment


def test_a_phoneme_is_written_in_every_notation() -> None:
    record = written(("aʊ", 100))["phonemes"][0]

    assert record == {
        "ipa": "aʊ",
        "arpabet": "AW",
        "visemes": ["aa", "ou"],
        "oculus": ["aa", "ou"],
        "start": 0.0,
        "end": 0.1,
        "start_tick": 0,
        "end_tick": 1600,
        "confidence": 1.0,
    }


def test_a_parsed_document_is_read_like_its_text() -> None:
    document = written(("a", 100))

    assert alignment_of(document) == alignment_from_json(json.dumps(document))


def test_the_document_names_its_schema_and_grid() -> None:
    document = written(("a", 500))

    assert (document["schema"], document["rate"]) == ("talkies.timing/1", 16000)
    assert (document["length"], document["seconds"]) == (8000, 0.5)


def test_spellings_written_by_hand_are_folded() -> None:
    document = written(("a", 100))
    document["phonemes"][0]["ipa"] = "g"

    assert alignment_from_json(json.dumps(document)).phonemes[0].symbol == "ɡ"


def test_confidence_may_be_left_out() -> None:
    document = written(("a", 100))
    del document["phonemes"][0]["confidence"]

    assert alignment_from_json(json.dumps(document)).phonemes[0].confidence == 1


WORD = Word(text="a", span=TimeRange(0, 800))


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (["schema"], "talkies.timing/2", "schema"),
        (["schema"], None, "schema"),
        (["rate"], 44100, "rate"),
        (["length"], -1, "length"),
        (["length"], 1e3, "length"),
        (["length"], True, "length"),
        (["length"], 10**400, "length"),
        (["length"], 99, "words[1]"),
        (["length"], 10**6, "document"),
        (["language"], 7, "language"),
        (["language"], "\ud800", "language"),
        (["source"], "guess", "document"),
        (["warnings"], "x", "warnings"),
        (["warnings"], [1], "warnings[0]"),
        (["words"], {}, "words"),
        (["words", 0], 3, "words[0]"),
        (["words", 0, "text"], None, "words[0]"),
        (["words", 0, "text"], "a\udfffb", "words[0].text"),
        (["words", 1, "start_tick"], 0, "words[1]"),
        (["words", 0, "end_tick"], -3, "words[0].end_tick"),
        (["words", 0, "confidence"], 1.5, "words[0].confidence"),
        (["words", 0, "confidence"], float("nan"), "words[0].confidence"),
        (["words", 0, "confidence"], True, "words[0].confidence"),
        (["words", 1, "end_tick"], 1000, "words[1]"),
        (["words", 1, "end_tick"], 10**6, "words[1]"),
        (["phonemes", 0, "ipa"], "ab", "phonemes[0].ipa"),
        (["phonemes", 0, "ipa"], "%", "phonemes[0].ipa"),
        (["phonemes", 0, "ipa"], None, "phonemes[0].ipa"),
        (["phonemes", 0, "start_tick"], "0", "phonemes[0].start_tick"),
        (["phonemes", 0, "end_tick"], 24 * 3600 * 16_000 + 1, "phonemes[0].end_tick"),
        (["phonemes", 0, "start_tick"], 5, "document"),
    ],
)
def test_nonsense_is_refused_by_its_place(path: list[Any], value: object, where: str) -> None:
    second = Word(text="b", span=TimeRange(1200, 1600))
    document = written(("a", 100), words=(WORD, second))
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    with pytest.raises(InvalidInput) as caught:
        alignment_from_json(json.dumps(document))
    assert str(caught.value.details["where"]).startswith(where)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", "[" * 100_000, '"x"'])
def test_what_is_no_timing_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        alignment_from_json(text)


@settings(max_examples=100)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        alignment_from_json(text)


@settings(max_examples=60)
@given(alignments(max_phonemes=3), st.data())
def test_a_damaged_file_is_read_or_refused(alignment: Alignment, data: st.DataObject) -> None:
    text = alignment_to_json(alignment)
    numbers = [match.span() for match in re.finditer(r"(?<=: )[^\n{\[]+?(?=,?\n)", text)]
    start, end = data.draw(st.sampled_from(numbers))
    value = data.draw(st.sampled_from(["null", "-1", "1e400", '""', "[]", "{}", "NaN", "0.5"]))
    with suppress(InvalidInput):
        alignment_from_json(text[:start] + value + text[end:])
