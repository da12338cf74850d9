"""The edge of a matte: how much of it is person, judged by colour."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Matte: TypeAlias = NDArray[np.float32]
Plane: TypeAlias = NDArray[np.float32]

#: What counts as surely person and surely background when their colours are averaged.
_SURE_PERSON, _SURE_BACKGROUND = 0.95, 0.05
#: Reach of the averages, share of the picture's longer side.
_REACH = 0.03
#: Pixels by which the undecided edge is grown before it is judged by colour.
_EDGE_GROWTH = 9
#: How much larger than their spread the distance of two colours must be to be trusted, and the
#: least distance, both as variances of colours from 0 to 1.
_SPREAD_WEIGHT, _LEAST_DISTANCE = 8.0, 0.004
#: Share of sure pixels in a window from which its average counts in full.
_ENOUGH_SURE = 0.03
_TINY = 1e-5


def sharpen_edges(pixels: Pixels, matte: Matte) -> Matte:
    """The matte with its undecided pixels judged by colour, where colour can tell.

    Near the edge a pixel's colour lies on the line from the background's to the person's; how far
    along is how much of it is person. That holds where both are even and differ, and the matte
    stays as it is where they do not.
    """
    window = _window(pixels)
    person = _Chosen.of(matte > _SURE_PERSON, window)
    ground = _Chosen.of(matte < _SURE_BACKGROUND, window)
    distance, along = np.zeros_like(matte), np.zeros_like(matte)
    doubt = np.full_like(matte, _LEAST_DISTANCE)
    # One channel at a time: a picture of 12 megapixels would otherwise take over a gigabyte.
    for channel in range(3):
        plane = pixels[..., channel].astype(np.float32) / np.float32(255)
        person_mean, person_spread = person.moments(plane)
        ground_mean, ground_spread = ground.moments(plane)
        apart = person_mean - ground_mean
        distance += apart * apart
        along += (plane - ground_mean) * apart
        doubt += np.float32(_SPREAD_WEIGHT) * (person_spread + ground_spread)
    known = np.clip(np.minimum(person.share, ground.share) / _ENOUGH_SURE, 0, 1)
    trust = distance / (distance + doubt) * known * _edge(matte)
    position = np.clip(along / (distance + np.float32(_TINY)), 0, 1)
    return np.asarray(matte + trust * (position - matte), np.float32)


def _window(pixels: Pixels) -> tuple[int, int]:
    side = 2 * max(2, round(_REACH * max(pixels.shape[:2]))) + 1
    return side, side


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """Some pixels, and what share of each window they are."""

    weight: Plane
    share: Plane
    window: tuple[int, int]

    @classmethod
    def of(cls, chosen: NDArray[np.bool_], window: tuple[int, int]) -> "_Chosen":
        weight = chosen.astype(np.float32)
        share = np.asarray(cv2.blur(weight, window), np.float32)
        return cls(weight=weight, share=share, window=window)

    def moments(self, plane: Plane) -> tuple[Plane, Plane]:
        """Mean and variance of the chosen pixels in each window."""
        total = self.share + np.float32(_TINY)
        mean = cv2.blur(plane * self.weight, self.window) / total
        squares = cv2.blur(plane * plane * self.weight, self.window) / total
        variance = np.maximum(squares - mean * mean, 0)
        return np.asarray(mean, np.float32), np.asarray(variance, np.float32)


def _edge(matte: Matte) -> Matte:
    """1 where the matte is undecided or nearly so, falling off softly."""
    undecided = ((matte > _SURE_BACKGROUND) & (matte < _SURE_PERSON)).astype(np.float32)
    grown = cv2.dilate(undecided, np.ones((_EDGE_GROWTH, _EDGE_GROWTH), np.uint8))
    return np.asarray(cv2.blur(grown, (_EDGE_GROWTH, _EDGE_GROWTH)), np.float32)
