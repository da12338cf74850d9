"""A track of 12 s that does just what its reference wants, and its score."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme
from talkies.core.timing import TimeRange
from talkies.score.comparison import score_track
from talkies.score.reference import Reference, make_reference
from talkies.score.report import ReferenceKind, Score, VideoFacts
from talkies.score.sync import Lag
from talkies.score.track import Track

FPS = Fraction(25)
FRAMES = 300
#: A sound that is where its timing says.
IN_PLACE = Lag(milliseconds=4.0, correlation=0.8)
SYLLABLES = ("ma", "pi", "bu", "to", "me", "pa", "lu", "bi", "fo", "ka")


def _speech() -> Alignment:
    """12 s of syllables with a pause of 1 s in the middle and at both ends."""
    order = np.random.default_rng(4).permutation(np.tile(np.arange(10), 5))[:45]
    sounds: list[tuple[str, int]] = [(SILENCE, 16_000)]
    for number, index in enumerate(order):
        if number == 22:
            sounds.append((SILENCE, 16_000))
        sounds += [(SYLLABLES[index][0], 1_600), (SYLLABLES[index][1], 1_200 + 130 * int(index))]
    sounds.append((SILENCE, 192_000 - sum(length for _, length in sounds)))
    phonemes = []
    position = 0
    for symbol, length in sounds:
        phonemes.append(Phoneme(symbol=symbol, span=TimeRange(position, position + length)))
        position += length
    return Alignment(length=position, phonemes=tuple(phonemes), source=AlignmentSource.SYNTHESIZER)


def _wanted(kind: ReferenceKind = ReferenceKind.GIVEN) -> Reference:
    return make_reference(_speech(), kind, fps=FPS, frames=FRAMES, loudness=None)


@pytest.fixture
def wanted() -> Reference:
    """What the mouth should do, from a given timing."""
    return _wanted()


@pytest.fixture
def perfect(wanted: Reference) -> Track:
    """A track that does what the reference wants, as landmarks would read it."""
    rng = np.random.default_rng(1)
    face = rng.uniform(0, 200, size=(20, 2))
    return Track(
        fps=25.0,
        valid=np.ones(FRAMES, np.bool_),
        opening=wanted.opening.copy(),
        gap=wanted.opening + 0.012,
        width=wanted.width * 0.8,
        eye_distance=np.full(FRAMES, 150.0),
        rigid=face + rng.normal(scale=0.2, size=(FRAMES, 20, 2)),
        change=np.full(FRAMES, 2.0),
        background_error=np.full(60, 4.0),
        most_faces=1,
    )


@pytest.fixture
def scored() -> Callable[..., Score]:
    """Scores a track against the reference of a given or a heard timing."""
    return _scored


@pytest.fixture
def good(perfect: Track) -> Score:
    return _scored(perfect)


def _scored(
    track: Track, kind: ReferenceKind = ReferenceKind.GIVEN, sound: Lag | None = IN_PLACE
) -> Score:
    facts = VideoFacts(
        name="talk.mp4",
        width=720,
        height=720,
        fps=25.0,
        frames=FRAMES,
        seconds=12.0,
        sound_seconds=12.0,
    )
    given = kind is ReferenceKind.GIVEN
    return score_track(track, _wanted(kind), facts, sound if given else None)
