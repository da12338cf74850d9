"""The edge of a matte: how much of it is person, judged by colour, and the person's own colours."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Matte: TypeAlias = NDArray[np.float32]
Colours: TypeAlias = NDArray[np.float32]

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
#: The second pass over the person's colours looks this many times nearer.
_NEARER = 8
_TINY = 1e-5


def sharpen_edges(pixels: Pixels, matte: Matte) -> Matte:
    """The matte with its undecided pixels judged by colour, where colour can tell.

    Near the edge a pixel's colour lies on the line from the background's to the person's; how far
    along is how much of it is person. That holds where both are even and differ, and the matte
    stays as it is where they do not.
    """
    window = _window(pixels)
    colours = pixels.astype(np.float32) / np.float32(255)
    person, person_spread, person_weight = _mean(colours, matte > _SURE_PERSON, window)
    ground, ground_spread, ground_weight = _mean(colours, matte < _SURE_BACKGROUND, window)
    apart = person - ground
    distance = (apart * apart).sum(axis=-1)
    along = ((colours - ground) * apart).sum(axis=-1) / (distance + np.float32(_TINY))
    doubt = _SPREAD_WEIGHT * (person_spread + ground_spread) + _LEAST_DISTANCE
    known = np.clip(np.minimum(person_weight, ground_weight) / _ENOUGH_SURE, 0, 1)
    trust = distance / (distance + doubt) * known * _edge(matte)
    return np.asarray(matte + trust * (np.clip(along, 0, 1) - matte), np.float32)


def clean_foreground(pixels: Pixels, matte: Matte) -> Pixels:
    """The colours of the person alone, without the old background that shines through edges.

    Laying `matte * clean + (1 - matte) * new` then leaves no fringe. Method: blur-fusion
    foreground estimation (Forte, "Approximate Fast Foreground Colour Estimation", 2021), two
    passes.
    """
    colours = pixels.astype(np.float32)
    wide = _window(pixels)
    near = (max(3, wide[0] // _NEARER), max(3, wide[1] // _NEARER))
    front, back = _fusion(colours, colours, colours, matte, wide)
    front, _ = _fusion(colours, front, back, matte, near)
    return np.asarray(np.clip(np.rint(front), 0, 255), np.uint8)


def _window(pixels: Pixels) -> tuple[int, int]:
    side = 2 * max(2, round(_REACH * max(pixels.shape[:2]))) + 1
    return side, side


def _mean(
    colours: Colours, chosen: NDArray[np.bool_], window: tuple[int, int]
) -> tuple[Colours, Matte, Matte]:
    """Mean colour, total variance and share of the chosen pixels in each window."""
    weight = chosen.astype(np.float32)
    share = cv2.blur(weight, window)
    total = (share + np.float32(_TINY))[..., None]
    mean = cv2.blur(colours * weight[..., None], window) / total
    squares = cv2.blur(colours * colours * weight[..., None], window) / total
    spread = np.maximum(squares - mean * mean, 0).sum(axis=-1)
    return np.asarray(mean, np.float32), np.asarray(spread), np.asarray(share, np.float32)


def _edge(matte: Matte) -> Matte:
    """1 where the matte is undecided or nearly so, falling off softly."""
    undecided = ((matte > _SURE_BACKGROUND) & (matte < _SURE_PERSON)).astype(np.float32)
    grown = cv2.dilate(undecided, np.ones((_EDGE_GROWTH, _EDGE_GROWTH), np.uint8))
    return np.asarray(cv2.blur(grown, (_EDGE_GROWTH, _EDGE_GROWTH)), np.float32)


def _weighted(colours: Colours, weight: Matte, window: tuple[int, int]) -> Colours:
    """Mean colour of each window, each pixel by its weight."""
    total = cv2.blur(weight, window)[..., None] + np.float32(_TINY)
    return np.asarray(cv2.blur(colours * weight[..., None], window) / total, np.float32)


def _fusion(
    colours: NDArray[np.float32],
    front: NDArray[np.float32],
    back: NDArray[np.float32],
    matte: Matte,
    window: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Better guesses of the person's and the background's colours, from those about."""
    weight = matte[..., None]
    # Squared, so that mixed pixels hardly count among the pure ones.
    mean_front = _weighted(front, matte * matte, window)
    mean_back = _weighted(back, (1 - matte) * (1 - matte), window)
    missing = colours - weight * mean_front - (1 - weight) * mean_back
    better = np.clip(mean_front + weight * missing, 0, 255)
    return np.asarray(better, np.float32), np.asarray(mean_back, np.float32)
