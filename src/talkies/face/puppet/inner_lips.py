"""The inner edges of parted lips, found by colour.

On lips that show a row of teeth the landmarks read a gap as small as .012 D; teeth left on a lip
would be torn apart by every opening.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.puppet.lips import LipRest
from talkies.face.puppet.resampling import read_through

#: Columns across the mouth, and rows above and below the middle of the gap.
_COLUMNS, _ROWS = 41, 61
#: How far above and below the middle of the gap is looked, in D.
_SEARCH = 0.11
#: How far the edges may move out of, and into, the landmarks' gap, in D; down from a wide
#: gap, where landmarks are good and a lip's gloss passes for teeth, by so much less per D, to
#: a least.
_OUT, _IN = 0.030, 0.012
_OUT_WIDE, _OUT_LEAST = 0.18, 0.014
#: An upper lip thinner than the first, in D, may be thicker than the landmarks say, by up to the
#: second.
_THIN, _IN_UPPER = 0.058, 0.026
#: Rows that a patch of other colour must be high to count.
_THICK = 2
#: Colour distance (CIE Lab) from the lips, as a share of the most seen, that is not lip.
_OTHER = 0.45
#: Colour distance below which nothing but lip is seen.
_LEAST = 12.0
#: Share of the mouth's width at each corner where the landmarks are followed again.
_CORNER = 0.10
#: Columns of the running median that smooths the edges.
_MEDIAN = 13
#: Weight of lightness beside the two colour axes: shadows on lips are lip.
_LIGHTNESS = 0.45


def inner_edges(pixels: NDArray[np.uint8], axes: FaceAxes, rest: LipRest) -> tuple[Points, Points]:
    """The v of both inner edges at `rest.across`, near the landmarks'."""
    u = np.linspace(rest.across[0], rest.across[-1], _COLUMNS)
    lines = [
        np.interp(u, rest.across, line)
        for line in (rest.upper_outer, rest.upper_inner, rest.lower_inner, rest.lower_outer)
    ]
    middle = (lines[1] + lines[2]) / 2
    offsets = np.linspace(-_SEARCH, _SEARCH, _ROWS)
    v = middle + offsets[:, None]
    other = _not_lip(_lab(pixels, axes, u, v), v, lines)
    out = np.clip(_OUT - _OUT_WIDE * (lines[2] - lines[1]), _OUT_LEAST, _OUT)
    near = (v > lines[1] - _OUT) & (v < lines[2] + out)
    top, bottom = _extent(other & near)
    thin = np.clip(_THIN - (lines[1] - lines[0]), _IN, _IN_UPPER)
    upper = np.clip(middle + offsets[top], lines[1] - _OUT, lines[1] + thin)
    lower = np.clip(middle + offsets[bottom], lines[2] - _IN, lines[2] + out)
    trust = _trust(u) * (bottom > top)
    upper = lines[1] + _smooth((upper - lines[1]) * trust)
    lower = lines[2] + _smooth((lower - lines[2]) * trust)
    return np.interp(rest.across, u, upper), np.interp(rest.across, u, lower)


def _lab(pixels: NDArray[np.uint8], axes: FaceAxes, u: Points, v: Points) -> Points:
    """Weighted CIE Lab (rows, columns, 3) at u (columns,) and v (rows, columns)."""
    places = np.stack([np.broadcast_to(u, v.shape), v], -1)
    seen = read_through(pixels, np.asarray(axes.to_picture(places), np.float32))
    smooth = cv2.GaussianBlur(seen.astype(np.float32) / 255, (0, 0), 0.8)
    lab = np.asarray(cv2.cvtColor(smooth, cv2.COLOR_RGB2Lab), np.float64)
    return lab * (_LIGHTNESS, 1.0, 1.0)


def _not_lip(lab: Points, v: Points, lines: list[Points]) -> NDArray[np.bool_]:
    """Places between the outer edges whose colour is not that of the nearer lip."""
    upper_outer, upper_inner, lower_inner, lower_outer = lines
    upper = (v > upper_outer) & (v < upper_inner - 0.4 * (upper_inner - upper_outer))
    lower = (v < lower_outer) & (v > lower_inner + 0.4 * (lower_outer - lower_inner))
    if not (upper.any() and lower.any()):
        return np.zeros(v.shape, np.bool_)
    above = v < (upper_inner + lower_inner) / 2
    # An upper lip that a laugh drew thin shows too little of itself: it may look like the lower.
    own, other = (
        np.linalg.norm(lab - np.median(lab[lip], axis=0), axis=-1) for lip in (upper, lower)
    )
    distance = np.where(above, np.minimum(own, other), other)
    between = (v > upper_outer + 0.25 * (upper_inner - upper_outer)) & (
        v < lower_outer - 0.25 * (lower_outer - lower_inner)
    )
    if not between.any():
        return np.zeros(v.shape, np.bool_)
    most = float(np.percentile(distance[between], 95))
    return np.asarray(between & (distance > max(_LEAST, _OTHER * most)))


def _extent(other: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last row of what is not lip in each column; the middle row where nothing is."""
    rows, columns = other.shape
    top, bottom = np.full(columns, rows // 2), np.full(columns, rows // 2)
    thick = cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_THICK, 1), np.uint8))
    for column in range(columns):
        inside = np.flatnonzero(thick[:, column])
        if len(inside):
            top[column], bottom[column] = inside[0], inside[-1]
    return top, bottom


def _trust(u: Points) -> Points:
    """1 in the middle of the mouth, 0 at its corners."""
    t = np.linspace(0, 1, len(u))
    return np.asarray(np.clip(np.minimum(t, 1 - t) / _CORNER, 0, 1), np.float64)


def _smooth(line: Points) -> Points:
    """A running median, wide enough for a lip's gloss to be passed over, then a running mean."""
    padded = np.pad(line, _MEDIAN // 2, mode="edge")
    median = np.median(np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN), axis=-1)
    return np.convolve(np.pad(median, 2, mode="edge"), np.full(5, 0.2), mode="valid")
