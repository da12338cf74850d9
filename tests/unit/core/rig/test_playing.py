import time
from dataclasses import replace
from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig_made_up import FIVE, NINE, drawings_of, rig_of

from talkies.core.rig.graph import RigGraph
from talkies.core.rig.model import REST, Rig, RigConfig, State
from talkies.core.rig.playback import Keyframe, Playback
from talkies.core.rig.playing import play
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.core.timing import TimeRange

WHOLE = RigGraph(rig_of(BUILT))
AH, EE = State("speaking_ah"), State("speaking_ee")


def drawings(playback: Playback) -> list[str]:
    """The drawing of each frame, without its folder."""
    cels = [playback.cels[number] for number in playback.order]
    return [cel.drawing.partition("/")[2].removesuffix(".png") for cel in cels]


def shown(*keyframes: Keyframe, frames: int, graph: RigGraph = WHOLE) -> list[str]:
    return drawings(play(graph, keyframes, frames))


def test_a_character_rests_until_it_is_asked_for_something() -> None:
    assert shown(frames=3) == ["neutral__center"] * 3
    assert shown(frames=0) == []


def test_a_transition_arrives_after_its_frames_and_holds() -> None:
    asked = Keyframe(frame=1, state=AH, transition=4)

    assert shown(asked, frames=8) == [
        "neutral__center",
        "neutral__center",
        *(f"neutral_to_speaking_ah__center/{percent}" for percent in ("025", "050", "075")),
        *["speaking_ah__center"] * 3,
    ]


def test_a_transition_of_no_frames_is_a_jump() -> None:
    assert shown(Keyframe(frame=2, state=AH), frames=4) == [
        *["neutral__center"] * 2,
        *["speaking_ah__center"] * 2,
    ]


def test_a_keyframe_in_the_middle_of_a_transition_goes_on_from_the_drawing_on_the_screen() -> None:
    there = Keyframe(frame=0, state=AH, transition=4)
    back = Keyframe(frame=2, state=REST, transition=2)

    assert shown(there, back, frames=6) == [
        "neutral__center",
        "neutral_to_speaking_ah__center/025",
        "neutral_to_speaking_ah__center/050",
        "neutral_to_speaking_ah__center/025",
        "neutral__center",
        "neutral__center",
    ]


def test_keyframes_need_no_order_and_the_last_one_of_a_frame_counts() -> None:
    first, second = Keyframe(frame=1, state=AH), Keyframe(frame=3, state=EE)
    instead = Keyframe(frame=3, state=REST)

    assert shown(second, first, frames=5) == shown(first, second, frames=5)
    assert shown(first, second, instead, frames=5)[3] == "neutral__center"


def test_a_keyframe_for_what_is_shown_or_on_its_way_changes_nothing() -> None:
    asked = Keyframe(frame=0, state=AH, transition=4)
    again = Keyframe(frame=2, state=AH, transition=10)
    at_once = Keyframe(frame=2, state=AH)

    assert shown(asked, again, frames=8) == shown(asked, frames=8)
    assert shown(asked, at_once, frames=4)[2:] == ["speaking_ah__center"] * 2


def test_a_keyframe_before_the_first_frame_has_been_played_by_then() -> None:
    assert shown(Keyframe(frame=-2, state=AH, transition=4), frames=1) == [
        "neutral_to_speaking_ah__center/050"
    ]


def test_keyframes_after_the_end_change_nothing() -> None:
    assert shown(Keyframe(frame=9, state=AH), frames=2) == ["neutral__center"] * 2


def test_a_change_of_pose_is_shown() -> None:
    """The seed's export left poses out (upstreams 10.5)."""
    asked = Keyframe(frame=0, state=State("happy_soft", "nod_up_small"), transition=8)

    assert shown(asked, frames=9) == [
        "neutral__center",
        *(f"neutral_center_to_neutral_nod_up_small/{percent}" for percent in ("025", "050", "075")),
        "neutral__nod_up_small",
        *(f"neutral_to_happy_soft__nod_up_small/{percent}" for percent in ("025", "050", "075")),
        "happy_soft__nod_up_small",
    ]


@pytest.mark.parametrize(
    ("expression", "sequence"),
    [
        ("blink_closed", "neutral_to_blink__center"),
        ("surprised_ah", "speaking_ah_to_surprised__center"),
        ("happy_big", "happy_soft_to_happy_big__center"),
    ],
)
def test_expressions_whose_sequences_have_other_names_are_reached(
    expression: str, sequence: str
) -> None:
    """The seed looked for `<from>_to_<to>__<pose>` alone (upstreams 10.5)."""
    asked = Keyframe(frame=0, state=State(expression), transition=16)

    assert f"{sequence}/050" in shown(asked, frames=17)


def test_without_a_way_it_jumps_and_says_so() -> None:
    """An empty route froze the seed's video (upstreams 10.5)."""
    graph = RigGraph(rig_of(STANDARD, has=lambda drawing: drawing.startswith("endpoints")))
    asked = [
        Keyframe(frame=frame, state=state, transition=3)
        for frame, state in ((1, AH), (4, REST), (6, AH))
    ]
    playback = play(graph, asked, 8)

    assert drawings(playback)[1] == "speaking_ah__center"
    assert playback.warnings == (
        "No drawings lead from neutral in center to speaking_ah in center: it jumps.",
        "No drawings lead from speaking_ah in center to neutral in center: it jumps.",
    )


