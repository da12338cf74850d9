"""From a timeline to cels: what a character with these drawings can show of it."""

from fractions import Fraction
from pathlib import Path

import pytest
from small_character import small_character
from timelines_made_up import clip, timeline

from talkies.core.rig.playback import Cel
from talkies.core.timeline.document import Timeline
from talkies.rigs.character import Character
from talkies.rigs.export.options import ExportFormat
from talkies.rigs.export.planning import Performed, perform
from talkies.rigs.pack.opening import PackMaker

MOUTH = "endpoints/speaking_ah__center.png"
SMILE = "endpoints/happy_soft__center.png"


@pytest.fixture
def character(tmp_path: Path) -> Character:
    return small_character(tmp_path / "sketch", size=(192, 288))


def performed(line: Timeline, character: Character) -> Performed:
    with PackMaker(character, workers=1) as packs:
        return perform(line, packs, ExportFormat.MP4)


def smiling(*, expressions: bool = True) -> Timeline:
    smile = clip("e", 10, 60, "happy_soft", transition=6)
    return timeline(expressions=(smile,) if expressions else (), visemes=(clip("a", 5, 70, "aa"),))


def test_a_smile_is_seen_around_the_eyes_while_a_mouth_speaks(character: Character) -> None:
    found = performed(smiling(), character)

    assert found.fps == Fraction(25)
    assert found.playback.cels[found.playback.order[40]] == Cel(MOUTH, upper=SMILE)
    assert {MOUTH, SMILE} <= found.drawings


def test_nothing_is_laid_over_where_no_expression_is_asked_for(character: Character) -> None:
    found = performed(smiling(expressions=False), character)

    assert all(cel.upper is None for cel in found.playback.cels)


def test_a_pack_that_is_begun_has_no_more_than_the_smile_needs(character: Character) -> None:
    with PackMaker(character, workers=1) as packs:
        perform(smiling(), packs, ExportFormat.MP4)
        with packs.open(drawings=()) as pack:
            assert SMILE in pack.drawings
            assert "endpoints/happy_soft__tilt_left_small.png" not in pack.drawings


def test_a_smile_that_was_painted_anew_is_shown_in_rests_alone(character: Character) -> None:
    """A drawing of another hand has other brows, other hair and another mouth."""
    character.path(SMILE).write_bytes(
        character.path("endpoints/neutral__tilt_left_small.png").read_bytes()
    )
    found = performed(smiling(), character)

    assert all(cel.upper is None for cel in found.playback.cels)
