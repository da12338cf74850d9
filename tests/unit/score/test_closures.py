"""Closures: what counts as lips that meet, and what chance gives."""

import numpy as np
import pytest

from talkies.score import closures
from talkies.score.closures import Levels
from talkies.score.sync import Mask, Series

FPS = 25.0
#: Where /p/, /b/ and /m/ are said, seconds.
SPANS = tuple((symbol, 1.0 + 0.6 * k, 1.08 + 0.6 * k) for k, symbol in enumerate("pbmpbmpb"))


def mouth(closing: bool) -> Series:
    """An open mouth, .12 D, that closes at the spans or nearly does; 7 s."""
    times = (np.arange(175) + 0.5) / FPS
    opening = np.full(175, 0.12)
    for _, start, end in SPANS:
        opening[(times > start - 0.04) & (times < end + 0.02)] = 0.0 if closing else 0.07
    opening[:8] = 0.0
    return opening


def everywhere() -> Mask:
    return np.ones(175, np.bool_)


def levels_of(opening: Series) -> Series:
    levels = closures.own_levels(opening, opening, everywhere())
    assert levels is not None
    return levels.of(opening)


def test_lips_that_meet_are_hits() -> None:
    found = closures.closures(levels_of(mouth(closing=True)), everywhere(), FPS, SPANS)
    assert closures.hit_rate(found) == 1.0
    assert [closure.symbol for closure in found] == list("pbmpbmpb")


def test_a_mouth_that_only_narrows_fails_every_closure() -> None:
    found = closures.closures(levels_of(mouth(closing=False)), everywhere(), FPS, SPANS)
    assert closures.hit_rate(found) == 0.0


def test_a_mouth_that_never_closes_fails_though_it_follows() -> None:
    opening = mouth(closing=True) + 0.06
    found = closures.closures(levels_of(opening), everywhere(), FPS, SPANS)
    assert closures.hit_rate(found) == 0.0


def test_the_landmarks_offset_on_closed_lips_is_forgiven() -> None:
    opening = mouth(closing=True) + 0.04
    found = closures.closures(levels_of(opening), everywhere(), FPS, SPANS)
    assert closures.hit_rate(found) == 1.0


def test_a_mouth_that_does_not_move_is_not_closed() -> None:
    assert levels_of(np.full(175, 0.01)).min() == 1.0


def test_a_closure_that_comes_after_the_sound_is_missed() -> None:
    opening = np.roll(mouth(closing=True), 5)
    found = closures.closures(levels_of(opening), everywhere(), FPS, SPANS)
    assert closures.hit_rate(found) == 0.0


def test_chance_is_low_when_the_mouth_closes_only_where_it_should() -> None:
    level = levels_of(mouth(closing=True))
    assert closures.chance_rate(level, everywhere(), FPS, SPANS) == pytest.approx(0.0)


def test_chance_is_certain_when_the_mouth_is_mostly_closed() -> None:
    level = np.zeros(175)
    level[::50] = 1.0
    assert closures.chance_rate(level, everywhere(), FPS, SPANS) == 1.0


def test_closures_without_a_face_are_not_counted() -> None:
    valid = everywhere()
    valid[23:60] = False
    found = closures.closures(levels_of(mouth(closing=True)), valid, FPS, SPANS)
    assert [closure.level for closure in found[:2]] == [None, None]
    assert not found[0].hit
    assert closures.hit_rate(found[:2]) is None
    assert closures.hit_rate(found) == 1.0


def test_a_sound_between_two_frames_is_judged_on_the_frame_shown_then() -> None:
    level = np.ones(20)
    level[5] = 0.0
    found = closures.closures(level, np.ones(20, np.bool_), 5.0, [("p", 1.04, 1.06)])
    assert found[0].hit


def test_sounds_outside_the_video_have_no_level() -> None:
    found = closures.closures(np.zeros(20), np.ones(20, np.bool_), 5.0, [("p", 9.0, 9.1)])
    assert found[0].level is None


def test_no_face_no_levels() -> None:
    assert closures.own_levels(np.zeros(5), np.zeros(5), np.zeros(5, np.bool_)) is None


def test_levels_run_from_closed_to_open() -> None:
    levels = Levels(closed=0.02, open=0.12, gap=0.01)
    assert levels.of(np.array([0.02, 0.07, 0.12])) == pytest.approx([0, 0.5, 1])
