from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from rig_made_up import drawings_of, rig_of
from timelines_made_up import clip, timeline, timelines

from talkies.core.rig.graph import RigGraph
from talkies.core.rig.model import State
from talkies.core.rig.playing import play
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.core.timeline.document import Clip, Timeline
from talkies.core.timeline.keyframes import CHANGE_FRAMES, blinks, keyframes, upper_keyframes
from talkies.core.timing import TimeRange
from talkies.errors.characters import TimelineInvalid

RIG = rig_of(BUILT)
GRAPH = RigGraph(RIG)

#: Frame, expression, pose (without `center`), transition.
Asked = tuple[int, str, int] | tuple[int, str, str, int]


def asked(timeline: Timeline) -> list[Asked]:
    return [
        (one.frame, one.state.expression, one.transition)
        if one.state.pose == "center"
        else (one.frame, one.state.expression, one.state.pose, one.transition)
        for one in keyframes(timeline, BUILT)
    ]


def test_nothing_is_asked_of_a_character_that_does_nothing() -> None:
    assert asked(timeline()) == []


def test_a_mouth_is_reached_in_its_transition_and_left_in_a_tenth_of_a_second() -> None:
    line = timeline(visemes=(clip("a", 5, 9, "pp", transition=1), clip("b", 9, 20, "aa")))

    assert asked(line) == [
        (5, "lips_closed", 1),
        (9, "speaking_ah", 0),
        (20, "neutral", 2),
    ]


def asked_of_brows(timeline: Timeline) -> list[tuple[int, str, float, int]]:
    return [
        (one.frame, one.state.expression, one.strength, one.transition)
        for one in upper_keyframes(timeline, BUILT)
    ]


def test_eyes_and_brows_are_asked_for_the_expression_while_the_mouth_speaks() -> None:
    line = timeline(
        expressions=(clip("e", 12, 40, "concerned", transition=6, strength=0.7),),
        visemes=(clip("a", 10, 30, "aa"), clip("b", 34, 60, "ou")),
    )

    assert asked_of_brows(line) == [(12, "concerned", 0.7, 6), (40, "neutral", 1.0, 6)]


def test_they_do_not_change_faster_than_brows_do_while_the_mouth_speaks() -> None:
    line = timeline(
        expressions=(clip("e", 12, 40, "concerned"), clip("f", 70, 80, "happy_soft")),
        visemes=(clip("a", 10, 50, "aa"),),
    )

    assert CHANGE_FRAMES == 3
    assert asked_of_brows(line) == [
        (12, "concerned", 1.0, 3),
        (40, "neutral", 1.0, 3),
        (70, "happy_soft", 1.0, 0),
        (80, "neutral", 1.0, 0),
    ]


@pytest.mark.parametrize("mouth", [(), (clip("a", 0, 40, "sil"),)])
def test_nothing_is_asked_of_them_where_nobody_speaks(mouth: tuple[Clip, ...]) -> None:
    line = timeline(expressions=(clip("e", 12, 40, "concerned"),), visemes=mouth)

    assert asked_of_brows(line) == []


def test_nothing_is_asked_of_them_by_a_mouth_alone() -> None:
    line = timeline(
        expressions=(clip("e", 12, 40, "speaking_ee"),), visemes=(clip("a", 10, 30, "aa"),)
    )

    assert asked_of_brows(line) == []


def test_neighbouring_sounds_with_one_mouth_are_asked_once() -> None:
    line = timeline(
        visemes=(clip("a", 5, 9, "dd"), clip("b", 9, 12, "kk"), clip("c", 12, 14, "nn"))
    )

    assert asked(line) == [(5, "speaking_ee", 0), (14, "neutral", 2)]


