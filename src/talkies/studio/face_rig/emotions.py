"""The seed's emotion planning: what it was told of a speech, and the few faces that it knew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, zip_longest
from typing import Final

import numpy as np

from talkies.core.alignment import Alignment, AlignmentSource, Word
from talkies.core.direction.feelings import LEAST_APART, FaceChange, plan_faces, spaced
from talkies.core.direction.phrases import phrases
from talkies.core.rig.model import NEUTRAL
from talkies.core.rig.standard import STANDARD
from talkies.core.timeline.formats.seed import RELAX, SeedKeyframe
from talkies.core.timing import SPEECH_RATE, TimeRange, convert
from talkies.studio.face_rig.words import EARLY, RELAXES
from talkies.studio.timelines.create import Planner

#: The expressions that the seed asked its model for.
FACES: Final = (NEUTRAL, "happy_soft", "concerned", "surprised_ah")

#: The language of the seed's aligner, and so of its transcripts.
LANGUAGE: Final = "en-us"

#: Seconds for which a face stays after its phrase, before it is neutral again.
STAYS: Final = 1.0

_CONFIG: Final = replace(
    STANDARD,
    expressions={name: STANDARD.expressions[name] for name in FACES},
    base_paths=tuple(path for path in STANDARD.base_paths if {path.start, path.end} <= {*FACES}),
)
_FPS: Final = Fraction(25)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedFace:
    """One keyframe of the face, as the seed's clients take it."""

    #: Milliseconds.
    time: int
    expression: str
    reason: str


def plan(
    transcript: str,
    phonemes: Sequence[SeedKeyframe],
    length: int,
    *,
    model: Planner | None = None,
    warn: Callable[[str], None],
) -> tuple[SeedFace, ...]:
    """The faces of a speech of so many milliseconds, at least half a second apart.

    `phonemes` are what `/generate-alignment` found; without them the words of the transcript are
    spread over the speech. `model` is asked first, and the rules where it fails.
    """
    alignment = heard(transcript, phonemes, length)
    changes = None if model is None else model(alignment, _CONFIG, warn)
    if changes is None:
        changes = _ended(plan_faces(alignment, _CONFIG, fps=_FPS), alignment)
    known = spaced([change for change in changes if change.expression in FACES], LEAST_APART)
    shown = [NEUTRAL, *(change.expression for change in known)]
    faces = (
        SeedFace(
            time=min(round(change.time * 1000), length),
            expression=change.expression,
            reason=change.note,
        )
        for change, before in zip(known, shown[:-1], strict=True)
        if change.expression != before
    )
    return tuple(face for face in faces if face.time < length)


def heard(transcript: str, phonemes: Sequence[SeedKeyframe], length: int) -> Alignment:
    """The words of a transcript, with their marks, at the times of the words that were heard.

    Where there are not as many of both, the transcript's are spread over what was heard.
    """
    tokens = transcript.split()
    spans = _heard_words(phonemes, length)
    if len(spans) != len(tokens):
        known = [start for start, _ in spans] or [0]
        places = np.arange(len(tokens) + 1) * len(known) / max(len(tokens), 1)
        edges = np.interp(places, np.arange(len(known) + 1), [*known, length]).round().astype(int)
        spans = list(pairwise(edges.tolist()))
    return Alignment(
        length=_ticks(length),
        phonemes=(),
        words=tuple(
            Word(text=token, span=TimeRange(_ticks(start), _ticks(end)))
            for token, (start, end) in zip(tokens, spans, strict=True)
        ),
        language=LANGUAGE,
        source=AlignmentSource.TRANSCRIPT,
    )


def _heard_words(phonemes: Sequence[SeedKeyframe], length: int) -> list[tuple[int, int]]:
    """When each word begins and ends, in milliseconds: it ends as its mouth has relaxed."""
    found = []
    for one, after in zip_longest(phonemes, phonemes[1:]):
        if one.phoneme == RELAX:
            continue
        end = length if after is None else after.time
        if after is not None and after.phoneme == RELAX:
            end += RELAXES + EARLY
        found.append((min(one.time, length), min(end, length)))
    starts = [*(start for start, _ in found), length][1:]
    return [(start, max(start, min(end, n))) for (start, end), n in zip(found, starts, strict=True)]


def _ticks(milliseconds: int) -> int:
    return convert(milliseconds, 1000, SPEECH_RATE)


def _ended(changes: Sequence[FaceChange], alignment: Alignment) -> list[FaceChange]:
    """The changes with neutral after each that is not followed by another soon."""
    found: list[FaceChange] = []
    limits = [*(change.time for change in changes), alignment.seconds][1:]
    for change, limit in zip(changes, limits, strict=True):
        end = _phrase_end(change.time, alignment) + STAYS
        found.append(change)
        if end + LEAST_APART <= limit:
            found.append(FaceChange(time=end, expression=NEUTRAL, note="the phrase is over"))
    return found


def _phrase_end(time: float, alignment: Alignment) -> float:
    """When the phrase ends in which, or before which, a moment is; seconds."""
    ends = (phrase.end for phrase in phrases(alignment, _FPS))
    return next((end for end in ends if end > time), alignment.seconds)
