from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from speech_made_up import said, spoken

from talkies.core.alignment import Alignment
from talkies.core.direction.expressions import CHANGE_SECONDS, expression_clips, shown_whole
from talkies.core.direction.faces import Feeling, face_of
from talkies.core.direction.feelings import (
    LEAST_APART,
    RULES_APART,
    FaceChange,
    plan_faces,
    spaced,
)
from talkies.core.direction.lexicon import felt_words
from talkies.core.direction.lexicon_words import NEGATIONS, WORDS
from talkies.core.direction.phrases import Prosody, phrases
from talkies.core.direction.plan_json import plan_from_json, plan_to_json
from talkies.core.rig.model import Expression, RigConfig
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.core.timing import TimeRange

FPS = Fraction(25)


def config(**expressions: Expression) -> RigConfig:
    return replace(STANDARD, expressions=expressions, base_paths=())


def planned(text: str, language: str | None = "en-us") -> list[tuple[str, str]]:
    changes = plan_faces(replace(said(text), language=language), BUILT, fps=FPS)
    return [(change.expression, change.note) for change in changes]


def feelings(text: str, language: str | None) -> list[tuple[str, Feeling]]:
    return [(felt.word, felt.feeling) for felt in felt_words(tuple(text.split()), language)]


class TestLexicon:
    @pytest.mark.parametrize(
        ("language", "text", "word", "feeling"),
        [
            ("en-gb", "What a wonderful day!", "wonderful", Feeling.HAPPY),
            ("de", "Ich bin wirklich glücklich.", "glücklich", Feeling.HAPPY),
            ("fr-fr", "Malheureusement, il pleut.", "malheureusement", Feeling.WORRIED),
            ("es", "¡Qué sorpresa!", "sorpresa", Feeling.SURPRISED),
            ("it", "Sono molto triste.", "triste", Feeling.SAD),
            ("pt-br", "Fiquei furioso.", "furioso", Feeling.ANGRY),
        ],
    )
    def test_words_are_known_in_several_languages(
        self, language: str, text: str, word: str, feeling: Feeling
    ) -> None:
        assert feelings(text, language) == [(word, feeling)]

    def test_a_negation_turns_joy_round_and_takes_sorrow_away(self) -> None:
        assert feelings("That is not a very good idea", "en") == [("good", Feeling.WORRIED)]
        assert feelings("Ich bin nicht traurig", "de") == []
        (felt,) = felt_words(("It", "isn\N{RIGHT SINGLE QUOTATION MARK}t", "great"), "en")
        assert felt.negated

    def test_a_negation_does_not_reach_far(self) -> None:
        assert feelings("No, I came because it was great", "en") == [("great", Feeling.HAPPY)]

    def test_a_star_stands_for_endings_and_nothing_else_does(self) -> None:
        assert feelings("beautifully", "en") == [("beautifully", Feeling.HAPPY)]
        assert feelings("hip goodbye", "en") == []

    @pytest.mark.parametrize("language", [None, "", "xx", "zh"])
    def test_languages_without_a_lexicon_say_nothing(self, language: str | None) -> None:
        assert feelings("happy glücklich", language) == []

    def test_no_word_has_two_feelings(self) -> None:
        for language in WORDS:
            words = [word for text in WORDS[language].values() for word in text.split()]
            assert len(words) == len(set(words)), language
            assert not set(words) & set(NEGATIONS[language].split())


class TestFaces:
    def test_the_seeds_characters_show_every_feeling(self) -> None:
        faces = {feeling: face_of(feeling, STANDARD) for feeling in Feeling}

        assert faces == {
            Feeling.HAPPY: "happy_soft",
            Feeling.DELIGHTED: "happy_big",
            Feeling.SURPRISED: "surprised_ah",
            Feeling.WORRIED: "concerned",
            Feeling.SAD: "concerned",
            Feeling.ANGRY: "concerned",
        }

    def test_names_that_nobody_knows_are_read_by_their_parts(self) -> None:
        plain = Expression(mouth="neutral", eyes="neutral", brows="neutral")
        words = config(
            neutral=plain,
            grin=replace(plain, mouth="smile_big"),
            gasp=replace(plain, eyes="wide", brows="raise"),
            glare=replace(plain, brows="furrow"),
        )

        assert face_of(Feeling.HAPPY, words) == "grin"
        assert face_of(Feeling.SURPRISED, words) == "gasp"
        assert face_of(Feeling.ANGRY, words) == "glare"

    def test_a_character_that_cannot_show_it_does_not(self) -> None:
        plain = Expression(mouth="neutral", eyes="neutral", brows="neutral")

        assert face_of(Feeling.HAPPY, config(neutral=plain)) is None


