import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.core.rig.config_json import config_from_json, config_to_json
from talkies.core.rig.model import BasePath, Expression, RigConfig
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.errors import CharacterInvalid

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,8}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8"), max_size=5)
EXPRESSIONS = st.dictionaries(
    NAMES, st.builds(Expression, mouth=WORDS, eyes=WORDS, brows=WORDS), min_size=1, max_size=4
)


@st.composite
def configs(draw: st.DrawFn) -> RigConfig:
    neutral = Expression(mouth="m", eyes="e", brows="b")
    expressions = {"neutral": neutral, **draw(EXPRESSIONS)}
    names = draw(st.lists(NAMES, unique=True, max_size=4))
    ends = st.permutations(sorted(expressions))
    paths = [(name, *draw(ends)) for name in names if len(expressions) > 1]
    return RigConfig(
        axes=draw(st.dictionaries(WORDS, st.lists(WORDS, max_size=3).map(tuple), max_size=3)),
        poses=("center", *sorted(draw(st.sets(NAMES, max_size=3)) - {"center"})),
        expressions=expressions,
        base_paths=tuple(BasePath(id=path[0], start=path[1], end=path[2]) for path in paths),
    )


def document(**changes: Any) -> dict[str, Any]:
    return json.loads(config_to_json(STANDARD)) | changes


@given(configs())
def test_the_words_of_any_character_are_read_as_they_were_written(config: RigConfig) -> None:
    assert config_from_json(config_to_json(config)) == config


def test_the_standard_characters_are_read_as_they_were_written() -> None:
    assert config_from_json(config_to_json(STANDARD)) == STANDARD
    assert config_from_json(config_to_json(BUILT)) == BUILT


def test_the_seeds_words_are_those_of_the_reference() -> None:
    assert len(STANDARD.base_paths) == 21
    assert len(STANDARD.expressions) == 10
    assert STANDARD.poses[0] == "center"
    assert list(document()) == ["axes", "poses", "expressions", "base_paths"]
    odd = [path for path in STANDARD.base_paths if path.id != f"{path.start}_to_{path.end}"]
    assert [(path.id, path.end) for path in odd] == [
        ("speaking_ah_to_surprised", "surprised_ah"),
        ("neutral_to_blink", "blink_closed"),
    ]


def test_ours_has_two_mouths_more_that_reach_each_mouth_of_speech() -> None:
    new = set(BUILT.expressions) - set(STANDARD.expressions)
    assert new == {"lips_closed", "lip_teeth"}
    for mouth in new:
        met = {path.end for path in BUILT.base_paths if path.start == mouth}
        assert {"speaking_ah", "speaking_ee", "speaking_uw", "oh_round"} <= met
    assert BUILT.base_paths[:21] == STANDARD.base_paths


NEUTRAL = {"mouth": "neutral", "eyes": "neutral", "brows": "neutral"}


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("{", "document"),
        ("[]", "document"),
        ("[" * 100_000, "document"),
        (document(axes=[]), "axes"),
        (document(axes={"mouth": "ah"}), "axes.mouth"),
        (document(axes={"mouth": [1]}), "axes.mouth[0]"),
        (document(poses=None), "poses"),
        (document(poses=["tilted"]), "poses"),
        (document(poses=["center", "../up"]), "poses[1]"),
        (document(poses=["center", "a__b"]), "poses[1]"),
        (document(poses=["center", "center"]), "poses[1]"),
        (document(poses=["center", "\ud800"]), "poses[1]"),
        (document(expressions=None), "expressions"),
        (document(expressions={"happy": NEUTRAL}), "expressions"),
        (document(expressions={"neutral": "calm"}), "expressions.neutral"),
        (document(expressions={"neutral": {"mouth": "ah"}}), "expressions.neutral.eyes"),
        (document(expressions={"neutral": NEUTRAL, "a/b": NEUTRAL}), "expressions.a/b"),
        (document(expressions={"neutral": NEUTRAL, "": NEUTRAL}), "expressions."),
        (document(expressions={
            "neutral": NEUTRAL, **{f"e{number}": NEUTRAL for number in range(200)}
        }), "expressions"),
        (document(poses=["center", *(f"p{number}" for number in range(50))]), "poses"),
        (document(base_paths=[
            {"id": f"w{number}", "start": "neutral", "end": "happy_big"} for number in range(2_001)
        ]), "base_paths"),
        (document(base_paths={}), "base_paths"),
        (document(base_paths=["a"]), "base_paths[0]"),
        (document(base_paths=[{"id": "a", "start": "neutral", "end": "?"}]), "base_paths[0].end"),
        (document(base_paths=[{"id": "a", "end": "neutral"}]), "base_paths[0].start"),
        (document(base_paths=[{"id": "a", "start": "neutral", "end": "neutral"}]), "base_paths[0]"),
        (
            document(base_paths=[{"id": "..", "start": "neutral", "end": "happy_big"}]),
            "base_paths[0].id",
        ),
        (
            document(base_paths=[{"id": "a", "start": "neutral", "end": "happy_big"}] * 2),
            "base_paths[1]",
        ),
    ],
)  # fmt: skip
def test_words_that_cannot_be_used_are_refused_with_their_place(source: Any, where: str) -> None:
    text = source if isinstance(source, str) else json.dumps(source)

    with pytest.raises(CharacterInvalid) as refused:
        config_from_json(text)

    assert refused.value.details == {"reason": "config", "where": where}


def test_an_expression_may_say_what_its_axis_does_not_list() -> None:
    strange = document(expressions={"neutral": NEUTRAL | {"mouth": "whistling"}}, base_paths=[])

    assert config_from_json(json.dumps(strange)).expressions["neutral"].mouth == "whistling"
