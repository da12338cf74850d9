import pytest
from timelines_made_up import clip

from talkies.core.timeline.document import Origin, TrackName, View
from talkies.core.timeline.edits import AddClip, SetClip
from talkies.core.timeline.edits_json import edit_record, edits_from_value
from talkies.core.timeline.patch import Patch, TrackChange
from talkies.errors.characters import TimelineInvalid


def test_an_edit_is_an_object_with_its_name_and_fields() -> None:
    edit = SetClip(id="c1", value=View(zoom=2.0), transition=12)

    assert edit_record(edit) == {
        "op": "set",
        "id": "c1",
        "value": {"zoom": 2.0, "x": 0.5, "y": 0.5},
        "transition": 12,
    }


def test_a_clip_may_be_added_by_little() -> None:
    (edit,) = edits_from_value(
        [{"op": "add", "track": "poses", "clip": {"start": 3, "end": 9, "value": "nod_up_small"}}]
    )

    assert edit == AddClip(track=TrackName.POSES, clip=clip("", 3, 9, "nod_up_small"))


def test_an_inverse_says_which_clips_go_and_come() -> None:
    patch = Patch(
        changes=(
            TrackChange(track=TrackName.POSES, removed=("a",), added=(clip("b", 0, 1, "x"),)),
        ),
        frames=30,
    )

    record = edit_record(patch)
    assert record["op"] == "patch"
    assert record["frames"] == 30
    assert edits_from_value([record]) == (patch,)


def test_a_clip_can_be_given_back_in_json_too() -> None:
    assert edits_from_value([{"op": "set", "id": "a", "origin": "generated"}]) == (
        SetClip(id="a", origin=Origin.GENERATED),
    )


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({}, "edits"),
        ([3], "edits[0]"),
        ([{}], "edits[0].op"),
        ([{"op": "fly"}], "edits[0].op"),
        ([{"op": "remove"}], "edits[0].id"),
        ([{"op": "remove", "id": "a", "when": 3}], "edits[0].when"),
        ([{"op": "move", "id": "a", "start": "3"}], "edits[0].start"),
        ([{"op": "add", "track": "music", "clip": {}}], "edits[0].track"),
        ([{"op": "add", "track": "poses", "clip": {"start": 5, "end": 3, "value": "x"}}],
         "edits[0].clip.end"),
        ([{"op": "set", "id": "a"}, {"op": "set", "id": "a", "origin": "me"}],
         "edits[1].origin"),
        ([{"op": "patch", "changes": [{"track": "poses", "removed": [3]}]}],
         "edits[0].changes[0].removed[0]"),
        ([{"op": "patch", "changes": [{"track": "poses", "added": [{}]}]}],
         "edits[0].changes[0].added[0].start"),
    ],
)  # fmt: skip
def test_what_is_no_edit_is_refused_by_its_place(value: object, where: str) -> None:
    with pytest.raises(TimelineInvalid) as caught:
        edits_from_value(value)
    assert caught.value.details["where"] == where
