from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_made_up import alignments, spoken

from talkies.core.alignment import SILENCE, Alignment
from talkies.core.direction.lips import lips
from talkies.core.direction.lips.heard import SHORTEST_REST, heard, rested
from talkies.core.direction.lips.holding import HOLDS, held
from talkies.core.direction.lips.leading import leading
from talkies.core.direction.lips.moving import STRENGTH_STEP, strengthened, tweened
from talkies.core.direction.lips.shape import Role, Shape, Wish, move_seconds
from talkies.core.direction.lips.yielding import LONGEST_ONSET, yielded
from talkies.core.mouth.frames import LEAD_SECONDS
from talkies.core.mouth.targets import target_of
from talkies.core.timing import SPEECH_RATE, TimeRange, frame_count
from talkies.core.visemes import Viseme

FPS = Fraction(24)


def mouth(alignment: Alignment, fps: Fraction = FPS) -> tuple[Shape, ...]:
    return lips(alignment, fps, max(1, frame_count(alignment.length, SPEECH_RATE, fps)))


def seen(alignment: Alignment) -> list[str]:
    return [shape.viseme.value for shape in mouth(alignment)]


def wish(viseme: Viseme, role: Role, start: float, end: float) -> Wish:
    return Wish(viseme=viseme, role=role, start=start, end=end)


class TestHeard:
    def test_every_sound_is_a_shape_and_a_diphthong_two(self) -> None:
        shapes = heard(spoken(("b", 80), ("aɪ", 200), ("s", 100)))

        assert [shape.viseme for shape in shapes] == ["pp", "aa", "ih", "ss"]
        assert [shape.end for shape in shapes] == pytest.approx([0.08, 0.2, 0.28, 0.38])

    def test_silences_are_rests_where_they_are_long_together(self) -> None:
        shapes = heard(spoken(("a", 200), ("", 70), ("", 70), ("a", 200), ("", 70), ("a", 200)))

        assert [shape.role for shape in shapes if shape.viseme == "sil"] == [
            Role.REST,
            Role.PASSING,
        ]

    def test_sounds_of_no_length_are_left_out_except_contacts(self) -> None:
        shapes = heard(spoken(("a", 100), ("p", 0), ("t", 0), ("e", 100)))

        assert [shape.viseme for shape in shapes] == ["aa", "pp", "e"]

    def test_lips_that_come_near_without_touching_are_no_contact(self) -> None:
        (shape,) = heard(spoken(("β", 100)))

        assert shape.role is Role.PASSING

    def test_a_symbol_that_nobody_knows_is_a_vowel(self) -> None:
        (shape,) = heard(spoken(("☂", 100)))

        assert (shape.viseme, shape.role) == ("e", Role.VOWEL)

    def test_a_video_that_is_longer_than_the_speech_ends_at_rest(self) -> None:
        shapes = heard(spoken(("a", 200)))

        assert rested(shapes, 1.0)[-1] == wish(Viseme.SIL, Role.REST, 0.2, 1.0)
        assert rested(shapes, 0.2 + SHORTEST_REST / 2) == shapes


class TestYielding:
    def test_a_tongue_between_vowels_leaves_the_lips_to_them(self) -> None:
        first, second = yielded(heard(spoken(("a", 150), ("t", 80), ("i", 150))))

        assert (first.viseme, second.viseme) == ("aa", "ih")
        assert first.end == second.start == pytest.approx(0.19)

    def test_rounding_begins_early(self) -> None:
        _, second = yielded(heard(spoken(("a", 150), ("t", 80), ("u", 150))))

        assert second.start == pytest.approx(0.17)

    def test_long_consonants_part_vowels(self) -> None:
        shapes = yielded(heard(spoken(("a", 150), ("n", 120), ("t", 110), ("a", 150))))

        assert [shape.viseme for shape in shapes] == ["aa", "nn", "aa"]

    def test_a_mouth_does_not_stand_still_over_two_like_vowels(self) -> None:
        still = yielded(heard(spoken(("a", 100), ("t", 60), ("a", 100))))
        moved = yielded(heard(spoken(("a", 150), ("t", 80), ("a", 150))))

        assert [shape.viseme for shape in still] == ["aa"]
        assert [shape.viseme for shape in moved] == ["aa", "dd", "aa"]

    def test_teeth_are_seen_where_a_sibilant_is_long_enough(self) -> None:
        assert "ss" in seen(spoken(("a", 150), ("s", 100), ("t", 50), ("a", 150)))
        assert "ss" not in seen(spoken(("a", 150), ("s", 40), ("i", 150)))

    def test_the_end_of_a_word_closes_the_jaw(self) -> None:
        assert seen(spoken(("a", 200), ("t", 90), ("", 500))) == ["aa", "dd", "sil"]

    def test_a_vowel_is_shaped_while_its_consonant_is_still_said(self) -> None:
        rest, vowel = yielded(heard(spoken(("", 500), ("n", 400), ("a", 200))))

        assert rest.viseme == "sil"
        assert vowel.start == pytest.approx(0.9 - LONGEST_ONSET)

    def test_speech_that_begins_with_a_long_consonant_begins_at_rest(self) -> None:
        rest, vowel = yielded(heard(spoken(("n", 400), ("a", 200))))

        assert (rest.role, rest.end) == (Role.REST, pytest.approx(vowel.start))

    def test_consonants_without_vowels_are_seen_themselves(self) -> None:
        assert [shape.viseme for shape in yielded(heard(spoken(("k", 80), ("t", 120))))] == ["dd"]

    def test_a_gap_between_contacts_keeps_the_lips_closed(self) -> None:
        shapes = yielded(heard(spoken(("m", 80), ("", 60), ("p", 80))))

        assert [shape.viseme for shape in shapes] == ["pp"]

    def test_a_gap_before_the_first_contact_belongs_to_it(self) -> None:
        (shape,) = yielded(heard(spoken(("", 60), ("m", 80))))

        assert shape.start == 0

    def test_a_gap_at_the_end_belongs_to_the_last_sound(self) -> None:
        (shape,) = yielded(heard(spoken(("m", 80), ("", 60))))

        assert shape.end == pytest.approx(0.14)