class TestRules:
    def test_words_and_marks_move_a_face_and_say_why(self) -> None:
        assert planned("Hello and welcome to our show!") == [
            (
                "happy_big",
                "delighted: the word “hello”, the word “welcome”, an exclamation",
            )
        ]

    def test_a_plain_sentence_moves_nothing(self) -> None:
        assert planned("The train to Bristol leaves at nine.") == []
        assert planned("Do you take the train?") == []

    def test_a_mark_alone_is_too_little(self) -> None:
        assert planned("The train to Bristol leaves at nine!") == []

    def test_a_cry_of_surprise_needs_no_word(self) -> None:
        assert planned("The train leaves now?!") == [
            ("surprised_ah", "surprised: a cry of surprise")
        ]

    def test_trailing_off_deepens_a_worry(self) -> None:
        ((face, note),) = planned("I am afraid of him…")

        assert (face, note) == ("concerned", "worried: the word “afraid”, a trailing off")
        assert planned("And then he went away...") == []

    def test_one_word_of_delight_is_enough_for_a_big_smile(self) -> None:
        assert planned("This is amazing.") == [("happy_big", "delighted: the word “amazing”")]

    def test_joy_does_not_trail_off(self) -> None:
        assert planned("It was a lovely day and now...") == [
            ("happy_soft", "happy: the word “lovely”")
        ]

    def test_a_sentence_is_felt_as_a_whole_and_the_graver_word_wins(self) -> None:
        ((face, note),) = planned("Unfortunately, my lovely old house is gone.")

        assert (face, note) == ("concerned", "worried: the word “unfortunately”")

    def test_a_text_without_marks_is_not_one_endless_sentence(self) -> None:
        assert len(planned("wonderful " * 80)) > 2

    def test_a_negated_word_says_so(self) -> None:
        ((_, note),) = planned("That is not good.")

        assert note == "worried: the word “good”, negated"

    def test_faces_change_before_their_word_and_seldom(self) -> None:
        text = " ".join(["It is wonderful. It is terrible."] * 4)
        changes = plan_faces(replace(said(text), language="en"), BUILT, fps=FPS)
        times = [change.time for change in changes]

        assert 0 < times[0] < 0.6
        assert min(np.diff(times)) >= RULES_APART

    def test_only_expressions_that_the_character_has(self) -> None:
        plain = Expression(mouth="neutral", eyes="neutral", brows="neutral")
        changes = plan_faces(
            replace(said("A wonderful day!"), language="en"), config(neutral=plain), fps=FPS
        )

        assert changes == ()

    def test_nothing_said_is_nothing_felt(self) -> None:
        assert plan_faces(spoken(), BUILT, fps=FPS) == ()


def spoken_twice(gap: float = 500) -> Alignment:
    """Two phrases of five syllables, one second each."""
    phrase = [("t", 80.0), ("a", 120.0)] * 5
    return spoken(*phrase, ("", gap), *phrase, ("", gap))


def sounding(first: tuple[float, float], second: tuple[float, float]) -> Prosody:
    """(loudness, semitones) of each phrase of `spoken_twice`."""
    loudness, tune = np.zeros(75, np.float32), np.full(75, np.nan, np.float32)
    for start, (loud, high) in ((0, first), (38, second)):
        loudness[start : start + 25], tune[start : start + 25] = loud, high
    return Prosody(loudness=loudness, melody=tune)