def test_speech_beats_the_expression_which_comes_back_in_the_rests() -> None:
    line = timeline(
        expressions=(clip("e", 2, 60, "happy_soft", transition=6),),
        visemes=(clip("a", 10, 15, "aa", transition=2), clip("b", 28, 35, "ou")),
    )

    assert asked(line) == [
        (2, "happy_soft", 6),
        (10, "speaking_ah", 2),
        (15, "happy_soft", 6),
        (28, "speaking_uw", 0),
        (35, "happy_soft", 6),
        (60, "neutral", 6),
    ]


def test_in_a_short_rest_an_expression_from_before_it_does_not_flash() -> None:
    line = timeline(
        expressions=(clip("e", 0, 18, "happy_soft"), clip("f", 18, 60, "concerned")),
        visemes=(clip("a", 5, 10, "aa"), clip("b", 15, 17, "aa"), clip("c", 20, 24, "ou")),
    )

    assert asked(line)[1:] == [
        (5, "speaking_ah", 0),
        (10, "neutral", 2),
        (15, "speaking_ah", 0),
        (17, "neutral", 2),
        (18, "concerned", 0),
        (20, "speaking_uw", 0),
        (24, "concerned", 2),
        (60, "neutral", 0),
    ]


def test_an_expression_that_begins_while_speech_goes_on_is_seen_in_the_next_rest() -> None:
    line = timeline(
        expressions=(clip("e", 12, 40, "happy_soft", transition=6),),
        visemes=(clip("a", 10, 15, "aa"),),
    )

    assert asked(line) == [(10, "speaking_ah", 0), (15, "happy_soft", 6), (40, "neutral", 6)]


def test_silence_is_a_rest_with_a_transition_of_its_own() -> None:
    line = timeline(
        expressions=(clip("e", 0, 100, "happy_soft"),),
        visemes=(clip("a", 10, 15, "aa"), clip("b", 15, 20, "sil", transition=5)),
    )

    assert asked(line) == [(0, "happy_soft", 0), (10, "speaking_ah", 0), (15, "happy_soft", 5)]


def test_strengths_of_clip_and_mouth_multiply() -> None:
    line = timeline(visemes=(clip("a", 0, 5, "e", strength=0.5),))

    assert [one.strength for one in keyframes(line, BUILT)] == [0.25, 1.0]


def test_a_mouth_or_a_face_of_no_strength_is_neutral() -> None:
    line = timeline(
        visemes=(clip("a", 20, 30, "aa", strength=0.0),),
        expressions=(clip("e", 0, 10, "happy_soft", strength=0.0),),
    )

    assert asked(line) == []


def test_a_character_without_lips_that_close_shows_neutral() -> None:
    line = timeline(visemes=(clip("a", 0, 5, "aa"), clip("b", 5, 9, "pp")))

    assert [one.state for one in keyframes(line, STANDARD)] == [
        State("speaking_ah"),
        State("neutral"),
    ]


def test_a_pose_lasts_as_long_as_its_clip() -> None:
    line = timeline(
        poses=(clip("p", 10, 40, "tilt_left_small", transition=6),
               clip("q", 40, 60, "nod_up_small", transition=4)),
        expressions=(clip("e", 20, 30, "happy_soft", transition=3),),
    )  # fmt: skip

    assert asked(line) == [
        (10, "neutral", "tilt_left_small", 6),
        (20, "happy_soft", "tilt_left_small", 3),
        (30, "neutral", "tilt_left_small", 3),
        (40, "neutral", "nod_up_small", 4),
        (60, "neutral", 4),
    ]


def test_while_the_head_turns_speech_waits_and_is_joined_where_it_is() -> None:
    line = timeline(
        poses=(clip("p", 10, 50, "tilt_left_small", transition=6),),
        visemes=(clip("a", 8, 12, "aa"), clip("b", 12, 15, "ou"), clip("c", 15, 18, "pp")),
    )

    assert asked(line) == [
        (8, "speaking_ah", 0),
        (10, "lips_closed", "tilt_left_small", 6),
        (18, "neutral", "tilt_left_small", 2),
        (50, "neutral", 6),
    ]


