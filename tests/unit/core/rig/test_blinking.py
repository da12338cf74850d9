from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig_made_up import NINE, rig_of

from talkies.core.rig.blinking import blink_of
from talkies.core.rig.graph import RigGraph
from talkies.core.rig.model import BLINK, State
from talkies.core.rig.playback import Cel, Keyframe, Playback
from talkies.core.rig.playing import play
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.core.timing import TimeRange

WHOLE = RigGraph(rig_of(BUILT, NINE))
FPS = Fraction(25)
SHUT = "endpoints/blink_closed__center.png"
HALF = "sequences/neutral_to_blink__center/062.png"


def cels(playback: Playback) -> list[Cel]:
    return [playback.cels[number] for number in playback.order]


def holding(
    state: State, *blinks: TimeRange, over: tuple[str, ...] = (), frames: int = 12
) -> Playback:
    return play(WHOLE, [Keyframe(frame=0, state=state)], frames, blinks, over, fps=FPS)


@given(st.integers(1, 40), st.sampled_from((12, 24, 25, 30, 60)))
def test_lids_are_shut_in_every_frame_of_the_range_and_close_faster_than_they_open(
    length: int, fps: int
) -> None:
    blink = blink_of(TimeRange(100, 100 + length), Fraction(fps))
    shut = slice(100 - blink.first, 100 - blink.first + length)
    before, after = blink.closed[: shut.start], blink.closed[shut.stop :]

    assert (blink.closed[shut] == 1).all()
    assert (np.diff(before) > 0).all()
    assert (np.diff(after) < 0).all()
    assert ((before > 0) & (before < 1)).all()
    assert ((after > 0) & (after < 1)).all()
    assert len(before) / fps < 0.09
    assert len(after) / fps < 0.16
    assert len(before) <= len(after)


def test_a_resting_character_blinks_with_the_drawings_of_the_blink() -> None:
    shown = cels(play(WHOLE, [], 12, [TimeRange(4, 6)], fps=FPS))

    assert [cel.drawing for cel in shown] == [
        *["endpoints/neutral__center.png"] * 3,
        HALF,
        SHUT,
        SHUT,
        "sequences/neutral_to_blink__center/088.png",
        "sequences/neutral_to_blink__center/050.png",
        "sequences/neutral_to_blink__center/012.png",
        *["endpoints/neutral__center.png"] * 3,
    ]
    assert all(cel.lids is None for cel in shown)


def test_a_speaking_character_blinks_with_lids_laid_over_its_mouth() -> None:
    playback = holding(State("speaking_ee"), TimeRange(4, 6), over=("center",))

    assert {cel.drawing for cel in cels(playback)} == {"endpoints/speaking_ee__center.png"}
    assert [cel.lids for cel in cels(playback)][2:7] == [
        None, HALF, SHUT, SHUT, "sequences/neutral_to_blink__center/088.png",
    ]  # fmt: skip
    assert playback.skipped_blinks == ()


def test_lids_go_on_in_the_middle_of_a_transition_of_the_mouth() -> None:
    moving = Keyframe(frame=3, state=State("speaking_ah"), transition=4)
    shown = cels(play(WHOLE, [moving], 12, [TimeRange(3, 6)], ("center",), fps=FPS))

    assert shown[3] == Cel(drawing=SHUT)
    assert shown[4] == Cel(drawing="sequences/neutral_to_speaking_ah__center/025.png", lids=SHUT)


@pytest.mark.parametrize("name", ["happy_soft", "surprised_ah", "concerned", BLINK])
def test_lids_that_are_doing_something_else_do_not_blink(name: str) -> None:
    blink = TimeRange(4, 6)
    playback = holding(State(name), blink, over=("center",))

    assert playback.skipped_blinks == (blink,)
    assert len(playback.cels) == 1


def test_where_lids_cannot_be_laid_over_a_speaking_character_does_not_blink() -> None:
    blink = TimeRange(4, 6)
    playback = holding(State("speaking_ah", "nod_up_small"), blink, over=("center",))

    assert playback.skipped_blinks == (blink,)


def test_a_head_that_turns_does_not_blink() -> None:
    blink = TimeRange(4, 6)
    turning = Keyframe(frame=0, state=State("neutral", "nod_up_small"), transition=10)
    playback = play(WHOLE, [turning], 12, [blink], BUILT.poses, fps=FPS)

    assert playback.skipped_blinks == (blink,)
    assert all(cel.lids is None for cel in playback.cels)


def test_lids_whose_closing_cannot_be_shown_shut_at_once() -> None:
    leaving = [
        Keyframe(frame=0, state=State("happy_soft")),
        Keyframe(frame=4, state=State("speaking_ah")),
    ]
    shown = cels(play(WHOLE, leaving, 12, [TimeRange(4, 6)], ("center",), fps=FPS))

    assert shown[3] == Cel(drawing="endpoints/happy_soft__center.png")
    assert shown[4] == Cel(drawing="endpoints/speaking_ah__center.png", lids=SHUT)


def test_two_blinks_close_together_do_not_open_more_than_either() -> None:
    shown = cels(play(WHOLE, [], 20, [TimeRange(4, 6), TimeRange(8, 10)], fps=FPS))

    assert [cel.drawing for cel in shown[6:8]] == [
        "sequences/neutral_to_blink__center/088.png",
        HALF,
    ]


def test_blinks_at_the_edges_of_a_video_are_cut_by_it() -> None:
    shown = cels(
        play(WHOLE, [], 8, [TimeRange(-1, 1), TimeRange(7, 9), TimeRange(40, 42)], fps=FPS)
    )

    assert shown[0] == shown[7] == Cel(drawing=SHUT)
    assert shown[6] == Cel(drawing=HALF)


def test_an_empty_blink_is_none() -> None:
    assert len(play(WHOLE, [], 8, [TimeRange(4, 4)]).cels) == 1


def test_a_character_without_a_sequence_of_the_blink_shuts_its_lids_at_once() -> None:
    graph = RigGraph(rig_of(STANDARD, has=lambda drawing: "to_blink" not in drawing))
    shown = cels(play(graph, [], 12, [TimeRange(4, 6)], fps=FPS))

    assert {cel.drawing for cel in shown} == {"endpoints/neutral__center.png", SHUT}


def test_a_character_without_lids_does_not_blink() -> None:
    graph = RigGraph(rig_of(STANDARD, has=lambda drawing: "blink" not in drawing))
    blink = TimeRange(4, 6)

    assert play(graph, [], 12, [blink], fps=FPS).skipped_blinks == (blink,)