class TestVoice:
    def test_phrases_are_measured_against_each_other(self) -> None:
        quiet, loud = phrases(spoken_twice(), FPS, sounding((0.3, -2), (0.9, 2)))

        assert (quiet.loud, loud.loud) == (pytest.approx(-1, abs=0.1), pytest.approx(1, abs=0.1))
        assert (quiet.high, loud.high) == (-2, 2)
        assert quiet.pace == pytest.approx(1)

    def test_a_rising_end_is_heard(self) -> None:
        prosody = sounding((0.5, 0), (0.5, 0))
        prosody.melody[56:63] = 5
        _, second = phrases(spoken_twice(), FPS, prosody)

        assert second.rise == pytest.approx(5)

    def test_a_voice_that_is_not_heard_says_nothing(self) -> None:
        prosody = sounding((0.5, np.nan), (0.5, np.nan))
        (first, _) = phrases(spoken_twice(), FPS, prosody)

        assert (first.high, first.rise, first.loud) == (0, 0, 0)

    def test_phrases_without_vowels_have_no_pace_of_their_own(self) -> None:
        (only,) = phrases(said("pst pst"), FPS)

        assert only.pace == 1.0

    def test_a_voice_strengthens_what_words_say(self) -> None:
        text = replace(said("so it is. what a nice day it is"), language="en")
        prosody = Prosody(
            loudness=np.r_[np.full(23, 0.1), np.full(46, 0.9)].astype(np.float32),
            melody=np.r_[np.full(23, -3.0), np.full(46, 3.0)].astype(np.float32),
        )
        (plain,) = plan_faces(text, BUILT, fps=FPS)
        (lively,) = plan_faces(text, BUILT, fps=FPS, prosody=prosody)

        assert plain.strength < lively.strength
        assert lively.note.endswith("a lively voice")

    def test_a_subdued_voice_alone_is_too_little(self) -> None:
        changes = plan_faces(spoken_twice(), BUILT, fps=FPS, prosody=sounding((0, -4), (1, 0)))

        assert changes == ()


def clips(
    *changes: FaceChange,
    rests: tuple[tuple[int, int], ...] = (),
    frames: int = 400,
    said: tuple[tuple[int, int], ...] = (),
) -> list[tuple[str, int, int]]:
    spans, told = ([TimeRange(*span) for span in some] for some in (rests, said))
    found = expression_clips(changes, spans, BUILT, fps=FPS, frames=frames, said=told)
    return [(str(clip.value), clip.span.start, clip.span.end) for clip in found]