@pytest.mark.parametrize(
    ("state", "instead"),
    [
        (State("concerned", "nod_up_small"), "neutral__nod_up_small"),
        (State("happy_big", "tilt_left_small"), "happy_big__center"),
        (State("singing", "upside_down"), "neutral__center"),
    ],
)
def test_a_state_without_a_drawing_becomes_the_nearest_there_is(state: State, instead: str) -> None:
    def has(drawing: str) -> bool:
        return "tilt_left" not in drawing and not ("concerned" in drawing and "nod_up" in drawing)

    playback = play(RigGraph(rig_of(STANDARD, has=has)), [Keyframe(frame=0, state=state)], 2)
    expression, pose = instead.split("__")

    assert drawings(playback) == [instead] * 2
    assert playback.warnings == (
        f"No drawing shows {state.expression} in {state.pose}: it shows {expression} in {pose}.",
    )


def test_a_part_of_an_expression_that_cannot_be_shown_is_told_of_too() -> None:
    asked = Keyframe(frame=0, state=State("singing"), strength=0.5)

    assert len(play(WHOLE, [asked], 1).warnings) == 1


def test_a_strength_goes_part_of_the_way() -> None:
    asked = Keyframe(frame=0, state=EE, strength=0.5, transition=2)

    assert shown(asked, frames=3) == [
        "neutral__center",
        "neutral_to_speaking_ee__center/025",
        "neutral_to_speaking_ee__center/050",
    ]


def test_cels_are_few_and_stand_in_the_order_of_their_showing() -> None:
    playback = play(WHOLE, [Keyframe(frame=3, state=AH), Keyframe(frame=6, state=REST)], 90)

    assert [cel.drawing for cel in playback.cels] == [
        "endpoints/neutral__center.png",
        "endpoints/speaking_ah__center.png",
    ]
    assert playback.order.dtype == np.int32
    assert playback.frames == 90


def _poor(config: RigConfig, percents: tuple[int, ...], salt: int, share: float) -> Rig:
    """A rig that lacks some of its drawings, one at least left."""
    dice = np.random.default_rng(salt)
    return rig_of(
        config,
        percents,
        has=lambda drawing: drawing == "endpoints/concerned__center.png" or dice.random() >= share,
    )


#: Two poses are enough to turn a head.
POSES = ("center", "nod_up_small")

#: Rigs of every kind; a bench goes through thousands. To make one takes longer than to play it.
RIGS = tuple(
    _poor(replace(config, poses=POSES), percents, salt, share)
    for salt, (config, percents, share) in enumerate(
        product((STANDARD, BUILT), (FIVE, NINE), (0.0, 0.1, 0.5, 0.95))
    )
)
KEYFRAMES = st.lists(
    st.builds(
        Keyframe,
        frame=st.integers(-10, 70),
        state=st.builds(
            State,
            st.sampled_from([*BUILT.expressions, "nobody"]),
            st.sampled_from([*BUILT.poses, "nowhere"]),
        ),
        strength=st.floats(0, 1),
        transition=st.integers(0, 20),
    ),
    max_size=12,
)
SPANS = st.lists(
    st.builds(
        lambda start, length: TimeRange(start, start + length),
        st.integers(-9, 70),
        st.integers(0, 9),
    ),
    max_size=4,
)


@cache
def _graphs(rig: int) -> tuple[RigGraph, RigGraph]:
    """Two of one rig, so that nothing depends on which."""
    return RigGraph(RIGS[rig]), RigGraph(RIGS[rig])


@settings(max_examples=200, deadline=None)
@given(
    rig=st.integers(0, len(RIGS) - 1),
    keyframes=KEYFRAMES,
    frames=st.integers(0, 60),
    blinks=SPANS,
)
def test_every_frame_of_any_keyframes_has_a_drawing(
    rig: int, keyframes: list[Keyframe], frames: int, blinks: list[TimeRange]
) -> None:
    there = drawings_of(RIGS[rig])
    playback, again = (play(graph, keyframes, frames, blinks, POSES) for graph in _graphs(rig))

    assert playback.order.shape == (frames,)
    assert all(0 <= number < len(playback.cels) for number in playback.order)
    assert len(set(playback.cels)) == len(playback.cels)
    assert set(playback.order.tolist()) == set(range(len(playback.cels)))
    for cel in playback.cels:
        assert cel.drawing in there
        assert cel.lids is None or cel.lids in there
    assert playback.cels == again.cels
    assert np.array_equal(playback.order, again.order)
    assert playback.warnings == again.warnings


STATES = st.builds(State, st.sampled_from(list(BUILT.expressions)), st.sampled_from(BUILT.poses))


@settings(max_examples=100, deadline=None)
@given(start=STATES, end=STATES)
def test_a_slow_move_shows_every_drawing_of_its_way_in_turn(start: State, end: State) -> None:
    way = WHOLE.way(WHOLE.node(start), WHOLE.node(end))
    frames = way.lengths[-1]
    asked = [
        Keyframe(frame=-1, state=start),
        Keyframe(frame=0, state=end, transition=frames),
    ]
    playback = play(WHOLE, asked, frames + 1)

    assert [cel.drawing for cel in playback.cels] == [WHOLE.nodes[n].drawing for n in way.nodes]
    assert all(after - before in {0, 1} for before, after in pairwise(playback.order.tolist()))


def test_twenty_minutes_are_planned_while_a_user_waits() -> None:
    """A bound for gross mistakes alone: it takes half a second where this was written."""
    dice = np.random.default_rng(3)
    names = list(BUILT.expressions)
    keyframes = [
        Keyframe(frame=3 * n, state=State(names[dice.integers(len(names))]), transition=3)
        for n in range(10_000)
    ]
    started = time.process_time()
    playback = play(RigGraph(rig_of(BUILT, NINE)), keyframes, 30_000)

    assert playback.frames == 30_000
    assert time.process_time() - started < 10