def test_a_mouth_that_begins_as_the_head_arrives_gets_its_own_transition() -> None:
    line = timeline(
        poses=(clip("p", 10, 50, "tilt_left_small", transition=6),),
        visemes=(clip("a", 16, 20, "aa", transition=2),),
    )

    assert asked(line)[:2] == [
        (10, "neutral", "tilt_left_small", 6),
        (16, "speaking_ah", "tilt_left_small", 2),
    ]


def test_no_mouth_opens_for_an_expression_that_speech_ends_as_the_head_arrives() -> None:
    line = timeline(
        poses=(clip("p", 10, 50, "tilt_left_small", transition=6),),
        expressions=(clip("e", 6, 16, "surprised_ah", transition=2),),
        visemes=(clip("a", 16, 20, "pp", transition=1),),
    )

    assert asked(line)[:3] == [
        (6, "surprised_ah", 2),
        (10, "neutral", "tilt_left_small", 6),
        (16, "lips_closed", "tilt_left_small", 1),
    ]


def test_a_turn_leads_to_an_expression_that_lasts() -> None:
    line = timeline(
        poses=(clip("p", 10, 50, "tilt_left_small", transition=6),),
        expressions=(clip("e", 6, 40, "surprised_ah", transition=2),),
        visemes=(clip("a", 17, 20, "pp", transition=1),),
    )

    assert asked(line)[1] == (10, "surprised_ah", "tilt_left_small", 6)


def test_a_turn_ends_where_the_next_one_begins() -> None:
    line = timeline(
        poses=(clip("p", 10, 14, "tilt_left_small", transition=30),),
        visemes=(clip("a", 12, 90, "aa"),),
    )

    assert asked(line) == [
        (10, "speaking_ah", "tilt_left_small", 30),
        (14, "speaking_ah", 30),
        (90, "neutral", 2),
    ]


def test_a_pose_that_jumps_takes_the_face_along() -> None:
    line = timeline(
        poses=(clip("p", 10, 14, "tilt_left_small"),),
        visemes=(clip("a", 10, 20, "aa", transition=3),),
    )

    assert asked(line)[0] == (10, "speaking_ah", "tilt_left_small", 0)


def test_the_center_is_no_turn() -> None:
    assert asked(timeline(poses=(clip("p", 10, 40, "center", transition=6),))) == []


def test_blinks_are_the_frames_of_their_clips() -> None:
    line = timeline(blinks=(clip("a", 5, 8), clip("b", 50, 52)))

    assert blinks(line) == (TimeRange(5, 8), TimeRange(50, 52))


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (timeline(expressions=(clip("e", 0, 5, "furious"),)), "tracks.expressions[0].value"),
        (timeline(poses=(clip("e", 0, 5, "upside_down"),)), "tracks.poses[0].value"),
    ],
)
def test_what_the_character_does_not_know_is_refused_by_its_place(
    line: Timeline, where: str
) -> None:
    with pytest.raises(TimelineInvalid, match="is unknown; known are") as caught:
        keyframes(line, BUILT)
    assert caught.value.details["where"] == where


@settings(max_examples=100)
@given(timelines())
def test_every_frame_of_any_timeline_has_a_drawing(line: Timeline) -> None:
    found = keyframes(line, BUILT)
    played = play(GRAPH, found, line.frames, blinks(line), fps=line.fps)

    assert all(before.frame < after.frame for before, after in pairwise(found))
    assert all(before.state != after.state or before.strength != after.strength
               for before, after in pairwise(found))  # fmt: skip
    assert all(0 <= one.frame < line.frames for one in found)
    assert played.frames == line.frames
    assert played.warnings == ()
    assert {cel.drawing for cel in played.cels} <= drawings_of(RIG)
    assert np.array_equal(np.unique(played.order), np.arange(len(played.cels)))