class TestLeading:
    def test_lips_are_closed_when_the_sound_begins(self) -> None:
        shapes = (wish(Viseme.AA, Role.VOWEL, 0, 0.5), wish(Viseme.PP, Role.CONTACT, 0.5, 0.6))
        _, closed = leading(shapes)

        move = move_seconds(Viseme.AA, Viseme.PP)
        assert closed.start == pytest.approx(0.5 - LEAD_SECONDS - move)

    @pytest.mark.parametrize(("sound", "early"), [("m", 0), ("f", 0), ("p", 0.25), ("b", 0.25)])
    def test_lips_part_as_a_sound_ends_and_before_a_burst_does(
        self, sound: str, early: float
    ) -> None:
        closed, vowel = leading(heard(spoken((sound, 100), ("a", 300))))

        move = move_seconds(closed.viseme, vowel.viseme)
        assert closed.end == pytest.approx(0.1 - LEAD_SECONDS - early * move)

    def test_vowels_blend_around_their_boundary(self) -> None:
        shapes = (wish(Viseme.AA, Role.VOWEL, 0, 0.5), wish(Viseme.OU, Role.VOWEL, 0.5, 1))
        first, second = leading(shapes)

        move = move_seconds(Viseme.AA, Viseme.OU)
        assert first.end == second.start == pytest.approx(0.5 - LEAD_SECONDS - move / 2)

    def test_a_mouth_rests_after_its_last_sound(self) -> None:
        shapes = (wish(Viseme.AA, Role.VOWEL, 0, 0.5), wish(Viseme.SIL, Role.REST, 0.5, 1))

        assert leading(shapes)[1].start == 0.5


class TestHolding:
    def test_shapes_hold_their_least_frames(self) -> None:
        shapes = mouth(spoken(*[("a", 45.0), ("b", 45.0)] * 12, ("", 300)))

        for shape in shapes[1:]:
            assert shape.span.length >= max(1, round(HOLDS[shape.role] * FPS))

    def test_a_shape_without_room_is_given_up_and_the_least_first(self) -> None:
        wishes = (
            wish(Viseme.AA, Role.VOWEL, 0, 0.10),
            wish(Viseme.DD, Role.PASSING, 0.10, 0.12),
            wish(Viseme.OU, Role.VOWEL, 0.12, 0.2),
        )
        shapes = held(wishes, FPS, 5)

        assert [shape.viseme for shape in shapes] == ["aa", "ou"]

    def test_time_of_a_dropped_shape_does_not_go_to_a_contact(self) -> None:
        wishes = (
            wish(Viseme.PP, Role.CONTACT, 0, 0.1),
            wish(Viseme.DD, Role.PASSING, 0.1, 0.105),
            wish(Viseme.IH, Role.VOWEL, 0.105, 0.2),
            wish(Viseme.FF, Role.CONTACT, 0.2, 0.35),
        )
        closed, vowel, _ = held(wishes, Fraction(60), 21)

        assert (closed.span.end, vowel.span.start) == (6, 6)

    def test_where_a_vowel_needs_room_a_contact_before_it_gives_the_least(self) -> None:
        wishes = (
            wish(Viseme.E, Role.VOWEL, 0, 0.2),
            wish(Viseme.PP, Role.CONTACT, 0.2, 0.25),
            wish(Viseme.AA, Role.VOWEL, 0.25, 0.29),
            wish(Viseme.OU, Role.VOWEL, 0.29, 0.5),
        )
        _, closed, vowel, _ = held(wishes, Fraction(1000), 500)

        assert closed.span == TimeRange(200, 242)
        assert vowel.span == TimeRange(242, 322)

    def test_contacts_stay_in_any_crowd(self) -> None:
        shapes = mouth(spoken(*[("p", 20.0), ("f", 20.0)] * 3), Fraction(25))

        assert [shape.viseme for shape in shapes].count(Viseme.PP) == 1
        assert len(shapes) == 3

    def test_nothing_wished_is_nothing_held(self) -> None:
        assert held((), FPS, 10) == ()

    def test_the_first_and_the_last_of_a_crowd_may_be_dropped(self) -> None:
        wishes = (
            wish(Viseme.DD, Role.PASSING, 0, 0.01),
            wish(Viseme.PP, Role.CONTACT, 0.01, 0.02),
            wish(Viseme.KK, Role.PASSING, 0.02, 0.03),
        )
        (shape,) = held(wishes, FPS, 1)

        assert (shape.viseme, shape.span) == ("pp", TimeRange(0, 1))


