"""How far the colours of a segment have moved by its end, as they do in long diffusion renders."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.engines.commands.segments import Segment

Pixels: TypeAlias = NDArray[np.uint8]

#: Frames at either end of a segment whose mean is compared, about half a second, and fields that a
#: frame is parted into along each side.
ENDS: Final = 12
_FIELDS: Final = 8
#: The share of the fields that may have moved further: what hides and comes out beside a moving
#: head is no drift of colours.
_PERCENTILE: Final = 75

#: Distance in CIELAB (CIE 1976) that is worth a warning: two and a half times the difference that
#: is just seen side by side (2.3; Mahy, Van Eycken and Oosterlinck, 1994). Heads that move in
#: videos without drift stay below half of it.
DRIFT_LEAST: Final = 6.0


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
    """The mean colours of a frame's fields in CIELAB, float32 (fields, fields, 3)."""
    small = cv2.resize(frame, (_FIELDS, _FIELDS), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _distance(starts: list[NDArray[np.float32]], ends: list[NDArray[np.float32]]) -> float:
    moved = np.mean(starts, axis=0) - np.mean(ends, axis=0)
    return float(np.percentile(np.linalg.norm(moved, axis=-1), _PERCENTILE))
