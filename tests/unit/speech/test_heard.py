import numpy as np

from talkies.speech.listening.acoustic_model import Hearing, packaged_weights
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