class TestMoving:
    def test_a_loud_vowel_goes_further_than_a_soft_one(self) -> None:
        shapes = mouth(spoken(("a", 300), ("p", 100), ("a", 300)))
        loudness = np.zeros(17, np.float32)
        loudness[:8] = 1
        first, closed, second = strengthened(shapes, loudness)

        assert first.strength == 1.0
        assert closed.strength == 1.0
        assert 0 < second.strength < first.strength

    def test_strengths_are_steps_and_unknown_loudness_is_soft(self) -> None:
        shapes = mouth(spoken(("a", 60), ("p", 100)))
        (vowel, _) = strengthened(shapes, np.full(4, np.nan, np.float32))

        assert vowel.strength == pytest.approx(0.5)
        assert vowel.strength % STRENGTH_STEP == 0

    def test_a_shape_is_whole_on_one_frame_at_least(self) -> None:
        shapes = mouth(spoken(("a", 200), ("p", 50), ("u", 400), ("", 400)))

        for shape in shapes:
            assert shape.transition < shape.span.length

    def test_a_wide_move_takes_longer_than_a_narrow_one(self) -> None:
        assert move_seconds(Viseme.AA, Viseme.PP) > move_seconds(Viseme.DD, Viseme.NN)
        assert tweened((), FPS) == ()


def closures(alignment: Alignment) -> int:
    """Runs of lips that have to meet, or be under the teeth, parted by other sounds."""
    kinds = [target_of(phoneme.symbol) for phoneme in alignment.phonemes]
    contacts = ["p" if kind.press > 0 else "f" if kind.tuck > 0 else "" for kind in kinds]
    return sum(1 for before, after in pairwise(["", *contacts]) if after and after != before)


@given(alignments(), st.sampled_from([12, 24, 25, 30, Fraction(30000, 1001), 60]))
@settings(max_examples=100)
def test_any_speech_gives_shapes_that_cover_every_frame(
    alignment: Alignment, rate: Fraction | int
) -> None:
    fps = Fraction(rate)
    frames = max(1, frame_count(alignment.length, SPEECH_RATE, fps))
    shapes = lips(alignment, fps, frames)

    if shapes:
        assert shapes[0].span.start == 0
        assert shapes[-1].span.end == frames
    for before, after in pairwise(shapes):
        assert before.span.end == after.span.start
    assert all(shape.span.length >= 1 and 0 < shape.strength <= 1 for shape in shapes)
    assert lips(alignment, fps, frames) == shapes


@given(alignments())
@settings(max_examples=100)
def test_every_contact_shows_on_a_frame_near_its_sound(alignment: Alignment) -> None:
    fps = Fraction(30)
    frames = max(1, frame_count(alignment.length, SPEECH_RATE, fps))
    shapes = lips(alignment, fps, frames)
    shown = {shape.viseme for shape in shapes if shape.role is Role.CONTACT}

    if closures(alignment) <= frames:
        for phoneme in alignment.phonemes:
            target = target_of(phoneme.symbol)
            if phoneme.symbol != SILENCE and (target.press > 0 or target.tuck > 0):
                assert (Viseme.PP if target.press > 0 else Viseme.FF) in shown


def test_a_sentence_closes_its_lips_where_it_should() -> None:
    alignment = spoken(
        ("", 200), ("m", 70), ("aɪ", 150), ("n", 60), ("eɪ", 120), ("m", 80), ("ɪ", 60), ("z", 90),
        ("b", 60), ("ɒ", 140), ("b", 80), ("", 400),
    )  # fmt: skip
    shapes = mouth(alignment)
    closed = [shape for shape in shapes if shape.viseme == Viseme.PP]
    middles = [(shape.span.start + shape.transition + shape.span.end) / 2 / 24 for shape in closed]

    sounds = [phoneme.span.middle for phoneme in alignment.phonemes if phoneme.symbol in ("m", "b")]
    assert middles == pytest.approx([tick / SPEECH_RATE for tick in sounds], abs=0.08)
