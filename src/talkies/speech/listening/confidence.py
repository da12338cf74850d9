"""How far a timing can be trusted, and what to tell the user about it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import SILENCE, Phoneme, Word
from talkies.errors import TranscriptMismatch
from talkies.speech.listening.transcript import SpokenWord

#: Share of samples at full scale from which a recording sounds distorted.
CLIPPED_SHARE = 2e-3
_FULL_SCALE = 0.995

#: Mean confidence of recognised phonemes under which the lips will often be wrong.
DOUBTFUL = 0.42


def listening_warnings(samples: NDArray[np.float32]) -> tuple[str, ...]:
    """What is wrong with the sound itself of samples (n,) in [-1, 1]."""
    full = np.count_nonzero(samples >= _FULL_SCALE) + np.count_nonzero(samples <= -_FULL_SCALE)
    clipped = full / max(1, len(samples))
    if clipped > CLIPPED_SHARE:
        # The words of `media.sounds`, so that who hears both is told once.
        return ("The recording is clipped: its loudest parts are distorted.",)
    return ()


def mean_confidence(phonemes: Sequence[Phoneme]) -> float:
    """Confidence of the spoken phonemes, weighted by their lengths; 1 where none is spoken."""
    spoken = [phoneme for phoneme in phonemes if phoneme.symbol != SILENCE]
    lengths = np.array([phoneme.span.length for phoneme in spoken], dtype=float)
    if lengths.sum() == 0:
        return 1.0
    return float(np.average([phoneme.confidence for phoneme in spoken], weights=lengths))


def recognition_warnings(phonemes: Sequence[Phoneme]) -> tuple[str, ...]:
    """What a user should know about phonemes that were recognised without a transcript."""
    if all(phoneme.symbol == SILENCE for phoneme in phonemes):
        return ("No speech was heard in the recording; the mouth stays closed.",)
    mean = mean_confidence(phonemes)
    if mean < DOUBTFUL:
        warning = (
            f"The speech was hard to make out (mean confidence {mean:.0%}): music, noise or echo? "
            "A transcript or a cleaner recording gives better lips."
        )
        return (warning,)
    return ()


#: Median confidence of a transcript's words under which they are not what is said, and under
#: which they are doubtful. Measured over 24 sentences in 5 languages and 2 kinds of voice: right
#: transcripts .38 to .79, other sentences and other languages .01 to .25.
MISMATCH = 0.28
POOR_MATCH = 0.33

#: The same limit for a transcript of a word or two: right ones of at most 7 phonemes have .06 to
#: .75, a quarter of the wrong ones more than .05. And the phonemes between which one limit becomes
#: the other: right transcripts of 8 to 16 have .27 to .82, one wrong one in seventy more than .2.
MISMATCH_SHORT = 0.05
SHORT_PHONEMES, ENOUGH_PHONEMES = 7, 16

#: Share of the sound of a recording that a transcript may leave out without a warning.
UNTOLD_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How well a recording says a transcript."""

    #: Median confidence of all words of the transcript, 0 to 1; 0 for a word that was left out.
    confidence: float
    #: Phonemes of the transcript: how much there is to tell a right one from a wrong one by.
    phonemes: int

    @property
    def limit(self) -> float:
        """The confidence under which the recording says something else."""
        lengths = (SHORT_PHONEMES, ENOUGH_PHONEMES)
        return float(np.interp(self.phonemes, lengths, (MISMATCH_SHORT, MISMATCH)))

    @property
    def warning(self) -> str:
        """What to tell about it; empty where it is good."""
        if self.confidence >= POOR_MATCH:
            return ""
        if self.phonemes < ENOUGH_PHONEMES:
            return (
                "The transcript is too short to be sure that it is what the recording says "
                f"({self.confidence:.0%}): check it."
            )
        return (
            f"The transcript matches the recording poorly ({self.confidence:.0%}): "
            "check it and its language."
        )


def require_match(placed: Sequence[Word], told: Sequence[SpokenWord]) -> Match:
    """How well the words that were placed match all that the transcript told.

    Raises `TranscriptMismatch` where the recording does not say them.
    """
    confidences = [word.confidence for word in placed] + [0.0] * (len(told) - len(placed))
    match = Match(
        confidence=float(np.median(confidences)) if confidences else 0.0,
        phonemes=sum(len(word.phonemes) for word in told),
    )
    if match.confidence < match.limit:
        raise TranscriptMismatch(
            "The transcript does not say what the recording says.",
            details={"match": round(match.confidence, 3), "limit": round(match.limit, 3)},
        )
    return match


def alignment_warnings(match: Match, untold: float) -> tuple[str, ...]:
    """What a user should know about a transcript that was accepted.

    `untold` is the share of the sound in the recording that it leaves out, 0 to 1.
    """
    warnings = [match.warning] if match.warning else []
    if untold > UNTOLD_SHARE:
        warnings.append(
            f"The transcript leaves out {untold:.0%} of the speech; "
            "there the lips follow what was heard."
        )
    return tuple(warnings)
