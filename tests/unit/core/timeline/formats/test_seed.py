import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_made_up import spoken
from timelines_made_up import clip, timeline

from talkies.core.alignment import Word
from talkies.core.json_reading import JsonAt
from talkies.core.rig.standard import STANDARD
from talkies.core.timeline.document import Timeline, TrackName
from talkies.core.timeline.formats.seed import (
    SeedFile,
    SeedKeyframe,
    combined,
    file_at,
    track_at,
    write_file,
    write_track,
)
from talkies.core.timeline.formats.seed_timeline import file_of, timeline_of
from talkies.core.timeline.keyframes import keyframes
from talkies.core.timeline.refusal import file_invalid
from talkies.core.timing import TimeRange
from talkies.errors.characters import TimelineInvalid

HELLO = """\
{
  "id": "word_animation_620",
  "keyframes": [
    {
      "time_ms": 620,
      "target_expr": "speaking_ee",
      "target_pose": "center",
      "transition_duration_ms": 150,
      "phoneme": "hello (EH0)"
    },
    {
      "time_ms": 870,
      "target_expr": "neutral",
      "target_pose": "center",
      "transition_duration_ms": 100,
      "phoneme": "(relax)"
    }
  ],
  "total_duration_ms": 3300
}"""


def read(value: object) -> SeedFile:
    return file_at(JsonAt(value, file_invalid))


def track(*records: object) -> tuple[SeedKeyframe, ...]:
    return track_at(JsonAt(list(records), file_invalid))


def play(file: SeedFile, fps: int = 25) -> Timeline:
    return timeline_of(file, id_="line", character="robin", fps=Fraction(fps))


def faces(timeline: Timeline) -> list[tuple[int, int, str, int]]:
    return [
        (one.span.start, one.span.end, str(one.value), one.transition)
        for one in timeline.track(TrackName.EXPRESSIONS)
    ]


def test_a_keyframe_file_is_written_as_it_was_read() -> None:
    assert write_file(read(json.loads(HELLO))) == HELLO


_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
_times = st.integers(min_value=0, max_value=9_000)
_keyframes = st.builds(
    SeedKeyframe, time=_times, expression=st.none() | _words, pose=st.none() | _words,
    transition=_times, phoneme=st.none() | _words,
)  # fmt: skip


@settings(max_examples=100)
@given(_words, st.lists(_keyframes, max_size=6), _times)
def test_any_keyframe_file_is_read_as_it_was_written(
    name: str, found: list[SeedKeyframe], length: int
) -> None:
    in_order = sorted(found, key=lambda keyframe: keyframe.time)
    file = SeedFile(id=name, keyframes=tuple(in_order), length=length)

    assert read(json.loads(write_file(file))) == file
    assert (
        read(json.loads(write_file(SeedFile(id=name, keyframes=tuple(found), length=length))))
        == file
    )


def test_keyframes_are_put_in_order() -> None:
    late = {"time_ms": 900, "target_expr": "neutral"}
    early = {"time_ms": 100, "target_expr": "concerned"}

    assert [keyframe.time for keyframe in track(late, early)] == [100, 900]


def test_tracks_of_the_editor_are_read_with_what_they_leave_out() -> None:
    pose = {
        "id": "p1",
        "time_ms": 40.4,
        "target_pose": "nod_up_small",
        "transition_duration_ms": 200,
    }

    assert track(pose) == (SeedKeyframe(time=40, pose="nod_up_small", transition=200),)


def test_a_file_without_a_length_ends_with_its_last_way() -> None:
    file = read({"keyframes": [{"time_ms": 500, "target_expr": "concerned",
                                "transition_duration_ms": 150}]})  # fmt: skip

    assert (file.id, file.length) == ("", 650)


@pytest.mark.parametrize(
    ("record", "where"),
    [
        ({}, "[0].time_ms"),
        ({"time_ms": -1}, "[0].time_ms"),
        ({"time_ms": "3"}, "[0].time_ms"),
        ({"time_ms": 24 * 3_600_000 + 1}, "[0].time_ms"),
        ({"time_ms": 1, "transition_duration_ms": -5}, "[0].transition_duration_ms"),
        ({"time_ms": 1, "target_expr": 5}, "[0].target_expr"),
        (7, "[0]"),
    ],
)
def test_what_is_no_keyframe_is_refused_by_its_place(record: object, where: str) -> None:
    with pytest.raises(TimelineInvalid) as caught:
        track(record)
    assert caught.value.details["where"] == where


