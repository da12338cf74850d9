import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timelines_made_up import clip, edits, timeline, timelines

from talkies.core.timeline.document import (
    Clip,
    Origin,
    Timeline,
    TimelineSound,
    TrackName,
    View,
)
from talkies.core.timeline.editing import Edit, apply, apply_all
from talkies.core.timeline.edits import (
    AddClip,
    MoveClip,
    RemoveClip,
    RippleDelete,
    RippleInsert,
    SetCharacter,
    SetClip,
    SetLength,
    SplitClip,
    TrimClip,
)
from talkies.core.timeline.edits_json import edit_record, edits_from_value
from talkies.core.timeline.patch import Patch, TrackChange, difference
from talkies.core.timeline.validate import validate
from talkies.core.timing import TimeRange
from talkies.errors.characters import TimelineInvalid

A, B = clip("a", 10, 30, "happy_soft", transition=4), clip("b", 40, 60, "concerned")
TWO = timeline(expressions=(A, B))


def faces(timeline: Timeline) -> list[tuple[str, int, int, str, str]]:
    """Id, start, end, value and origin of the expressions."""
    return [
        (one.id, one.span.start, one.span.end, str(one.value), one.origin.value[:3])
        for one in timeline.track(TrackName.EXPRESSIONS)
    ]


def added(start: int, end: int, name: str = "new") -> AddClip:
    return AddClip(track=TrackName.EXPRESSIONS, clip=clip(name, start, end, "neutral"))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Timeline, Edit]:
    made = draw(timelines())
    return made, draw(edits(made))


def test_an_edit_looks_only_at_the_clips_that_it_changes() -> None:
    many = timeline(expressions=tuple(clip(str(n), n, n + 1, "neutral") for n in range(100)))
    edited, _ = apply(many, SetClip(id="7", note="here"))
    before, after = (made.track(TrackName.EXPRESSIONS) for made in (many, edited))
    assert [n for n in range(100) if before[n] is not after[n]] == [7]
    # What was not looked at is still refused where it makes the timeline a wrong one.
    with pytest.raises(TimelineInvalid, match="end"):
        validate(replace(many, frames=50), checked=many)
    wrong = replace(many, tracks={TrackName.EXPRESSIONS: (*before, clip("x", 98, 99, "neutral"))})
    with pytest.raises(TimelineInvalid, match="before the end"):
        validate(wrong, checked=many)


@settings(max_examples=80)
@given(cases())
def test_an_edit_and_its_inverse_leave_the_timeline_as_it_was(case: tuple[Timeline, Edit]) -> None:
    before, edit = case
    with suppress(TimelineInvalid):
        after, inverse = apply(before, edit)
        undone, redo = apply(after, inverse)
        assert undone == before
        assert apply(undone, redo)[0] == after


@settings(max_examples=30)
@given(cases())
def test_edits_and_inverses_are_json_and_back(case: tuple[Timeline, Edit]) -> None:
    before, edit = case
    found: list[Edit] = [edit]
    with suppress(TimelineInvalid):
        found.append(apply(before, edit)[1])
    assert edits_from_value(json.loads(json.dumps([edit_record(one) for one in found]))) == tuple(
        found
    )


@settings(max_examples=25)
@given(timelines(), st.data())
def test_many_edits_have_one_inverse(before: Timeline, data: st.DataObject) -> None:
    after, done = before, []
    for _ in range(data.draw(st.integers(1, 6))):
        edit = data.draw(edits(after))
        with suppress(TimelineInvalid):
            after, _ = apply(after, edit)
            done.append(edit)

    at_once, inverse = apply_all(before, done)
    assert at_once == after
    assert apply(after, inverse)[0] == before


def test_a_clip_laid_on_a_free_place_leaves_the_others() -> None:
    after, _ = apply(TWO, added(30, 40))

    assert faces(after) == [
        ("a", 10, 30, "happy_soft", "gen"),
        ("new", 30, 40, "neutral", "man"),
        ("b", 40, 60, "concerned", "gen"),
    ]


def test_a_clip_laid_over_others_trims_them() -> None:
    after, _ = apply(TWO, added(20, 50))

    assert faces(after) == [
        ("a", 10, 20, "happy_soft", "gen"),
        ("new", 20, 50, "neutral", "man"),
        ("b", 50, 60, "concerned", "gen"),
    ]


def test_a_clip_laid_over_a_whole_one_takes_its_place() -> None:
    assert [name for name, *_ in faces(apply(TWO, added(10, 30))[0])] == ["new", "b"]


