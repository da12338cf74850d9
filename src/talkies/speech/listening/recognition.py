"""Lip-sync timing of a recording in any language, from the sound alone."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import Alignment, AlignmentSource, Phoneme
from talkies.core.timing import TimeRange
from talkies.speech.listening.acoustic_model import AcousticModel, Hearing
from talkies.speech.listening.acoustics import STEP
from talkies.speech.listening.confidence import listening_warnings, recognition_warnings
from talkies.speech.listening.heard import heard_phones
from talkies.speech.listening.level import require_sound
from talkies.speech.listening.phones import PHONES


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
        phonemes: list[Phoneme] = []
        for hearing in self._model.listen(samples):
            phonemes += phonemes_heard(hearing, self._model, len(samples))
        phonemes = joined(phonemes)
        return Alignment(
            length=len(samples),
            phonemes=tuple(phonemes),
            source=AlignmentSource.RECOGNITION,
            warnings=(*listening_warnings(samples), *recognition_warnings(phonemes)),
        )


def recognise(samples: NDArray[np.float32]) -> Alignment:
    """`Recogniser().recognise(samples)`, for a single recording."""
    return Recogniser().recognise(samples)


def phonemes_heard(hearing: Hearing, model: AcousticModel, length: int) -> Iterator[Phoneme]:
    """Phonemes of one chunk of a recording of `length` samples, as far as they are inside it."""
    for run in heard_phones(hearing, model.tokens, model.weights):
        start, end = (hearing.start + run.start) * STEP, (hearing.start + run.end) * STEP
        heard = hearing.log_posteriors[run.start : run.end, run.state]
        yield Phoneme(
            symbol=PHONES[run.state],
            span=TimeRange(min(start, length), min(end, length)),
            confidence=float(np.exp(heard.mean())),
        )


def joined(phonemes: Sequence[Phoneme]) -> list[Phoneme]:
    """Phonemes with neighbours of the same symbol made one and empty ones left out."""
    found: list[Phoneme] = []
    for phoneme in phonemes:
        if phoneme.span.length == 0:
            continue
        if found and found[-1].symbol == phoneme.symbol:
            earlier = found.pop()
            span = TimeRange(earlier.span.start, phoneme.span.end)
            confidence = max(earlier.confidence, phoneme.confidence)
            found.append(Phoneme(symbol=phoneme.symbol, span=span, confidence=confidence))
        else:
            found.append(phoneme)
    return found
