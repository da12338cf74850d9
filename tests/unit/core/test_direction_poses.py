from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from speech_made_up import said

from talkies.core.alignment import Word
from talkies.core.direction.phrases import Phrase
from talkies.core.direction.poses import LEAST_APART, LONGEST, pose_clips
from talkies.core.rig.standard import BUILT
from talkies.core.timeline.document import Clip
from talkies.core.timing import TimeRange

FPS = Fraction(24)
#: Rests of half a second, and phrases of two seconds between them.
RESTS = tuple(TimeRange(start, start + 12) for start in range(0, 12 * 60, 60))


def phrase(number: int, **facts: float) -> Phrase:
    start = 0.5 + 2.5 * number
    return Phrase(start=start, end=start + 2.0, **facts)


def asked(number: int, text: str) -> Phrase:
    words = tuple(Word(text=word, span=TimeRange(0, 1)) for word in text.split())
    return replace(phrase(number), words=words)


def posed(*found: Phrase, seed: int = 0, rests: tuple[TimeRange, ...] = RESTS) -> tuple[Clip, ...]:
    return pose_clips(found, rests, BUILT, fps=FPS, dice=np.random.default_rng(seed))


def test_a_question_is_asked_with_a_tilt_that_begins_and_ends_in_rests() -> None:
    (clip,) = posed(asked(1, "Is it?"))

    assert str(clip.value).startswith("tilt_")
    assert clip.note == "a question"
    assert clip.span == TimeRange(72 - clip.transition, 120)
    assert clip.transition == 8


def test_a_raised_voice_raises_the_head() -> None:
    (clip,) = posed(phrase(1, rise=4.0))

    assert (clip.value, clip.note) == ("nod_up_small", "a rising voice")


def test_an_emphasised_phrase_is_followed_by_a_nod_within_the_pause() -> None:
    (clip,) = posed(phrase(1, loud=1.5))

    assert (clip.value, clip.note) == ("nod_down_small", "an emphasised phrase")
    assert clip.span.start >= 120
    assert clip.span.end + clip.transition <= 132


def test_nobody_nods_while_the_face_shows_something() -> None:
    dice = np.random.default_rng(0)
    (clip,) = pose_clips([phrase(1, loud=1.5)], RESTS, BUILT, fps=FPS, dice=dice, busy=RESTS)

    assert str(clip.value).startswith("tilt_")


def test_a_pause_too_short_for_a_nod_gets_a_tilt() -> None:
    short = tuple(TimeRange(rest.end - 5, rest.end) for rest in RESTS)
    (clip,) = posed(phrase(1, loud=1.5), rests=short)

    assert str(clip.value).startswith("tilt_")
    assert clip.transition == 5


def test_the_head_is_still_where_no_rest_leaves_room() -> None:
    tight = tuple(TimeRange(rest.end - 2, rest.end) for rest in RESTS)

    assert posed(asked(1, "Is it?"), rests=tight) == ()
    assert posed(asked(1, "Is it?"), rests=()) == ()
    assert posed(asked(1, "Is it?"), rests=RESTS[:1]) == ()


def test_a_tilt_begins_and_ends_in_the_nearest_rests_that_have_room() -> None:
    tight = {1, 3}
    rests = tuple(
        TimeRange(rest.end - 2, rest.end) if number in tight else rest
        for number, rest in enumerate(RESTS)
    )
    (clip,) = posed(asked(1, "Is it?"), rests=rests)

    assert clip.span == TimeRange(12 - clip.transition, 120)


def test_a_short_phrase_is_tilted_for_until_the_tilt_is_seen() -> None:
    short = replace(asked(1, "Is it?"), end=3.5)
    rests = (*RESTS[:2], TimeRange(84, 92), *RESTS[2:])
    (clip,) = posed(short, rests=rests)

    assert clip.span == TimeRange(72 - clip.transition, 120)


def test_what_marks_a_phrase_is_shown_before_plain_phrases_around_it() -> None:
    short = tuple(TimeRange(rest.end - 5, rest.end) for rest in RESTS)
    for seed in range(10):
        clips = posed(phrase(0), asked(1, "Is it?"), phrase(2), seed=seed, rests=short)
        assert any(clip.note == "a question" for clip in clips)


def test_the_head_is_never_still_for_long_where_rests_leave_room() -> None:
    for seed in range(20):
        clips = posed(*(phrase(number) for number in range(10)), seed=seed)
        edges = [0, *(edge for clip in clips for edge in (clip.span.start, clip.span.end))]
        starts, ends = [*edges[1::2], 25 * 24], edges[0::2]
        assert all(start - end <= 6 * 24 for start, end in zip(starts, ends, strict=True))


def test_from_one_side_to_the_other_takes_two_turns() -> None:
    short = tuple(TimeRange(rest.end - 4, rest.end) for rest in RESTS)
    for rests, least in ((RESTS, 7), (short, 4)):
        clips = posed(*(asked(number, "Is it?") for number in range(10)), rests=rests)
        assert len(clips) >= 4
        for before, after in pairwise(clips):
            back = after.span.start - before.span.end >= before.transition
            assert back or after.value == before.value or after.transition >= 7
            assert after.transition >= least


def test_a_phrase_that_no_rest_parts_from_the_next_is_not_turned_for() -> None:
    whole = (TimeRange(0, 240),)

    assert posed(asked(1, "Is it?"), rests=whole) == ()


def test_nobody_tilts_the_head_for_ever() -> None:
    far = (TimeRange(60, 72), TimeRange(72 + round(LONGEST * 24), 72 + round(LONGEST * 24) + 12))
    long = replace(asked(1, "Is it?"), end=3.0 + LONGEST)

    assert posed(long, rests=far) == ()


def test_nor_by_tilts_that_follow_each_other() -> None:
    short = tuple(TimeRange(rest.end - 4, rest.end) for rest in RESTS)
    for seed in range(10):
        clips = posed(*(asked(number, "Is it?") for number in range(10)), seed=seed, rests=short)
        for before, after in pairwise(clips):
            parted = after.span.start - before.span.end >= before.transition
            assert parted or after.span.end - before.span.start <= LONGEST * 24


def test_some_plain_phrases_are_tilted_for_and_sides_change() -> None:
    plain = [phrase(number) for number in range(10)]
    clips = posed(*plain)

    assert 2 <= len(clips) <= 9
    assert {"tilt_left_small", "tilt_right_small"} == {clip.value for clip in clips}
    for before, after in pairwise(clips):
        assert after.span.start >= before.span.end
        assert after.span.start - before.span.start >= LEAST_APART * 24


def test_a_seed_decides() -> None:
    plain = [phrase(number) for number in range(10)]

    assert posed(*plain, seed=1) == posed(*plain, seed=1)
    assert len({posed(*plain, seed=seed) for seed in range(5)}) > 1


def test_a_character_without_poses_holds_still() -> None:
    still = replace(BUILT, poses=("center",))
    clips = pose_clips([asked(1, "Is it?")], RESTS, still, fps=FPS, dice=np.random.default_rng(0))

    assert clips == ()


def test_nothing_said_moves_nothing() -> None:
    assert posed() == ()
    assert said("").words == ()
