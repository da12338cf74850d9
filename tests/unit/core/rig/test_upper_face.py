from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig_made_up import FIVE, NINE, drawings_of, rig_of
from timelines_made_up import timelines

from talkies.core.rig.graph import RigGraph
from talkies.core.rig.model import BLINK, State
from talkies.core.rig.playback import Cel, Keyframe, Playback
from talkies.core.rig.playing import play
from talkies.core.rig.standard import BUILT
from talkies.core.rig.upper_face import RAMP_FRAMES, calm, felt_from, wide_eyed
from talkies.core.timeline.document import Timeline
from talkies.core.timeline.keyframes import blinks, keyframes, upper_keyframes
from talkies.core.timing import TimeRange

FPS = Fraction(25)
WHOLE = RigGraph(rig_of(BUILT, NINE))
STILL = calm(BUILT)
FEELINGS = sorted(set(BUILT.expressions) - STILL - {BLINK})
OVERLAYS = frozenset(State(name, pose) for name in [*FEELINGS, BLINK] for pose in BUILT.poses)
WORRIED = "endpoints/concerned__center.png"
SHUT = "endpoints/blink_closed__center.png"
SPEAKING = Keyframe(frame=0, state=State("speaking_ee"))


def worried(frame: int = 0, transition: int = 0, strength: float = 1.0) -> Keyframe:
    return Keyframe(frame=frame, state=State("concerned"), transition=transition, strength=strength)


def shown(
    asked: list[Keyframe], upper: list[Keyframe], frames: int = 24, *blinks: TimeRange
) -> list[Cel]:
    playback = play(
        WHOLE, asked, frames, blinks, BUILT.poses, upper=upper, overlays=OVERLAYS, fps=FPS
    )
    return cels(playback)


def cels(playback: Playback) -> list[Cel]:
    return [playback.cels[number] for number in playback.order]


def levels(seen: list[Cel], name: str = "concerned") -> list[int]:
    """How far each frame's eyes and brows are on their way to an expression, in percent."""
    return [level(cel.upper or cel.drawing, name) for cel in seen]


def level(drawing: str, name: str) -> int:
    if drawing.startswith(f"endpoints/{name}__"):
        return 100
    if f"neutral_to_{name}__" in drawing:
        return int(drawing.rpartition("/")[2].removesuffix(".png"))
    return 0


def test_a_mouth_that_speaks_has_the_eyes_and_brows_of_the_feeling() -> None:
    seen = shown([SPEAKING], [worried(frame=4, transition=8)])

    assert {cel.drawing for cel in seen} == {"endpoints/speaking_ee__center.png"}
    assert levels(seen)[:14] == [0, 0, 0, 0, 0, 12, 25, 38, 50, 62, 75, 88, 100, 100]
    assert seen[-1].upper == WORRIED


def test_brows_do_not_flicker_where_the_whole_face_takes_over_and_gives_way() -> None:
    asked = [
        SPEAKING,
        worried(frame=6, transition=6),
        Keyframe(frame=16, state=State("speaking_ah"), transition=4),
    ]
    seen = shown(asked, [worried()])

    assert levels(seen) == [100] * 24
    # At rest it is the expression's own drawing.
    assert seen[13] == Cel(drawing=WORRIED)
    assert {cel.upper for cel in seen} == {None, WORRIED}


def test_a_small_feeling_stays_small() -> None:
    seen = shown([SPEAKING], [worried(strength=0.5)])

    assert set(levels(seen)) == {50}


def test_a_feeling_that_is_joined_by_another_is_gone_through() -> None:
    joy = Keyframe(frame=0, state=State("happy_big"), transition=16)
    seen = shown([SPEAKING], [joy])
    folders = [cel.upper.split("/")[1].split("__")[0] for cel in seen if cel.upper]

    assert "neutral_to_happy_soft" in folders[0]
    assert folders[-1] == "happy_big"


def test_brows_of_a_surprise_rise_though_its_way_begins_with_a_mouth() -> None:
    surprise = Keyframe(frame=0, state=State("surprised_ah"))
    seen = shown([SPEAKING], [surprise])

    assert {cel.upper for cel in seen} == {"endpoints/surprised_ah__center.png"}


def test_a_round_mouth_bears_them_though_its_brows_are_its_own() -> None:
    seen = shown([Keyframe(frame=0, state=State("oh_round"))], [worried()])

    assert {cel.upper for cel in seen} == {WORRIED}


