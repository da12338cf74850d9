from dataclasses import replace

import pytest

from talkies.core.rig.model import RigConfig
from talkies.core.rig.mouths import mouth_of
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.core.visemes import Viseme

#: A character that can do nothing.
BARE = replace(STANDARD, expressions={"neutral": STANDARD.expressions["neutral"]}, base_paths=())


@pytest.mark.parametrize("config", [STANDARD, BUILT, BARE])
@pytest.mark.parametrize("viseme", Viseme)
def test_every_mouth_shape_is_one_that_the_character_has(viseme: Viseme, config: RigConfig) -> None:
    expression, strength = mouth_of(viseme, config)

    assert expression in config.expressions
    assert 0 < strength <= 1


def test_closed_lips_are_closed() -> None:
    assert mouth_of(Viseme.PP, BUILT) == ("lips_closed", 1)
    assert mouth_of(Viseme.PP, STANDARD) == ("neutral", 1)
    assert mouth_of(Viseme.SIL, BUILT) == ("neutral", 1)


def test_vowels_are_the_seeds() -> None:
    assert mouth_of(Viseme.AA, STANDARD) == ("speaking_ah", 1)
    assert mouth_of(Viseme.IH, STANDARD) == ("speaking_ee", 1)
    assert mouth_of(Viseme.OU, STANDARD) == ("speaking_uw", 1)
    assert mouth_of(Viseme.OH, STANDARD) == ("oh_round", 1)


def test_a_character_without_a_mouth_shows_the_next_best() -> None:
    fewer = {name: STANDARD.expressions[name] for name in ("neutral", "speaking_ah")}

    assert mouth_of(Viseme.OH, replace(STANDARD, expressions=fewer)) == ("speaking_ah", 0.5)
    assert mouth_of(Viseme.FF, replace(STANDARD, expressions=fewer)) == ("neutral", 1)
