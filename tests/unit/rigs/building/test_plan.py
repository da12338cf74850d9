"""Which drawings a character has."""

from collections import Counter

import pytest

from talkies.core.rig.model import State
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.rigs.building.plan import Mix, plan


@pytest.mark.parametrize(("depth", "percents"), [(2, 5), (3, 9)])
def test_every_path_goes_in_every_pose_and_heads_turn_at_rest(depth: int, percents: int) -> None:
    made = plan(STANDARD, depth=depth)
    assert len(made.endpoints) == len(STANDARD.expressions) * len(STANDARD.poses)
    assert len(made.sequences) == len(STANDARD.base_paths) * 5 + 4
    assert {len(sequence.stops) for sequence in made.sequences} == {percents}
    assert made.files == len(made.endpoints) + len(made.sequences) * percents


def test_stops_have_the_seeds_numbers() -> None:
    sequence = next(s for s in plan(STANDARD).sequences if s.id == "neutral_to_blink__center")
    assert [stop.percent for stop in sequence.stops] == [0, 12, 25, 38, 50, 62, 75, 88, 100]
    assert sequence.end == State("blink_closed")
    assert sequence.stops[1].drawing == "sequences/neutral_to_blink__center/012.png"


def test_turning_the_head_has_no_pose_after_it() -> None:
    turns = [s for s in plan(STANDARD).sequences if s.start.pose != s.end.pose]
    assert [s.id for s in turns] == [
        f"neutral_center_to_neutral_{pose}" for pose in STANDARD.poses[1:]
    ]


def test_every_file_is_drawn_once_and_the_same_drawing_is_made_once() -> None:
    made = plan(BUILT)
    files = Counter(path for paths in made.drawings.values() for path in paths)
    assert set(files.values()) == {1}
    there = "sequences/speaking_ah_to_speaking_ee__center/012.png"
    back = "sequences/speaking_ee_to_speaking_ah__center/088.png"
    assert any({there, back} <= set(paths) for paths in made.drawings.values())


def test_an_end_of_a_way_is_its_expression() -> None:
    rest = State("neutral")
    paths = plan(STANDARD).drawings[Mix(rest, rest)]
    assert "endpoints/neutral__center.png" in paths
    assert "sequences/neutral_to_speaking_ah__center/000.png" in paths
    assert "sequences/neutral_center_to_neutral_nod_up_small/000.png" in paths


def test_endpoints_alone_need_no_sequences() -> None:
    made = plan(STANDARD, sequences=False)
    assert made.sequences == ()
    assert made.files == len(made.endpoints)