def test_a_clip_laid_inside_another_makes_two_of_it() -> None:
    after, inverse = apply(TWO, added(15, 20))

    assert faces(after)[:3] == [
        ("a", 10, 15, "happy_soft", "gen"),
        ("new", 15, 20, "neutral", "man"),
        ("expressions-4", 20, 30, "happy_soft", "gen"),
    ]
    assert after.track(TrackName.EXPRESSIONS)[2].transition == A.transition
    assert apply(after, inverse)[0] == TWO


def test_a_clip_without_an_id_gets_the_first_free_one() -> None:
    crowded = timeline(expressions=(replace(A, id="expressions-3"), B))

    assert faces(apply(crowded, added(70, 80, name=""))[0])[-1][0] == "expressions-4"


def test_a_removed_clip_leaves_its_place_empty() -> None:
    after, inverse = apply(TWO, RemoveClip(id="a"))

    assert faces(after) == [("b", 40, 60, "concerned", "gen")]
    assert inverse == Patch(changes=(TrackChange(track=TrackName.EXPRESSIONS, added=(A,)),))


def test_a_moved_clip_keeps_its_length_and_what_it_says() -> None:
    after, _ = apply(TWO, MoveClip(id="a", start=35))

    assert faces(after) == [
        ("a", 35, 55, "happy_soft", "man"),
        ("b", 55, 60, "concerned", "gen"),
    ]
    assert after.track(TrackName.EXPRESSIONS)[0].transition == A.transition


def test_a_trimmed_clip_gets_shorter_or_reaches_over_its_neighbours() -> None:
    assert faces(apply(TWO, TrimClip(id="a", start=12, end=14))[0])[0][1:3] == (12, 14)
    assert faces(apply(TWO, TrimClip(id="a", start=0, end=45))[0]) == [
        ("a", 0, 45, "happy_soft", "man"),
        ("b", 45, 60, "concerned", "gen"),
    ]


def test_a_split_clip_is_two_and_nothing_changes_between_them() -> None:
    after, _ = apply(TWO, SplitClip(id="a", frame=15, new_id="later"))

    assert faces(after)[:2] == [
        ("a", 10, 15, "happy_soft", "man"),
        ("later", 15, 30, "happy_soft", "man"),
    ]
    assert [one.transition for one in after.track(TrackName.EXPRESSIONS)[:2]] == [4, 0]


def test_setting_a_clip_changes_what_is_given_and_makes_it_manual() -> None:
    after, _ = apply(TWO, SetClip(id="a", value="concerned", strength=0.5, note="sad"))

    one = after.track(TrackName.EXPRESSIONS)[0]
    assert (one.value, one.strength, one.note, one.transition) == ("concerned", 0.5, "sad", 4)
    assert one.origin is Origin.MANUAL


def test_a_clip_can_be_given_back_to_the_machine() -> None:
    mine = timeline(expressions=(replace(A, origin=Origin.MANUAL),))

    assert faces(apply(mine, SetClip(id="a", origin=Origin.GENERATED))[0])[0][4] == "gen"


def test_frames_taken_out_bring_later_clips_of_the_track_earlier() -> None:
    after, _ = apply(TWO, RippleDelete(track=TrackName.EXPRESSIONS, start=20, end=45))

    assert faces(after) == [
        ("a", 10, 20, "happy_soft", "man"),
        ("b", 20, 35, "concerned", "man"),
    ]


def test_frames_taken_out_of_one_clip_leave_it_one_clip() -> None:
    after, _ = apply(TWO, RippleDelete(track=TrackName.EXPRESSIONS, start=15, end=20))

    assert faces(after)[0][:3] == ("a", 10, 25)


def test_a_clip_whose_frames_are_all_taken_out_goes() -> None:
    after, _ = apply(TWO, RippleDelete(track=TrackName.EXPRESSIONS, start=5, end=35))

    assert faces(after) == [("b", 10, 30, "concerned", "man")]


def test_frames_put_in_bring_later_clips_later_and_hold_the_running_one() -> None:
    after, _ = apply(TWO, RippleInsert(track=TrackName.EXPRESSIONS, frame=20, frames=50))

    assert faces(after) == [
        ("a", 10, 80, "happy_soft", "man"),
        ("b", 90, 100, "concerned", "man"),
    ]


def test_frames_put_in_before_a_clip_leave_the_one_that_ends_there() -> None:
    joined = timeline(expressions=(A, replace(B, span=TimeRange(30, 60))))
    after, _ = apply(joined, RippleInsert(track=TrackName.EXPRESSIONS, frame=30, frames=5))

    assert [one[:3] for one in faces(after)] == [("a", 10, 30), ("b", 35, 65)]


