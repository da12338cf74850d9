"""When a transcript is believed, doubted or refused."""

import numpy as np
import pytest

from talkies.core.alignment import Phoneme, Word
from talkies.core.timing import TimeRange
from talkies.errors import TranscriptMismatch
from talkies.speech.listening.confidence import (
    ENOUGH_PHONEMES,
    MISMATCH,
    MISMATCH_SHORT,
    Match,
    alignment_warnings,
    mean_confidence,
    recognition_warnings,
    require_match,
)
from talkies.speech.listening.transcript import SpokenWord


def told(*lengths: int) -> tuple[SpokenWord, ...]:
    return tuple(SpokenWord(text="word", phonemes=("m",) * length) for length in lengths)


def placed(*confidences: float) -> tuple[Word, ...]:
    return tuple(Word(text="word", span=TimeRange(0, 1), confidence=c) for c in confidences)


def test_the_limit_rises_with_what_there_is_to_hear() -> None:
    limits = [Match(confidence=1, phonemes=count).limit for count in range(1, 30)]
    assert limits == sorted(limits)
    assert limits[0] == MISMATCH_SHORT
    assert limits[ENOUGH_PHONEMES - 1] == limits[-1] == MISMATCH


def test_what_refuses_a_sentence_only_makes_a_word_doubtful() -> None:
    match = require_match(placed(0.12), told(3))
    assert [w for w in alignment_warnings(match, 0.0) if "too short to be sure" in w]
    with pytest.raises(TranscriptMismatch):
        require_match(placed(*[0.12] * 5), told(4, 4, 4, 4, 4))


def test_a_short_transcript_without_any_likeness_is_refused() -> None:
    with pytest.raises(TranscriptMismatch):
        require_match(placed(0.02), told(3))
    with pytest.raises(TranscriptMismatch):
        require_match((), told(3))


def test_a_sure_match_has_no_warning_however_short() -> None:
    assert alignment_warnings(require_match(placed(0.5), told(2)), 0.0) == ()


def test_a_poor_match_of_a_sentence_is_told() -> None:
    match = require_match(placed(*[0.3] * 4), told(5, 5, 5, 5))
    (warning,) = alignment_warnings(match, 0.0)
    assert "poorly (30%)" in warning


def test_words_that_were_left_out_count_against_the_transcript() -> None:
    assert require_match(placed(0.6, 0.6, 0.6), told(5, 5, 5)).confidence == pytest.approx(0.6)
    with pytest.raises(TranscriptMismatch):
        require_match(placed(0.6), told(5, 5, 5))


def test_a_share_of_speech_that_is_left_out_is_told() -> None:
    match = require_match(placed(0.6), told(20))
    assert "leaves out 50%" in alignment_warnings(match, 0.5)[0]


def test_confidence_is_weighted_by_length_and_rests_do_not_count() -> None:
    phonemes = (
        Phoneme(symbol="", span=TimeRange(0, 900), confidence=0.0),
        Phoneme(symbol="a", span=TimeRange(900, 1200), confidence=0.8),
        Phoneme(symbol="b", span=TimeRange(1200, 1300), confidence=0.4),
    )
    assert np.isclose(mean_confidence(phonemes), 0.7)
    assert recognition_warnings(phonemes) == ()
    assert "No speech" in recognition_warnings(phonemes[:1])[0]
    assert mean_confidence(phonemes[:1]) == 1
