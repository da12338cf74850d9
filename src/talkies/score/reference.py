"""The mouth a video should show: from the timing it was made with, or from its own sound."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import SILENCE, Alignment, Phoneme, Word
from talkies.core.mouth import mouth_curves
from talkies.core.timing import SPEECH_RATE, to_seconds
from talkies.score.closures import BILABIALS
from talkies.score.report import ReferenceKind
from talkies.score.sync import Mask, Series, frame_middles

#: Shortest pause, in seconds, in which a mouth is expected to come to rest.
LEAST_PAUSE = 0.3
#: Seconds after its beginning and before its end that a pause leaves for closing and opening.
CLOSING, OPENING = 0.15, 0.12
#: Opening of the reference, in D, up to which it counts as closed in a pause.
AT_REST = 0.015


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """What the mouth should do; curves on the video's frames, times in seconds of the sound."""

    kind: ReferenceKind
    #: Opening of the lips in D, (frames,).
    opening: Series
    #: Relative change of the mouth's width, (frames,).
    width: Series
    #: True where a sound is spoken, (frames,).
    speaking: Mask
    #: True where the mouth is expected to be at rest, (frames,).
    silent: Mask
    #: (symbol, start, end) of the sounds made with closed lips.
    closures: tuple[tuple[str, float, float], ...]
    #: (start, end) of the pauses long enough to come to rest in.
    pauses: tuple[tuple[float, float], ...]
    #: (text, start, end).
    words: tuple[tuple[str, float, float], ...]
    #: Seconds that the timing covers.
    seconds: float
    warnings: tuple[str, ...]


def make_reference(
    alignment: Alignment,
    kind: ReferenceKind,
    *,
    fps: Fraction,
    frames: int,
    loudness: NDArray[np.float32] | None,
) -> Reference:
    """The mouth of an alignment on `frames` frames; `loudness` (frames,) as for the render."""
    mouth = mouth_curves(alignment, fps, frames, loudness)
    opening = mouth.opening.astype(np.float64)
    times = frame_middles(frames, float(fps))
    pauses = tuple(_pauses(alignment))
    resting = _inside(times, [(start + CLOSING, end - OPENING) for start, end in pauses])
    spoken = [_span(phoneme) for phoneme in alignment.phonemes if phoneme.symbol != SILENCE]
    return Reference(
        kind=kind,
        opening=opening,
        width=mouth.width.astype(np.float64),
        speaking=_inside(times, spoken),
        silent=resting & (opening <= AT_REST),
        closures=_closures(alignment),
        pauses=pauses,
        words=_words(alignment),
        seconds=alignment.seconds,
        warnings=alignment.warnings,
    )


def _closures(alignment: Alignment) -> tuple[tuple[str, float, float], ...]:
    return tuple(
        (phoneme.symbol, *_span(phoneme))
        for phoneme in alignment.phonemes
        if phoneme.symbol in BILABIALS
    )


def _words(alignment: Alignment) -> tuple[tuple[str, float, float], ...]:
    return tuple((word.text, *_span(word)) for word in alignment.words)


def _pauses(alignment: Alignment) -> Iterator[tuple[float, float]]:
    for phoneme in alignment.phonemes:
        start, end = _span(phoneme)
        if phoneme.symbol == SILENCE and end - start >= LEAST_PAUSE:
            yield start, end


def _span(item: Phoneme | Word) -> tuple[float, float]:
    return (
        to_seconds(item.span.start, SPEECH_RATE),
        to_seconds(item.span.end, SPEECH_RATE),
    )


def _inside(times: Series, spans: list[tuple[float, float]]) -> Mask:
    """Which of the times lie in one of the spans."""
    inside = np.zeros(len(times), np.bool_)
    for start, end in spans:
        first, last = np.searchsorted(times, (start, end))
        inside[first:last] = True
    return inside
