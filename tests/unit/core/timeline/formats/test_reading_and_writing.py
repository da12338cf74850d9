import json
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_made_up import spoken
from timelines_made_up import clip, timeline, timelines

from talkies.core.captions import Cue
from talkies.core.formats import to_textgrid
from talkies.core.rig.standard import BUILT
from talkies.core.timeline.document import Timeline, TimelineSound, TrackName
from talkies.core.timeline.document_json import timeline_to_json
from talkies.core.timeline.formats.captions import captions_of
from talkies.core.timeline.formats.reading import SPEECH_ONLY, Into, Readable, read_timeline
from talkies.core.timeline.formats.writing import FORMATS, format_named, write_timeline
from talkies.core.timing import TimeRange
from talkies.core.timing_json import alignment_to_json
from talkies.errors.characters import TimelineInvalid

INTO = Into(id="line", character="robin", fps=Fraction(24))
SPEECH = spoken(("", 200), ("m", 80), ("æ", 120), ("p", 100), ("", 100))
LINE = timeline(
    frames=50,
    visemes=(clip("a", 5, 10, "aa"),),
    captions=(clip("c", 5, 25, "Hello\nthere"),),
)


@pytest.mark.parametrize(
    ("text", "kind", "frames"),
    [
        (timeline_to_json(LINE), Readable.TIMELINE, 50),
        (alignment_to_json(SPEECH), Readable.TIMING, 15),
        (to_textgrid(SPEECH), Readable.TEXTGRID, 15),
        ('{"keyframes": [{"time_ms": 500, "target_expr": "concerned"}]}', Readable.KEYFRAMES, 13),
        ('[{"time_ms": 500, "target_expr": "concerned"}]', Readable.COMBINED, 13),
        ('{"mouthCues": [{"start": 0, "end": 2.5, "value": "A"}]}', Readable.RHUBARB, 60),
        ("0.00\tA\n2.50\tX\n", Readable.TSV, 60),
        ("\ufeff0.00\tA\n2.50\tX\n", Readable.TSV, 60),
    ],
)
def test_a_file_is_told_by_what_is_in_it(text: str, kind: Readable, frames: int) -> None:
    made, found = read_timeline(text.encode(), INTO)

    assert (found, made.frames) == (kind, frames)
    if kind is not Readable.TIMELINE:
        assert (made.id, made.character, made.fps) == ("line", "robin", 24)
    assert (made.speech is not None) == (kind in SPEECH_ONLY)
    assert bool(made.tracks) == (kind not in SPEECH_ONLY)


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", '{"a": 1}', "\x00\x01", "<svg/>", "{", "0.1 A"]
)
def test_a_file_of_no_known_kind_is_refused(text: str) -> None:
    with pytest.raises(TimelineInvalid):
        read_timeline(text.encode(), INTO)


def test_switch_data_says_that_it_is_only_written() -> None:
    with pytest.raises(TimelineInvalid) as caught:
        read_timeline(b"MohoSwitch1\n1 X\n", INTO)
    assert "only written" in caught.value.hint


def test_what_is_read_is_held_against_the_rules() -> None:
    with pytest.raises(TimelineInvalid, match="fps is not from"):
        read_timeline(b"[]", Into(id="a", character="robin", fps=Fraction(500)))


def test_a_timeline_of_ours_refuses_as_one() -> None:
    broken = json.loads(timeline_to_json(LINE)) | {"frames": 5}
    with pytest.raises(TimelineInvalid, match=r"The timeline cannot be used: tracks\.visemes"):
        read_timeline(json.dumps(broken).encode(), INTO)


@settings(max_examples=40)
@given(timelines())
def test_every_format_is_written_and_what_can_be_read_is_read(line: Timeline) -> None:
    into = Into(id=line.id, character=line.character, fps=line.fps)
    for name in ("timeline", "keyframes", "combined", "rhubarb", "tsv"):
        made, kind = read_timeline(write_timeline(line, name, BUILT).encode(), into)
        assert kind == name
        if name == "timeline":
            assert made == line


@settings(max_examples=80)
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for prefix in (b"", b"{", b"[", b'"ooTextFile" '):
        with suppress(TimelineInvalid):
            read_timeline(prefix + data, INTO)


def test_speech_is_written_as_textgrid_and_timing() -> None:
    line = Timeline(id="a", character="robin", fps=Fraction(25), frames=15, speech=SPEECH)

    assert write_timeline(line, "textgrid") == to_textgrid(SPEECH)
    assert write_timeline(line, "timing") == alignment_to_json(SPEECH)


@pytest.mark.parametrize(
    ("name", "where"), [("textgrid", "speech"), ("timing", "speech"), ("srt", "tracks.captions")]
)
def test_a_format_of_what_the_timeline_lacks_is_refused(name: str, where: str) -> None:
    with pytest.raises(TimelineInvalid) as caught:
        write_timeline(timeline(), name)
    assert caught.value.details["where"] == where


def test_captions_are_subtitles() -> None:
    assert captions_of(LINE) == (Cue(span=TimeRange(3200, 16_000), text="Hello\nthere"),)
    assert "00:00:00,200 --> 00:00:01,000\nHello\nthere" in write_timeline(LINE, "srt")
    assert write_timeline(LINE, "vtt").startswith("WEBVTT")


def test_mouth_cues_name_the_sound() -> None:
    sounding = Timeline(
        id="a", character="robin", fps=Fraction(25), frames=25,
        sound=TimelineSound(source="line.wav", length=48_000),
    )  # fmt: skip

    assert json.loads(write_timeline(sounding, "rhubarb"))["metadata"] == {
        "soundFile": "line.wav",
        "duration": 1.0,
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.timeline.json", "timeline"), ("A.TSV", "tsv"), ("a.dat", "moho"), ("a.mp4", None),
     ("a.TextGrid", "textgrid"), ("a.textgrid", "textgrid"), ("a.srt", "srt"), ("a.vtt", "vtt")],
)  # fmt: skip
def test_a_files_name_asks_for_a_format(name: str, expected: str | None) -> None:
    assert format_named(name) == expected


def test_every_format_says_what_it_loses() -> None:
    assert all(one.loses for one in FORMATS.values())
    assert LINE.track(TrackName.CAPTIONS)
