import json
import re
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timelines_made_up import clip, timeline, timelines

from talkies.core.timeline.document import Clip, Timeline, TrackName, View
from talkies.core.timeline.document_json import timeline_from_json, timeline_to_json
from talkies.core.timeline.validate import problems, validate
from talkies.core.timing import TimeRange
from talkies.errors.characters import TimelineInvalid

FULL = timeline(
    visemes=(clip("v1", 5, 9, "pp", transition=2), clip("v2", 9, 20, "aa", strength=0.5)),
    expressions=(clip("e1", 0, 60, "happy_soft"),),
    camera=(clip("c1", 0, 50, View(zoom=2.0, x=0.25)),),
    captions=(clip("t1", 5, 20, "Hello\nthere"),),
)


@settings(max_examples=120)
@given(timelines())
def test_reading_gives_back_what_was_written(made: Timeline) -> None:
    text = timeline_to_json(made)

    assert timeline_from_json(text) == made
    assert timeline_to_json(timeline_from_json(text)) == text


@settings(max_examples=50)
@given(timelines())
def test_whatever_the_rules_allow_is_valid(made: Timeline) -> None:
    validate(made)


def test_a_clip_stands_on_one_line() -> None:
    text = timeline_to_json(FULL)

    assert '   {"id": "v1", "start": 5, "end": 9, "value": "pp", "strength": 1.0, ' in text
    assert json.loads(text)["tracks"]["camera"][0]["value"] == {"zoom": 2.0, "x": 0.25, "y": 0.5}
    assert len(text.splitlines()) < 60


def test_the_document_names_its_schema_and_its_exact_rate() -> None:
    document = json.loads(timeline_to_json(FULL))

    assert (document["schema"], document["fps"]) == ("talkies.timeline/1", "25")


@pytest.mark.parametrize(
    ("fps", "seconds"), [(25, 4), ("25", 4), ("24000/1001", 100 * 1001 / 24000)]
)
def test_rates_are_whole_or_a_ratio(fps: object, seconds: float) -> None:
    document = json.loads(timeline_to_json(timeline())) | {"fps": fps}

    assert timeline_from_json(json.dumps(document)).seconds == pytest.approx(seconds)


def test_what_may_be_left_out_is_left_out() -> None:
    text = json.dumps({
        "schema": "talkies.timeline/1", "id": "a", "character": "robin", "fps": "25",
        "frames": 10, "tracks": {"blinks": [{"id": "b", "start": 1, "end": 3}]},
    })  # fmt: skip

    made = timeline_from_json(text)
    assert made.track(TrackName.BLINKS) == (Clip(id="b", span=TimeRange(1, 3), value=""),)
    assert (made.sound, made.speech, made.seed) == (None, None, 0)


