"""Cutting a recording of any length into chunks that the acoustic model can take.

hama silently ignores what follows 30 s (measured), and its cost per second grows with the length
of the chunk, so chunks are about ten seconds long, cut where the sound is quietest, and overlap
so that no phone is judged without its surroundings.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.core.timing import SPEECH_RATE, TimeRange

#: Samples between two posteriors of the acoustic model (20 ms).
HOP = SPEECH_RATE // 50

#: Hops of a chunk, without its surroundings: shortest and longest (6 and 10 s).
SHORTEST, LONGEST = 300, 500

#: Hops heard on both sides of a chunk besides its own (0.4 s).
SURROUNDINGS = 20

#: Hops over which loudness is averaged when looking for a pause (0.1 s).
_PAUSE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A stretch of a recording, in hops of the whole recording."""

    #: What this chunk answers for.
    own: TimeRange
    #: What it needs to hear for that.
    heard: TimeRange


def cut(samples: NDArray[np.float32]) -> tuple[Chunk, ...]:
    """Chunks whose own ranges cover `samples` (n,) at 16 kHz, in order, without gap or overlap."""
    total = -(-len(samples) // HOP)
    quiet = _quietness(samples, total)
    edges = [0]
    while total - edges[-1] > LONGEST:
        first, last = edges[-1] + SHORTEST, min(edges[-1] + LONGEST, total - _PAUSE)
        edges.append(first + int(np.argmin(quiet[first:last])))
    edges.append(total)
    whole = TimeRange(0, total)
    return tuple(
        Chunk(
            own=TimeRange(start, end),
            heard=TimeRange(start - SURROUNDINGS, end + SURROUNDINGS).clamped(whole),
        )
        for start, end in itertools.pairwise(edges)
        if end > start
    )


def _quietness(samples: NDArray[np.float32], hops: int) -> NDArray[np.float64]:
    """Mean square of the sound around each hop: low in pauses."""
    whole = samples[: len(samples) // HOP * HOP].reshape(-1, HOP)
    rest = samples[whole.size :]
    per_hop = np.zeros(hops)
    per_hop[: len(whole)] = np.einsum("ij,ij->i", whole, whole) / HOP
    per_hop[len(whole) :] = float(rest @ rest) / HOP
    return np.convolve(per_hop, np.ones(_PAUSE) / _PAUSE, mode="same")