class TestClips:
    smile = FaceChange(time=2.0, expression="happy_soft", strength=0.7, note="why")

    def test_a_face_is_shown_in_the_pauses_around_what_is_said(self) -> None:
        rests = [TimeRange(0, 50), TimeRange(100, 130)]
        (clip,) = expression_clips([self.smile], rests, BUILT, fps=FPS, frames=200)

        assert (clip.id, clip.span) == ("expressions-38", TimeRange(38, 130))
        assert (clip.value, clip.strength, clip.note) == ("happy_soft", 0.7, "why")
        assert clip.transition == 6
        assert round(CHANGE_SECONDS * 25) == 8

    def test_what_is_said_without_a_pause_before_it_is_smiled_at_after_it(self) -> None:
        assert clips(self.smile, rests=((0, 30), (100, 130))) == [("happy_soft", 100, 130)]

    def test_a_long_pause_is_not_smiled_through(self) -> None:
        assert clips(self.smile, rests=((100, 390),)) == [("happy_soft", 100, 150)]

    def test_a_short_pause_gets_a_small_smile(self) -> None:
        (clip,) = expression_clips([self.smile], [TimeRange(100, 110)], BUILT, fps=FPS, frames=200)

        assert clip.strength == 0.35

    def test_an_expression_goes_as_far_as_what_is_felt_is_seen(self) -> None:
        """The first half of the way to surprise only opens the mouth."""
        rest = [TimeRange(50, 100)]
        for strength, shown in ((1.0, 1.0), (0.6, 0.8), (0.0, 0.0)):
            surprise = FaceChange(time=2.0, expression="surprised_ah", strength=strength)
            (clip,) = expression_clips([surprise], rest, BUILT, fps=FPS, frames=200)
            assert clip.strength == shown

    def test_a_breath_is_too_short_for_a_face(self) -> None:
        assert clips(self.smile, rests=((60, 66), (100, 106))) == []
        assert clips(self.smile, rests=((60, 66), (100, 120))) == [("happy_soft", 100, 120)]

    def test_a_face_gives_way_to_the_next_and_neutral_ends_it(self) -> None:
        concern = FaceChange(time=5.0, expression="concerned")
        calm = FaceChange(time=4.4, expression="neutral")

        assert clips(self.smile, concern, rests=((100, 130),)) == [
            ("happy_soft", 100, 125),
        ]
        assert clips(self.smile, concern, rests=((100, 160),)) == [
            ("happy_soft", 100, 125),
            ("concerned", 125, 160),
        ]
        assert clips(self.smile, calm, rests=((100, 160),)) == [("happy_soft", 100, 110)]

    def test_a_face_is_felt_from_its_word_to_the_end_of_the_sentence(self) -> None:
        said = ((40, 120), (120, 200))

        assert clips(self.smile, said=said) == [("happy_soft", 50, 120)]
        assert clips(self.smile, rests=((60, 66), (116, 140)), said=said) == [
            ("happy_soft", 50, 140)
        ]
        assert clips(self.smile, rests=((0, 50), (70, 90)), said=said) == [("happy_soft", 38, 120)]

    def test_a_feeling_ends_with_the_next_one(self) -> None:
        worry = FaceChange(time=3.6, expression="concerned")

        assert clips(self.smile, worry, said=((40, 80), (88, 140))) == [
            ("happy_soft", 50, 80),
            ("concerned", 90, 140),
        ]
        assert clips(self.smile, worry, said=((40, 140),)) == [
            ("happy_soft", 50, 90),
            ("concerned", 90, 140),
        ]

    def test_a_short_pause_after_a_sentence_gets_a_smaller_smile(self) -> None:
        said, rests = [TimeRange(40, 120)], [TimeRange(120, 130)]
        through, after = expression_clips(
            [self.smile], rests, BUILT, fps=FPS, frames=400, said=said
        )

        assert (through.span, through.strength) == (TimeRange(50, 120), 0.7)
        assert (after.span, after.strength) == (TimeRange(120, 130), 0.35)

    def test_a_short_pause_before_it_gets_a_smaller_smile_too(self) -> None:
        said, rests = [TimeRange(50, 120)], [TimeRange(41, 50)]
        before, through = expression_clips(
            [self.smile], rests, BUILT, fps=FPS, frames=400, said=said
        )

        assert (before.span, before.strength) == (TimeRange(41, 50), 0.31)
        assert (through.span, through.strength) == (TimeRange(50, 120), 0.7)

    def test_a_long_pause_after_a_sentence_is_not_smiled_through(self) -> None:
        assert clips(self.smile, rests=((120, 390),), said=((40, 120),)) == [
            ("happy_soft", 50, 170)
        ]

    def test_a_mouth_alone_is_shown_in_pauses_only(self) -> None:
        kiss = FaceChange(time=2.0, expression="lips_closed")

        assert clips(kiss, rests=((120, 140),), said=((40, 120),)) == [("lips_closed", 120, 140)]

    def test_the_whole_face_is_shown_in_the_longer_pauses_of_a_clip(self) -> None:
        said, rests = [TimeRange(40, 120)], [TimeRange(70, 74), TimeRange(116, 140)]
        found = expression_clips([self.smile], rests, BUILT, fps=FPS, frames=400, said=said)

        assert shown_whole(found, rests, FPS) == (TimeRange(116, 140),)

    def test_unknown_crowded_and_late_changes_are_left_out(self) -> None:
        found = clips(
            self.smile,
            FaceChange(time=2.2, expression="concerned", strength=0.5),
            FaceChange(time=5.0, expression="frobnicate"),
            FaceChange(time=99.0, expression="concerned"),
            rests=((100, 130), (380, 400)),
        )

        assert found == [("happy_soft", 100, 130)]
        assert LEAST_APART == 0.5

    def test_of_a_crowd_the_strongest_stay(self) -> None:
        changes = [
            FaceChange(time=0.0, expression="a", strength=0.5),
            FaceChange(time=0.4, expression="b", strength=0.9),
            FaceChange(time=0.8, expression="c", strength=0.5),
            FaceChange(time=1.3, expression="d", strength=0.5),
        ]

        assert [change.expression for change in spaced(changes, 0.5)] == ["b", "d"]

    def test_a_plan_travels_as_json(self) -> None:
        plan = (FaceChange(time=1.25, expression="happy_soft", strength=0.5, note="“é”"),)

        assert plan_from_json(plan_to_json(plan)) == plan
        assert plan_from_json(plan_to_json(())) == ()
