import numpy as np

from talkies.core.alignment import Phoneme
from talkies.core.timing import TimeRange
from talkies.speech.listening.acoustic_model import Hearing, packaged_weights
from talkies.speech.listening.confidence import (
    alignment_warnings,
    mean_confidence,
    recognition_warnings,
)
from talkies.speech.listening.emissions import folded
from talkies.speech.listening.heard import heard_phones
from talkies.speech.listening.phones import PHONES

TOKENS = ("k", "æ", "t", "s", "<wb>", "<blank>")


def hearing(height: float) -> Hearing:
    """Spikes that say "kæt", posteriors that say "s" all the time."""
    said = ["<blank>"] * 40
    said[10], said[18], said[26] = "k", "æ", "t"
    probability = np.full((40, len(TOKENS)), (1 - height) / 5, np.float32)
    probability[np.arange(40), [TOKENS.index(token) for token in said]] = height
    posteriors = np.full((80, len(PHONES)), 0.5 / len(PHONES), np.float32)
    posteriors[:, PHONES.index("s")] = 0.5
    return Hearing(
        start=0, log_posteriors=np.log(posteriors), log_probabilities=np.log(probability)
    )


def said(height: float) -> str:
    runs = heard_phones(hearing(height), folded(TOKENS), packaged_weights())
    assert (runs[0].start, runs[-1].end) == (0, 80)
    return "".join(PHONES[run.state] for run in runs)


def test_sharp_spikes_are_followed() -> None:
    assert said(0.99) == "kæt"


def test_blunt_spikes_are_only_hints() -> None:
    assert said(0.6) == "s"


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


def test_warnings_name_a_poor_match_and_what_is_left_out() -> None:
    assert alignment_warnings(0.6, 0.0) == ()
    assert "poorly" in alignment_warnings(0.3, 0.0)[0]
    assert "leaves out 50%" in alignment_warnings(0.6, 0.5)[0]
