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
DOUBTFUL = 0.42


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

#: Share of the sound of a recording that a transcript may leave out without a warning.
UNTOLD_SHARE = 0.2


def require_match(words: Sequence[Word]) -> float:
    """The median confidence of the words.

    Raises `TranscriptMismatch` where the recording does not say them.
    """
    match = float(np.median([word.confidence for word in words])) if words else 0.0
    if match < MISMATCH:
        raise TranscriptMismatch(
            "The transcript does not say what the recording says.",
            details={"match": round(match, 3), "limit": MISMATCH},
        )
    return match


def alignment_warnings(match: float, untold: float) -> tuple[str, ...]:
    """What a user should know about a transcript that was accepted.

    `match` is the median confidence of its words, `untold` the share of the sound in the
    recording that it leaves out.
    """
    warnings = []
    if match < POOR_MATCH:
        warnings.append(
            f"The transcript matches the recording poorly ({match:.0%}): check it and its language."
        )
    if untold > UNTOLD_SHARE:
        warnings.append(
            f"The transcript leaves out {untold:.0%} of the speech; "
            "there the lips follow what was heard."
        )
    return tuple(warnings)