def test_the_combined_track_is_the_union_of_all_times() -> None:
    poses = [SeedKeyframe(time=500, pose="nod_up_small", transition=200)]
    expressions = [
        SeedKeyframe(time=1000, expression="happy_soft", transition=300),
        SeedKeyframe(time=0, expression="concerned", transition=100),
    ]
    phonemes = [
        SeedKeyframe(time=1000, expression="speaking_ah", transition=150, phoneme="a (AH0)"),
        SeedKeyframe(time=1500, expression="neutral", transition=100, phoneme="(relax)"),
    ]

    assert combined(poses, expressions, phonemes) == (
        SeedKeyframe(time=0, expression="concerned", pose="center", transition=100),
        SeedKeyframe(time=500, expression="concerned", pose="nod_up_small", transition=200),
        SeedKeyframe(time=1000, expression="speaking_ah", pose="nod_up_small", transition=150),
        SeedKeyframe(time=1500, expression="neutral", pose="nod_up_small", transition=100),
    )


def test_a_character_rests_before_any_face_is_asked() -> None:
    assert combined([SeedKeyframe(time=5, pose="nod_up_small")], [], []) == (
        SeedKeyframe(time=5, expression="neutral", pose="nod_up_small"),
    )


def test_the_combined_track_has_no_sounds() -> None:
    records = json.loads(write_track(read(json.loads(HELLO)).keyframes))

    assert [sorted(record) for record in records] == [
        ["target_expr", "target_pose", "time_ms", "transition_duration_ms"]
    ] * 2


def test_keyframes_become_clips_that_last_until_the_next() -> None:
    made = play(read(json.loads(HELLO)))

    assert made.frames == 83
    assert faces(made) == [(16, 22, "speaking_ee", 4), (22, 83, "neutral", 3)]
    assert [one.note for one in made.track(TrackName.EXPRESSIONS)] == ["hello (EH0)", "(relax)"]


def test_the_last_keyframe_of_a_frame_counts_and_one_after_the_end_makes_it_longer() -> None:
    file = SeedFile(
        id="a",
        keyframes=(
            SeedKeyframe(time=0, expression="concerned"),
            SeedKeyframe(time=9, expression="happy_soft"),
            SeedKeyframe(time=1000, pose="nod_up_small"),
        ),
        length=40,
    )
    made = play(file)

    assert made.frames == 26
    assert faces(made) == [(0, 26, "happy_soft", 0)]
    assert made.track(TrackName.POSES)[0].span == TimeRange(25, 26)


def test_an_empty_file_is_one_frame_at_rest() -> None:
    assert play(SeedFile(id="", keyframes=(), length=0)) == timeline(frames=1)


def test_keyframes_of_a_timeline_say_which_word_and_sound_they_show() -> None:
    speech = spoken(("", 200), ("m", 80), ("æ", 120), ("p", 100), ("", 100))
    word = Word(text="map", span=TimeRange(3200, 8000))
    line = Timeline(
        id="map", character="robin", fps=Fraction(25), frames=15,
        speech=type(speech)(length=speech.length, phonemes=speech.phonemes, words=(word,),
                            source=speech.source),
        tracks={TrackName.VISEMES: (clip("a", 5, 7, "pp"), clip("b", 7, 10, "aa", transition=2),
                                    clip("c", 13, 14, "aa"))},
    )  # fmt: skip

    assert [
        (one.time, one.expression, one.transition, one.phoneme)
        for one in file_of(line, STANDARD).keyframes
    ] == [
        (280, "speaking_ah", 80, "map (AE)"),
        (400, "neutral", 80, "(relax)"),
        (520, "speaking_ah", 0, "(aa)"),
        (560, "neutral", 80, "(relax)"),
    ]


def test_labels_of_keyframes_survive_the_way_through_a_timeline() -> None:
    file = SeedFile(
        id="line",
        keyframes=(
            SeedKeyframe(time=400, expression="speaking_ee", pose="center", phoneme="hi (IY1)"),
            SeedKeyframe(time=600, expression="speaking_ah", pose="center", phoneme="all (AO1)"),
            SeedKeyframe(time=800, expression="neutral", pose="center", phoneme="(relax)"),
        ),
        length=1_000,
    )

    assert file_of(play(file), STANDARD) == file


def test_keyframes_of_a_timeline_without_speech_say_the_mouth_shape() -> None:
    line = timeline(visemes=(clip("a", 5, 9, "aa"), clip("b", 9, 20, "sil")))

    assert [one.phoneme for one in file_of(line, STANDARD).keyframes] == ["(aa)", "(relax)"]


_states = st.builds(
    SeedKeyframe, time=st.integers(0, 250).map(lambda frame: 40 * frame),
    expression=st.sampled_from(sorted(STANDARD.expressions)),
    pose=st.sampled_from(STANDARD.poses),
    transition=st.integers(0, 9).map(lambda count: 40 * count),
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(_states, max_size=8))
def test_what_a_timeline_asks_survives_the_way_through_a_file(found: list[SeedKeyframe]) -> None:
    in_order = tuple(sorted(found, key=lambda keyframe: keyframe.time))
    once = play(SeedFile(id="line", keyframes=in_order, length=10_000))
    again = play(file_of(once, STANDARD))

    assert keyframes(again, STANDARD) == keyframes(once, STANDARD)
    assert again.frames == once.frames
