"""Where two segments of a video meet: a soft passage between them, and how far it jumps there."""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]

#: Side of the pictures that changes are measured on, in pixels.
_SIDE: Final = 64
#: Frames whose changes say what is usual: 10 s at 25 a second.
_USUAL_FRAMES: Final = 250

#: A jump is this many times the usual change from frame to frame, and at least so many levels of
#: 255 on average: less cannot be seen in a still face, whose usual change is next to nothing.
JUMP_FACTOR: Final = 4.0
JUMP_LEAST: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The frames of one segment, those first that the segment before has too."""

    frames: Iterator[Pixels]
    #: How many of them are shared.
    overlap: int
    #: Number of the video's frame from which on it has them for itself.
    start: int


@dataclass(slots=True)
class SeamCheck:
    """Compares what two segments show at the same time with how the video changes anyhow."""

    #: Numbers of the frames at which the video jumps.
    jumps: list[int] = field(default_factory=list)
    _changes: deque[float] = field(default_factory=lambda: deque(maxlen=_USUAL_FRAMES))
    _last: NDArray[np.float32] | None = None

    def watch(self, frame: Pixels) -> None:
        """Look at the next frame of the video."""
        small = _small(frame)
        if self._last is not None:
            self._changes.append(_difference(small, self._last))
        self._last = small

    def compare(self, before: Pixels, after: Pixels, number: int) -> None:
        """Look at what two segments show where they meet, at frame `number`."""
        usual = float(np.median(self._changes)) if self._changes else 0.0
        if _difference(_small(before), _small(after)) > max(JUMP_LEAST, JUMP_FACTOR * usual):
            self.jumps.append(number)


def joined(parts: Sequence[Part], check: SeamCheck) -> Iterator[Pixels]:
    """The frames of all parts one after the other; what two share goes over from one to the other.

    Memory holds the frames of one overlap. A part is not touched before those before it are done.
    """
    shared: list[Pixels] = []
    for part, following in itertools.zip_longest(parts, parts[1:]):
        # Without any overlap, the frames on both sides of the cut are compared.
        room = 0 if following is None else max(1, following.overlap)
        held: deque[Pixels] = deque()
        for frame in itertools.chain(_passage(shared, part, check), part.frames):
            held.append(frame)
            if len(held) > room:
                shown = held.popleft()
                check.watch(shown)
                yield shown
        shared = list(held)


def _passage(shared: list[Pixels], part: Part, check: SeamCheck) -> Iterator[Pixels]:
    """What the segment before left for the passage to this one, mixed with this one's frames."""
    middle = len(shared) // 2
    for number, before in enumerate(shared):
        after = next(part.frames)
        if number == middle:
            check.compare(before, after, part.start - len(shared) + number)
        if not part.overlap:
            yield before
            yield after
            return
        share = (number + 1) / (len(shared) + 1)
        yield np.asarray(cv2.addWeighted(before, 1 - share, after, share, 0), np.uint8)


def _small(frame: Pixels) -> NDArray[np.float32]:
    smaller = cv2.resize(frame, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.float32)


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.abs(one - other).mean())
