"""All measures of a tracked face together, on tracks made from the reference itself."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import pytest

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme
from talkies.core.timing import TimeRange
from talkies.score.comparison import score_track
from talkies.score.reference import Reference, make_reference
from talkies.score.report import Grade, ReferenceKind, Score, Verdict
from talkies.score.sync import Lag
from talkies.score.track import Track

FPS = Fraction(25)
FRAMES = 300
Scoring: TypeAlias = Callable[..., Score]


def value(score: Score, measure: str) -> float:
    found = score[measure].value
    assert found is not None
    return found


def test_a_perfect_track_is_good_in_every_measure(perfect: Track, scored: Scoring) -> None:
    score = scored(perfect)
    assert score.grade is Grade.GOOD
    assert {m.verdict for m in score.measures} == {Verdict.OK, Verdict.REPORTED}
    assert value(score, "opening_r") == pytest.approx(1)
    assert value(score, "opening_ratio") == pytest.approx(1)
    assert value(score, "closure") == 100
    assert value(score, "silence_closed") == 100
    assert value(score, "lag") == pytest.approx(0, abs=1)
    assert value(score, "background_psnr") == pytest.approx(42.1, abs=0.1)


def test_a_picture_120_ms_late_is_found_within_20_ms_and_poor(
    perfect: Track, scored: Scoring
) -> None:
    late = replace(perfect, opening=np.roll(perfect.opening, 3), width=np.roll(perfect.width, 3))
    score = scored(late)
    assert value(score, "lag") == pytest.approx(120, abs=20)
    assert score.grade is Grade.POOR


def test_a_sound_120_ms_late_is_a_picture_120_ms_early(perfect: Track, scored: Scoring) -> None:
    score = scored(perfect, sound=Lag(milliseconds=112.0, correlation=0.7))
    assert value(score, "lag") == pytest.approx(-120, abs=20)
    assert value(score, "sound_lag") == 112
    assert score.grade is Grade.FAIR


def test_a_sound_100_ms_early_is_a_picture_late_and_poor(perfect: Track, scored: Scoring) -> None:
    score = scored(perfect, sound=Lag(milliseconds=-104.0, correlation=0.7))
    assert value(score, "lag") == pytest.approx(100, abs=20)
    assert score.grade is Grade.POOR


def test_another_sound_than_the_timing_s_is_said(perfect: Track, scored: Scoring) -> None:
    score = scored(perfect, sound=Lag(milliseconds=-250.0, correlation=0.2))
    assert value(score, "lag") == pytest.approx(0, abs=1)
    assert "does not seem to be the one" in score.warnings[0]
    assert score.grade is Grade.POOR


def test_a_reversed_track_does_not_follow(perfect: Track, scored: Scoring) -> None:
    score = scored(replace(perfect, opening=perfect.opening[::-1], width=perfect.width[::-1]))
    assert value(score, "opening_r") < 0.3
    assert score["lag"].verdict is Verdict.UNMEASURED
    assert score.grade is Grade.POOR


def test_a_mouth_that_never_closes_fails_closure(perfect: Track, scored: Scoring) -> None:
    opening = np.maximum(perfect.opening, 0.05)
    score = scored(replace(perfect, opening=opening - 0.05, gap=opening + 0.012))
    assert value(score, "closure") == 0
    assert score["closure"].note == "the lips never meet, anywhere"
    assert score.grade is Grade.POOR


def test_a_mouth_left_open_in_pauses_is_noticed(
    perfect: Track, scored: Scoring, wanted: Reference
) -> None:
    score = scored(replace(perfect, opening=np.where(wanted.speaking, perfect.opening, 0.1)))
    assert value(score, "silence_closed") < 20
    assert score["silence_closed"].verdict is Verdict.WEAK


def test_a_face_that_is_often_gone_is_poor(perfect: Track, scored: Scoring) -> None:
    valid = np.ones(FRAMES, np.bool_)
    valid[::3] = False
    score = scored(replace(perfect, valid=valid))
    assert value(score, "face_coverage") == pytest.approx(66.7, abs=0.1)
    assert score.grade is Grade.POOR


def test_heard_references_allow_for_the_listener(perfect: Track, scored: Scoring) -> None:
    shifted = replace(perfect, opening=np.roll(perfect.opening, 1), width=np.roll(perfect.width, 1))
    given, heard = scored(shifted), scored(shifted, ReferenceKind.HEARD)
    assert given.grade is Grade.FAIR
    assert heard.grade is Grade.GOOD
    assert heard.reference is ReferenceKind.HEARD


def test_several_faces_and_other_lengths_are_said(
    perfect: Track, scored: Scoring, wanted: Reference
) -> None:
    track = replace(perfect, most_faces=3)
    facts = replace(scored(track).video, seconds=20.0)
    warnings = score_track(track, wanted, facts).warnings
    assert len(warnings) == 2
    assert "3 faces" in warnings[0]
    assert "12.0 s" in warnings[1]


def test_what_cannot_be_measured_says_why(
    perfect: Track, scored: Scoring, wanted: Reference
) -> None:
    track = replace(perfect, background_error=np.zeros(0))
    facts = replace(scored(track).video, sound_seconds=None)
    score = score_track(track, wanted, facts)
    assert score["background_psnr"].verdict is Verdict.UNMEASURED
    assert "portrait" in score["background_psnr"].note
    assert score["duration_difference"].note == "the video has no sound"


def test_a_replaced_background_is_named(perfect: Track, scored: Scoring) -> None:
    score = scored(replace(perfect, background_error=np.full(9, 9000.0)))
    assert score["background_psnr"].note == "the background was replaced"


def test_silence_is_not_asked_for_closures(perfect: Track, scored: Scoring) -> None:
    quiet = Alignment(
        length=192_000,
        phonemes=(Phoneme(symbol=SILENCE, span=TimeRange(0, 192_000)),),
        source=AlignmentSource.RECOGNITION,
    )
    reference = make_reference(quiet, ReferenceKind.HEARD, fps=FPS, frames=FRAMES, loudness=None)
    score = score_track(perfect, reference, scored(perfect).video)
    assert score["closure"].note == "no p, b or m is said"
    assert score["opening_r"].verdict is Verdict.UNMEASURED
    assert score.grade is Grade.FAIR


def test_measures_are_found_by_id(perfect: Track, scored: Scoring) -> None:
    with pytest.raises(KeyError):
        scored(perfect)["beauty"]