def test_a_track_without_clips_is_no_track() -> None:
    assert timeline(poses=()) == timeline()


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (["schema"], "talkies.timeline/2", "schema"),
        (["schema"], "talkies.timeline/0", "schema"),
        (["schema"], "talkies.timing/1", "schema"),
        (["schema"], None, "schema"),
        (["id"], "", "id"),
        (["id"], 7, "id"),
        (["id"], "x" * 101, "id"),
        (["character"], None, "character"),
        (["fps"], "25/0", "fps"),
        (["fps"], "25fps", "fps"),
        (["fps"], 10**9, "fps"),
        (["fps"], "0", "fps"),
        (["fps"], "241", "fps"),
        (["fps"], 29.97, "fps"),
        (["fps"], True, "fps"),
        (["frames"], 0, "frames"),
        (["frames"], 10**12, "frames"),
        (["frames"], "100", "frames"),
        (["seed"], -1, "seed"),
        (["seed"], 2**53, "seed"),
        (["extra"], 1, "extra"),
        (["sound"], "a.wav", "sound"),
        (["sound"], {"source": "a.wav"}, "sound.length"),
        (["sound"], {"source": "", "length": 1}, "sound.source"),
        (["sound"], {"source": "a", "length": -1}, "sound.length"),
        (["sound"], {"source": "a", "length": 48_000 * 4 + 1}, "sound.length"),
        (["sound"], {"source": "a", "length": 1, "rate": 44_100}, "sound.rate"),
        (["sound"], {"source": "a", "length": 1, "sha256": "xyz"}, "sound.sha256"),
        (["speech"], {"schema": "talkies.timing/1"}, "speech.rate"),
        (["speech"], [], "speech"),
        (["tracks"], [], "tracks"),
        (["tracks", "music"], [], "tracks.music"),
        (["tracks", "visemes"], {}, "tracks.visemes"),
        (["tracks", "visemes", 0], 7, "tracks.visemes[0]"),
        (["tracks", "visemes", 0, "strenght"], 1, "tracks.visemes[0].strenght"),
        (["tracks", "visemes", 0, "start"], -1, "tracks.visemes[0].start"),
        (["tracks", "visemes", 0, "start"], 4.5, "tracks.visemes[0].start"),
        (["tracks", "visemes", 0, "end"], 3, "tracks.visemes[0].end"),
        (["tracks", "visemes", 0, "end"], 5, "tracks.visemes[0].end"),
        (["tracks", "visemes", 1, "end"], 101, "tracks.visemes[1].end"),
        (["tracks", "visemes", 1, "start"], 8, "tracks.visemes[1].start"),
        (["tracks", "visemes", 0, "value"], "ah", "tracks.visemes[0].value"),
        (["tracks", "visemes", 0, "value"], {"zoom": 1}, "tracks.visemes[0].value"),
        (["tracks", "visemes", 0, "strength"], 1.01, "tracks.visemes[0].strength"),
        (["tracks", "visemes", 0, "strength"], float("nan"), "tracks.visemes[0].strength"),
        (["tracks", "visemes", 0, "transition"], -1, "tracks.visemes[0].transition"),
        (["tracks", "visemes", 0, "origin"], "me", "tracks.visemes[0].origin"),
        (["tracks", "visemes", 0, "id"], None, "tracks.visemes[0].id"),
        (["tracks", "visemes", 1, "id"], "v1", "tracks.visemes[1].id"),
        (["tracks", "expressions", 0, "id"], "v1", "tracks.expressions[0].id"),
        (["tracks", "expressions", 0, "value"], "", "tracks.expressions[0].value"),
        (["tracks", "expressions", 0, "note"], "x" * 2001, "tracks.expressions[0].note"),
        (["tracks", "camera", 0, "value"], "wide", "tracks.camera[0].value"),
        (["tracks", "camera", 0, "value", "zoom"], 0.5, "tracks.camera[0].value.zoom"),
        (["tracks", "camera", 0, "value", "x"], 1.5, "tracks.camera[0].value.x"),
        (["tracks", "camera", 0, "value", "angle"], 1, "tracks.camera[0].value.angle"),
        (["tracks", "captions", 0, "value"], " \n", "tracks.captions[0].value"),
        (["tracks", "captions", 0, "value"], "x" * 2001, "tracks.captions[0].value"),
        (["tracks", "captions", 0, "value"], "\ud800", "tracks.captions[0].value"),
        (["tracks", "blinks"], [{"id": "b", "start": 0, "end": 1, "value": "x"}],
         "tracks.blinks[0].value"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_by_its_place(path: list[Any], value: object, where: str) -> None:
    document = json.loads(timeline_to_json(FULL))
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    with pytest.raises(TimelineInvalid) as caught:
        timeline_from_json(json.dumps(document))
    assert caught.value.details["where"] == where
    assert where in caught.value.message


def test_everything_that_is_wrong_can_be_listed() -> None:
    broken = replace(FULL, fps=Fraction(0), frames=40, seed=-1)

    assert [problem.where for problem in problems(broken)] == [
        "fps",
        "seed",
        "tracks.expressions[0].end",
        "tracks.camera[0].end",
    ]


def test_speech_may_end_a_frame_after_the_timeline_and_no_later() -> None:
    spoken = {"schema": "talkies.timing/1", "rate": 16_000, "words": [], "phonemes": [],
              "source": "recognition", "warnings": []}  # fmt: skip
    document = json.loads(timeline_to_json(timeline()))

    kept = document | {"speech": spoken | {"length": 64_001}}
    assert timeline_from_json(json.dumps(kept)).speech is not None
    with pytest.raises(TimelineInvalid, match=r"speech\.length"):
        timeline_from_json(json.dumps(document | {"speech": spoken | {"length": 64_641}}))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"x"', "{}"])
def test_what_is_no_timeline_is_refused(text: str) -> None:
    with pytest.raises(TimelineInvalid):
        timeline_from_json(text)


@settings(max_examples=150)
@given(st.data())
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    text = timeline_to_json(FULL)
    values = [match.span() for match in re.finditer(r"(?<=: )[^\n{\[,]+?(?=[,}\n])", text)]
    start, end = data.draw(st.sampled_from(values))
    value = data.draw(
        st.sampled_from(["null", "-1", "1e400", '""', "[]", "{}", "NaN", "0.5", "9" * 400])
    )
    with suppress(TimelineInvalid):
        timeline_from_json(text[:start] + value + text[end:])
