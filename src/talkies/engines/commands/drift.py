"""How far the colours of a segment have moved by its end, as they do in long diffusion renders."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.engines.commands.segments import Segment

Pixels: TypeAlias = NDArray[np.uint8]

#: Frames at either end of a segment that are compared: about half a second.
ENDS: Final = 12

#: Side of the pictures that colours are measured on, in pixels, and the percentiles of each
#: channel that stand for them: how much of each colour there is, wherever it is. What moves in a
#: picture changes one or two of them, a drift changes most.
_SIDE: Final = 64
_PERCENTILES: Final = tuple(range(5, 100, 10))

#: Distance in CIELAB (CIE 1976) that is worth a warning: twice what is just seen side by side (2.3;
#: Mahy, Van Eycken and Oosterlinck, 1994). Of 24 portraits that were moved by a tenth of their
#: width or enlarged by a twentieth, none came beyond 3.1.
DRIFT_LEAST: Final = 4.6


@dataclass(slots=True)
class DriftMeter:
    """Watches the frames of a video, segment by segment."""

    segments: tuple[Segment, ...]
    #: Distances in CIELAB, one for each segment that was watched to its end.
    distances: list[float] = field(default_factory=list)
    _starts: list[NDArray[np.float32]] = field(default_factory=list)
    _ends: list[NDArray[np.float32]] = field(default_factory=list)

    def watch(self, frame: Pixels, number: int) -> None:
        """Look at frame `number` of the segments, RGB (H, W, 3); in order."""
        segment = self.segments[len(self.distances)]
        count = max(1, min(ENDS, (segment.end - segment.start) // 2))
        if number < segment.start + count:
            self._starts.append(_colours(frame))
        if number >= segment.end - count:
            self._ends.append(_colours(frame))
        if number == segment.end - 1:
            self.distances.append(_distance(self._starts, self._ends))
            self._starts, self._ends = [], []


def _colours(frame: Pixels) -> NDArray[np.float32]:
    """Percentiles of the channels of CIELAB, float32 (percentiles, 3)."""
    small = cv2.resize(frame, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(np.percentile(lab.reshape(-1, 3), _PERCENTILES, axis=0), np.float32)


def _distance(starts: list[NDArray[np.float32]], ends: list[NDArray[np.float32]]) -> float:
    moved = np.mean(starts, axis=0) - np.mean(ends, axis=0)
    return float(np.linalg.norm(np.median(moved, axis=0)))