def test_a_feeling_fades_before_a_turn_of_the_head_and_comes_again_after_it() -> None:
    turned = State("neutral", "tilt_left_small")
    asked = [SPEAKING, Keyframe(frame=20, state=turned, transition=8)]
    upper = [
        worried(),
        Keyframe(frame=20, state=State("concerned", "tilt_left_small"), transition=8),
    ]
    seen = shown(asked, upper, 48)
    found = levels(seen)

    assert found[10] == found[-1] == 100
    assert min(found) == 0
    assert max(abs(after - before) for before, after in pairwise(found)) <= 100 / RAMP_FRAMES
    assert seen[-1].upper == "endpoints/concerned__tilt_left_small.png"


def test_a_face_that_shows_another_expression_keeps_its_own_eyes() -> None:
    seen = shown([Keyframe(frame=0, state=State("happy_soft"))], [worried()])

    assert {cel.upper for cel in seen} == {None}


@pytest.mark.parametrize("name", ["concerned", "happy_soft"])
def test_lids_close_over_a_feeling_and_its_brows_stay(name: str) -> None:
    feeling = Keyframe(frame=0, state=State(name))
    seen = shown([SPEAKING], [feeling], 12, TimeRange(4, 6))

    assert seen[4] == Cel(
        drawing="endpoints/speaking_ee__center.png",
        lids=SHUT,
        upper=f"endpoints/{name}__center.png",
    )
    assert {cel.upper for cel in seen} == {f"endpoints/{name}__center.png"}


def test_lids_that_are_hardly_closed_do_not_open_eyes_that_laugh() -> None:
    joy = Keyframe(frame=0, state=State("happy_soft"))
    seen = shown([SPEAKING], [joy], 14, TimeRange(4, 6))

    assert [cel.lids is not None for cel in seen][2:9] == [
        False, True, True, True, True, True, False,
    ]  # fmt: skip


def test_lids_do_not_close_over_eyes_that_are_wide() -> None:
    blink = TimeRange(4, 6)
    surprise = Keyframe(frame=0, state=State("surprised_ah"))
    playback = play(
        WHOLE, [SPEAKING], 12, [blink], BUILT.poses, upper=[surprise], overlays=OVERLAYS, fps=FPS
    )

    assert playback.skipped_blinks == (blink,)
    assert wide_eyed(BUILT) == {"surprised_ah"}


def test_eyes_and_brows_begin_somewhere_on_the_way_to_an_expression() -> None:
    assert felt_from(BUILT, "surprised_ah") == 0.5
    assert [felt_from(BUILT, name) for name in ("happy_soft", "happy_big", "concerned")] == [0] * 3
    for name in ("neutral", "speaking_ah"):
        assert felt_from(BUILT, name) == 0
    apart = replace(BUILT, base_paths=())
    assert felt_from(apart, "surprised_ah") == 0


def test_what_cannot_be_laid_over_is_shown_as_before() -> None:
    bare = play(WHOLE, [SPEAKING], 12, fps=FPS)
    center = frozenset(state for state in OVERLAYS if state.expression == BLINK)
    playback = play(WHOLE, [SPEAKING], 12, upper=[worried()], overlays=center, fps=FPS)

    assert cels(playback) == cels(bare)


RIG = rig_of(BUILT, FIVE)


@settings(max_examples=60, deadline=None)
@given(line=timelines())
def test_any_timeline_lays_over_only_what_there_is(line: Timeline) -> None:
    graph, there = RigGraph(RIG), drawings_of(RIG)
    asked = keyframes(line, BUILT)
    playback, bare = (
        play(graph, asked, line.frames, blinks(line), BUILT.poses, upper=upper, overlays=OVERLAYS)
        for upper in (upper_keyframes(line, BUILT), ())
    )

    for cel, plain in zip(cels(playback), cels(bare), strict=True):
        assert set(cel.drawings) <= there
        if cel.upper is None and cel.lids is None and plain.lids is None:
            assert cel.drawing == plain.drawing


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, 40),
    length=st.integers(1, 60),
    transition=st.integers(0, 12),
    mouths=st.lists(
        st.tuples(st.integers(0, 99), st.sampled_from(sorted(STILL))), min_size=1, max_size=20
    ),
)
def test_brows_never_jump_while_a_mouth_speaks(
    start: int, length: int, transition: int, mouths: list[tuple[int, str]]
) -> None:
    slow = max(transition, RAMP_FRAMES)
    asked = [Keyframe(frame=frame, state=State(name), transition=2) for frame, name in mouths]
    upper = [
        worried(frame=start, transition=slow),
        Keyframe(frame=start + length, state=State("neutral"), transition=slow),
    ]
    found = levels(shown(asked, upper, 110))

    # A third, and what the drawings between leave to the next one.
    assert max(abs(after - before) for before, after in pairwise(found)) <= 100 / RAMP_FRAMES + 13
