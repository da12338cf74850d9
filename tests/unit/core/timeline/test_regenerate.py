from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timelines_made_up import clip, clips, timeline, timelines

from talkies.core.timeline.document import Clip, Origin, Timeline, TrackName
from talkies.core.timeline.editing import apply
from talkies.core.timeline.patch import difference
from talkies.core.timeline.regenerate import regenerate
from talkies.core.timeline.validate import validate
from talkies.errors.characters import TimelineInvalid

MINE = clip("mine", 40, 60, "concerned", origin=Origin.MANUAL)
BEFORE = timeline(
    expressions=(clip("old", 0, 30, "happy_soft"), MINE), poses=(clip("p", 0, 9, "nod_up_small"),)
)


def faces(timeline: Timeline) -> list[tuple[str, int, int, str]]:
    return [
        (one.id, one.span.start, one.span.end, str(one.value))
        for one in timeline.track(TrackName.EXPRESSIONS)
    ]


def again(*generated: Clip, before: Timeline = BEFORE) -> Timeline:
    return regenerate(before, {TrackName.EXPRESSIONS: generated})


def test_new_clips_take_the_place_of_generated_ones_and_manual_ones_stay() -> None:
    after = again(clip("new", 5, 20, "happy_big"))

    assert faces(after) == [("new", 5, 20, "happy_big"), ("mine", 40, 60, "concerned")]
    assert after.track(TrackName.EXPRESSIONS)[1] is MINE


def test_a_new_clip_yields_to_a_manual_one() -> None:
    assert faces(again(clip("new", 30, 50, "happy_big"))) == [
        ("new", 30, 40, "happy_big"),
        ("mine", 40, 60, "concerned"),
    ]


def test_a_new_clip_around_a_manual_one_becomes_two() -> None:
    assert faces(again(clip("new", 30, 70, "happy_big"))) == [
        ("new", 30, 40, "happy_big"),
        ("mine", 40, 60, "concerned"),
        ("expressions-4", 60, 70, "happy_big"),
    ]


def test_what_is_left_of_a_new_clip_does_not_flicker() -> None:
    assert faces(again(clip("new", 39, 61, "happy_big"))) == [("mine", 40, 60, "concerned")]
    assert len(faces(again(clip("short", 10, 11, "happy_big")))) == 2


def test_tracks_that_are_not_generated_stay() -> None:
    assert again().track(TrackName.POSES) == BEFORE.track(TrackName.POSES)


def test_a_new_clip_whose_id_is_taken_gets_another() -> None:
    after = again(clip("mine", 0, 5, "happy_big"), clip("p", 5, 9, "neutral"))

    assert faces(after) == [
        ("expressions-3", 0, 5, "happy_big"),
        ("expressions-4", 5, 9, "neutral"),
        ("mine", 40, 60, "concerned"),
    ]


def test_new_clips_are_generated_ones_whatever_they_say() -> None:
    after = again(clip("new", 0, 5, "happy_big", origin=Origin.MANUAL))

    assert after.track(TrackName.EXPRESSIONS)[0].origin is Origin.GENERATED


def test_new_clips_end_with_the_timeline() -> None:
    assert faces(again(clip("new", 90, 120, "happy_big"), clip("later", 120, 130, "happy_big")))[
        1:
    ] == [("new", 90, 100, "happy_big")]


def test_generated_clips_that_overlap_are_refused() -> None:
    with pytest.raises(TimelineInvalid, match="is before the end of the clip ahead of it"):
        again(clip("a", 0, 10, "happy_big"), clip("b", 5, 15, "happy_big"))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Timeline, dict[TrackName, Sequence[Clip]]]:
    before = draw(timelines())
    names = draw(st.sets(st.sampled_from(TrackName)))
    return before, {name: draw(clips(name, before.frames)) for name in names}


@settings(max_examples=50)
@given(cases())
def test_generating_is_an_edit_that_keeps_every_manual_clip(
    case: tuple[Timeline, dict[TrackName, Sequence[Clip]]],
) -> None:
    before, generated = case
    after = regenerate(before, generated)

    validate(after)
    for name in TrackName:
        kept = {one for one in before.track(name) if one.origin is Origin.MANUAL}
        assert kept <= set(after.track(name))
    done, inverse = apply(before, difference(before, after))
    assert (done, apply(done, inverse)[0]) == (after, before)


@settings(max_examples=30)
@given(cases())
def test_generating_the_same_twice_changes_nothing(
    case: tuple[Timeline, dict[TrackName, Sequence[Clip]]],
) -> None:
    once = regenerate(*case)
    again = regenerate(once, case[1])

    assert [_said(once), once.frames] == [_said(again), again.frames]


def _said(timeline: Timeline) -> list[Clip]:
    """All clips without their ids, which are given out anew."""
    return [replace(one, id="") for name in TrackName for one in timeline.track(name)]
