"""Lip-sync timing of a recording in any language, from the sound alone."""

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme
from talkies.core.timing import TimeRange
from talkies.speech.acoustic_model import AcousticModel
from talkies.speech.acoustics import STEP
from talkies.speech.confidence import listening_warnings, recognition_warnings
from talkies.speech.level import require_sound
from talkies.speech.phones import PHONES
from talkies.speech.viterbi import Run, anything, best_path

#: How much the frequency of a phone in the training speech is discounted, 0 to 1.
PRIOR_WEIGHT = 0.5

#: How much the order of phones counts against what is heard, and the cost of a further phone.
ORDER_WEIGHT = 1.0
CHANGE_COST = 1.5

#: Steps searched at once (20 s), and how many of them are only there to look ahead.
_BLOCK = 2000
_AHEAD = 100


class Recogniser:
    """Hears phonemes in recordings. Cheap to make; loads at first use; reusable."""

    def __init__(self, model: AcousticModel | None = None) -> None:
        self._model = model or AcousticModel()

    def recognise(self, samples: NDArray[np.float32]) -> Alignment:
        """Phonemes of mono samples (n,) at 16 kHz, covering all of them; no words, no language.

        Raises:
            AudioEmpty: there are hardly any samples.
            AudioSilent: nothing can be heard.
            MissingDependency: the recogniser has no engine for this system.
        """
        require_sound(samples)
        posteriors = self._model.log_posteriors(samples)
        runs = heard_phones(posteriors, self._model)
        phonemes = _phonemes(runs, posteriors, len(samples))
        return Alignment(
            length=len(samples),
            phonemes=phonemes,
            source=AlignmentSource.RECOGNITION,
            warnings=(*listening_warnings(samples), *recognition_warnings(phonemes)),
        )


def recognise(samples: NDArray[np.float32]) -> Alignment:
    """`Recogniser().recognise(samples)`, for a single recording."""
    return Recogniser().recognise(samples)


def heard_phones(posteriors: NDArray[np.float32], model: AcousticModel) -> tuple[Run, ...]:
    """The likeliest phones over log posteriors (steps, phones), without a gap."""
    weights = model.weights
    graph = anything(ORDER_WEIGHT * weights.transition - np.float32(CHANGE_COST))
    scores = posteriors - PRIOR_WEIGHT * weights.prior
    runs: list[Run] = []
    position = 0
    while position < len(scores):
        block = scores[position : position + _BLOCK + _AHEAD]
        found, _ = best_path(block, graph)
        whole = position + len(block) == len(scores)
        kept = found if whole else tuple(run for run in found if run.end <= _BLOCK) or found
        runs += [
            Run(state=run.state, start=position + run.start, end=position + run.end) for run in kept
        ]
        position = runs[-1].end if kept else len(scores)
    return tuple(runs)


def _phonemes(
    runs: tuple[Run, ...], posteriors: NDArray[np.float32], length: int
) -> tuple[Phoneme, ...]:
    found: list[Phoneme] = []
    for run in runs:
        symbol = PHONES[run.state]
        span = TimeRange(run.start * STEP, min(run.end * STEP, length))
        confidence = float(np.exp(posteriors[run.start : run.end, run.state].mean()))
        if found and symbol == SILENCE == found[-1].symbol:
            span = TimeRange(found.pop().span.start, span.end)
        found.append(Phoneme(symbol=symbol, span=span, confidence=confidence))
    if not found:
        found = [Phoneme(symbol=SILENCE, span=TimeRange(0, length))]
    return tuple(found)
