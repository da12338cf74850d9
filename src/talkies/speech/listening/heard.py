"""The phones of one chunk of speech, from everything that was heard in it.

Where hama is fluent its own sequence of sounds is followed, and the network only says when each
one starts and ends. Elsewhere the network's posteriors decide, with hama's spikes as hints.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from talkies.speech.listening.acoustic_model import PRIOR_WEIGHT, STEPS_PER_HOP, Hearing, Weights
from talkies.speech.listening.emissions import (
    Emission,
    Tokens,
    emissions,
    fluency,
    support,
    words_said,
)
from talkies.speech.listening.phones import SILENT
from talkies.speech.listening.viterbi import Run, anything, best_path, line

#: Share of sharp spikes from which hama's sequence of sounds is followed. Measured: recordings in
#: English and Kokoro's English .69 to .91, espeak-ng's English up to .62, other languages below .3.
FLUENT = 0.65

#: Cost of a further phone where any may follow any.
CHANGE_COST = 1.0

#: How much hama's spikes count, within how many hops, and the probability that is no hint.
HINT_WEIGHT = 0.4
_HINT_REACH = 2
_NO_HINT = 0.03


def heard_phones(hearing: Hearing, tokens: Tokens, weights: Weights) -> tuple[Run, ...]:
    """Runs of phones (numbers of `PHONES`) that cover the steps of the chunk from 0."""
    spikes = emissions(hearing.log_probabilities, tokens)
    scores = _scores(hearing, tokens, weights)
    if spikes and fluency(spikes) >= FLUENT:
        runs = _told(spikes, scores)
        if runs:
            return runs
    runs = best_path(scores, anything(weights.transition - np.float32(CHANGE_COST)))
    return runs or (Run(state=SILENT, start=0, end=len(scores)),)


def _scores(hearing: Hearing, tokens: Tokens, weights: Weights) -> NDArray[np.float32]:
    """Log likelihood of each phone at each step: what the network hears and what hama hints."""
    steps = len(hearing.log_posteriors)
    hints = support(hearing.log_probabilities, tokens, _HINT_REACH)
    hinted = np.log(hints + _NO_HINT) - np.log(_NO_HINT)
    per_step = np.repeat(hinted, STEPS_PER_HOP, axis=0)[:steps]
    scores = hearing.log_posteriors - PRIOR_WEIGHT * weights.prior + HINT_WEIGHT * per_step
    return np.asarray(scores, dtype=np.float32)


def _told(spikes: Sequence[Emission], scores: NDArray[np.float32]) -> tuple[Run, ...]:
    """Hama's sequence of sounds placed on the steps; empty where it does not fit."""
    phones = [SILENT]
    for word in words_said(spikes):
        phones += [*word, SILENT]
    columns = np.array(phones, dtype=np.intp)
    path = best_path(scores, line(columns, columns == SILENT))
    return tuple(Run(state=phones[run.state], start=run.start, end=run.end) for run in path)
