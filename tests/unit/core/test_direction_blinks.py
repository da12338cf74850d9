from fractions import Fraction

import numpy as np
import pytest

from talkies.core.direction.blinks import blink_clips, eyes_busy
from talkies.core.rig.standard import BUILT
from talkies.core.timeline.document import Clip
from talkies.core.timing import TimeRange

FPS = Fraction(24)
FRAMES = 20 * 24


def blinks(busy: tuple[TimeRange, ...] = ()) -> list[TimeRange]:
    dice = np.random.default_rng(3)
    return [clip.span for clip in blink_clips((), fps=FPS, frames=FRAMES, dice=dice, busy=busy)]


def clip(value: str, start: int, end: int, transition: int) -> Clip:
    span = TimeRange(start, end)
    return Clip(id=f"c-{start}", span=span, value=value, transition=transition)


def test_blinks_come_every_few_seconds() -> None:
    starts = np.array([span.start for span in blinks()]) / 24
    assert 4 <= len(starts) <= 10
    assert np.diff(starts).max() <= 5


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_blink_whose_time_is_taken_comes_beside_it(number: int) -> None:
    free = blinks()
    taken = TimeRange(free[number].start - 4, free[number].end + 4)
    moved = blinks((taken,))
    assert len(moved) == len(free)
    assert moved[number].start != free[number].start
    assert abs(moved[number].start - free[number].start) <= 24
    # Lids close for two frames before and open for three after.
    assert moved[number].end + 3 <= taken.start or moved[number].start - 2 >= taken.end


def test_where_nothing_near_is_free_it_stays() -> None:
    assert blinks((TimeRange(0, FRAMES),)) == blinks()


def test_turns_and_faces_with_eyes_of_their_own_keep_lids_busy() -> None:
    poses = [clip("tilt_left_small", 100, 150, 7)]
    faces = [clip("concerned", 10, 20, 4), clip("lips_closed", 30, 40, 4)]
    busy = eyes_busy(faces, poses, BUILT)
    assert busy == (TimeRange(100, 107), TimeRange(150, 157), TimeRange(10, 24))


def test_lids_close_over_the_feeling_of_a_mouth_that_speaks() -> None:
    faces = [clip("concerned", 10, 90, 4), clip("surprised_ah", 100, 120, 4)]
    rests = [TimeRange(40, 44), TimeRange(70, 95)]

    # Not over the whole face in a pause, nor over wide eyes.
    assert eyes_busy(faces, [], BUILT, rests, FPS) == (TimeRange(70, 94), TimeRange(100, 124))