def test_a_shorter_timeline_cuts_clips_off_and_its_inverse_brings_them_back() -> None:
    after, inverse = apply(TWO, SetLength(frames=20))

    assert (after.frames, faces(after)) == (20, [("a", 10, 20, "happy_soft", "gen")])
    assert apply(after, inverse)[0] == TWO


def test_the_sound_is_never_cut() -> None:
    sounding = replace(TWO, sound=TimelineSound(source="a.wav", length=48_000))

    assert apply(sounding, SetLength(frames=25))[0].frames == 25
    with pytest.raises(TimelineInvalid, match=r"sound\.length ends after the timeline"):
        apply(sounding, SetLength(frames=24))


def test_another_character_may_play_it() -> None:
    after, inverse = apply(TWO, SetCharacter(character="wren"))

    assert (after.character, apply(after, inverse)[0]) == ("wren", TWO)


def test_what_is_alike_needs_no_patch() -> None:
    assert difference(TWO, TWO) == Patch()


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (added(10, 20, name="b"), "clip.id"),
        (added(90, 101), "clip.end"),
        (AddClip(track=TrackName.EXPRESSIONS, clip=clip("n", 5, 5, "neutral")), "clip.end"),
        (AddClip(track=TrackName.EXPRESSIONS, clip=clip("n", -5, 5, "neutral")), "clip.start"),
        (AddClip(track=TrackName.VISEMES, clip=clip("n", 0, 5, "neutral")), "clip.value"),
        (AddClip(track=TrackName.CAMERA, clip=clip("n", 0, 5, View(zoom=9))), "clip.value.zoom"),
        (RemoveClip(id="c"), "id"),
        (MoveClip(id="c", start=0), "id"),
        (MoveClip(id="a", start=-1), "clip.start"),
        (MoveClip(id="a", start=81), "clip.end"),
        (TrimClip(id="a", start=20, end=20), "end"),
        (TrimClip(id="a", start=20, end=10), "end"),
        (SplitClip(id="a", frame=10), "frame"),
        (SplitClip(id="a", frame=30), "frame"),
        (SplitClip(id="a", frame=20, new_id="b"), "new_id"),
        (SetClip(id="a", strength=2.0), "clip.strength"),
        (SetClip(id="a", transition=-1), "clip.transition"),
        (RippleDelete(track=TrackName.POSES, start=-1, end=5), "start"),
        (RippleDelete(track=TrackName.POSES, start=5, end=5), "end"),
        (RippleDelete(track=TrackName.POSES, start=5, end=101), "end"),
        (RippleInsert(track=TrackName.POSES, frame=100, frames=5), "frame"),
        (RippleInsert(track=TrackName.POSES, frame=0, frames=0), "frames"),
        (RippleInsert(track=TrackName.POSES, frame=0, frames=101), "frames"),
        (SetLength(frames=0), "frames"),
        (SetCharacter(character=""), "character"),
        (Patch(changes=(TrackChange(track=TrackName.POSES, removed=("a",)),)),
         "changes[0].removed[0]"),
        (Patch(changes=(TrackChange(track=TrackName.EXPRESSIONS,
                                    added=(clip("b", 0, 5, "neutral"),)),)),
         "tracks.expressions[2].id"),
        (Patch(changes=(TrackChange(track=TrackName.EXPRESSIONS,
                                    added=(clip("n", 25, 35, "neutral"),)),)),
         "tracks.expressions[1].start"),
    ],
)  # fmt: skip
def test_an_impossible_edit_is_refused_by_its_field(edit: Edit, where: str) -> None:
    with pytest.raises(TimelineInvalid) as caught:
        apply(TWO, edit)
    assert caught.value.details["where"] == where


def test_of_several_edits_the_one_that_fails_is_named_and_none_is_made() -> None:
    with pytest.raises(TimelineInvalid, match=r"^edits\[1\]: The edit cannot be made") as caught:
        apply_all(TWO, [RemoveClip(id="a"), MoveClip(id="a", start=0)])
    assert caught.value.details["where"] == "edits[1].id"


def test_a_clip_of_a_machine_is_laid_as_manual_by_hand() -> None:
    laid = AddClip(track=TrackName.BLINKS, clip=Clip(id="x", span=TimeRange(1, 3), value=""))

    assert apply(TWO, laid)[0].track(TrackName.BLINKS)[0].origin is Origin.MANUAL
