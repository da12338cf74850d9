"""How far a timing can be trusted, and what to tell the user about it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import SILENCE, Phoneme, Word
from talkies.errors import TranscriptMismatch

#: Share of samples at full scale from which a recording sounds distorted.
CLIPPED_SHARE = 2e-3
_FULL_SCALE = 0.995

#: Mean confidence of recognised phonemes under which the lips will often be wrong.
DOUBTFUL = 0.5


def listening_warnings(samples: NDArray[np.float32]) -> tuple[str, ...]:
    """What is wrong with the sound itself of samples (n,) in [-1, 1]."""
    clipped = float(np.mean(np.abs(samples) >= _FULL_SCALE))
    if clipped > CLIPPED_SHARE:
        return (f"The recording is clipped ({clipped:.1%} of it is at full scale).",)
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
        return (
            f"The speech was hard to make out (mean confidence {mean:.0%}): music, noise or echo? "
            "A transcript or a cleaner recording gives better lips.",
        )
    return ()


#: Mean confidence of a transcript's phonemes under which it is not what is said, and under which
#: it is doubtful. Calibrated by `benchmarks/speech_bench.py`.
MISMATCH = 0.12
POOR_MATCH = 0.3


def require_match(phonemes: Sequence[Phoneme], words: Sequence[Word]) -> None:
    """Raise `TranscriptMismatch` where the recording does not say the transcript."""
    mean = mean_confidence(phonemes)
    if not words or mean < MISMATCH:
        raise TranscriptMismatch(
            "The transcript does not say what the recording says.",
            details={"match": round(mean, 3) if words else 0.0},
        )


def alignment_warnings(phonemes: Sequence[Phoneme], words: Sequence[Word]) -> tuple[str, ...]:
    """What a user should know about a transcript that was accepted."""
    mean = mean_confidence(phonemes)
    if mean < POOR_MATCH:
        return (
            f"The transcript matches the recording poorly ({mean:.0%}): check it and its language.",
        )
    return ()
