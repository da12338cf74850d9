"""What a face does in each expression, and on the way from one to another."""

from dataclasses import replace
from itertools import pairwise

import pytest

from talkies.core.rig.model import Expression
from talkies.core.rig.standard import BUILT
from talkies.errors import CharacterInvalid
from talkies.rigs.building.recipes import (
    POSES,
    between,
    head_between,
    head_of,
    recipe_of,
)


@pytest.mark.parametrize("expression", BUILT.expressions)
def test_every_expression_but_the_neutral_one_does_something(expression: str) -> None:
    neutral, recipe = recipe_of("neutral", BUILT), recipe_of(expression, BUILT)
    assert (recipe == neutral) == (expression == "neutral")


@pytest.mark.parametrize("start", BUILT.expressions)
@pytest.mark.parametrize("end", BUILT.expressions)
def test_a_way_begins_and_ends_at_its_expressions_and_is_the_same_backwards(
    start: str, end: str
) -> None:
    one, other = recipe_of(start, BUILT), recipe_of(end, BUILT)
    assert between(one, other, 0) == one
    assert between(one, other, 1) == other
    for t in (0.125, 0.5, 0.875):
        assert between(one, other, t) == between(other, one, 1 - t)


def test_lips_meet_before_they_press() -> None:
    ah, closed = recipe_of("speaking_ah", BUILT), recipe_of("lips_closed", BUILT)
    late = between(ah, closed, 0.875)
    assert late.mouth.opening == 0
    assert 0 < late.mouth.press < closed.mouth.press
    assert between(ah, closed, 0.5).mouth.press < 0.5 * closed.mouth.press


def test_an_expression_of_ones_own_is_what_its_axes_say() -> None:
    words = replace(
        BUILT,
        expressions={
            **BUILT.expressions,
            "angry": Expression(mouth="frown", eyes="squint", brows="furrow"),
        },
    )
    recipe = recipe_of("angry", words)
    assert recipe.mouth.smile < 0
    assert recipe.look.furrowed > 0
    assert recipe.look.squint > 0


@pytest.mark.parametrize("axis", ["mouth", "eyes", "brows"])
def test_an_axis_that_nobody_knows_is_named(axis: str) -> None:
    expression = replace(BUILT.expressions["neutral"], **{axis: "purple"})
    words = replace(BUILT, expressions={**BUILT.expressions, "odd": expression})
    with pytest.raises(CharacterInvalid, match="purple") as refused:
        recipe_of("odd", words)
    assert refused.value.details == {"reason": "recipe", "name": "purple"}
    assert "neutral" in refused.value.hint


def test_a_pose_that_nobody_knows_is_named() -> None:
    with pytest.raises(CharacterInvalid, match="upside_down"):
        head_of("upside_down")


def test_tilts_lean_to_the_side_that_their_name_says_as_the_viewer_sees_it() -> None:
    assert POSES["tilt_left_small"].roll < 0 < POSES["tilt_right_small"].roll
    assert POSES["nod_up_small"].pitch < 0 < POSES["nod_down_small"].pitch


def test_a_head_is_halfway_between_two_poses() -> None:
    half = head_between(head_of("center"), head_of("tilt_right_small"), 0.5)
    assert half.roll == pytest.approx(POSES["tilt_right_small"].roll / 2)


def test_a_turn_of_the_head_begins_and_ends_slower_than_it_goes_on() -> None:
    center, left = head_of("center"), head_of("tilt_left_small")
    rolls = [head_between(center, left, part / 8).roll for part in range(9)]
    steps = [abs(after - before) for before, after in pairwise(rolls)]
    assert steps[:4] == sorted(steps[:4])
    assert steps == pytest.approx(steps[::-1])
    assert steps[0] < 0.75 * abs(left.roll) / 8
    # One that goes on to the other side does not stop on its way.
    assert steps[0] > 0.4 * abs(left.roll) / 8
    assert (rolls[0], rolls[-1]) == (center.roll, left.roll)
