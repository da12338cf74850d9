"""Whether the mouth of a still face is really open, shows teeth, smiles.

The landmarks alone cannot say: on closed lips they read a gap of up to .06 D, on lips that show a
row of teeth sometimes .012 D. So the colours between the lips are looked at, along lines from the
upper lip to the lower one.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes
from talkies.face.finding import topology
from talkies.face.finding.landmarks import Face
from talkies.face.finding.sampling import face_patch

Pixels: TypeAlias = NDArray[np.uint8]
Line: TypeAlias = NDArray[np.float64]

#: The mouth is looked at levelled, in a square of one D, with this many pixels.
_SIDE = 160
#: Share of the inner mouth's width, about its middle, that is looked at, and in how many lines.
_MIDDLE, _LINES = 0.5, 21
#: Each line reaches this far above and below the middle of the gap, D, in this many steps.
_REACH, _STEPS = 0.2, 161
#: What is called the inside reaches this far over the landmarks' inner contours, D.
_OVER = 0.015
#: Parts of a lip this near to its edges, D, are not asked for its colour.
_LIP_EDGE = 0.02
#: Lightness (CIE L*) by which teeth stand out from the dark lines above and below them. Measured:
#: 4.9 to 37 where teeth show, at most .5 on closed lips, .7 where teeth are dim in a gap of .042 D.
_TEETH = 3.0
_PARTED_TEETH, _PARTED_GAP = 0.7, 0.033
#: From the first gap on, D, the lips are apart where a place between them is darker than they are
#: by this (L*) over this share of the gap; from the second on they always are.
_OPEN_GAP, _WIDE_GAP, _CAVITY, _CAVITY_SHARE = 0.06, 0.09, 20.0, 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthState:
    """A still mouth. Lengths in D, the distance of the outer eye corners."""

    open: bool
    teeth_visible: bool
    #: Gap between the inner lips at the middle as the landmarks have it, open or not.
    gap: float
    #: Distance of the outer corners.
    width: float
    #: How far the corners lie above the middle of the mouth: about .00 at rest, .05 smiling.
    smile: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Between:
    """What is seen between the lips."""

    #: Lightness by which a bright band stands out between two darker lines.
    band: float
    #: How much darker than the lips the darkest place is, L*.
    depth: float
    #: Width of the dark place at half its depth, D.
    dark_width: float


def mouth_state(pixels: Pixels, face: Face) -> MouthState:
    """The state of the mouth of a face in an RGB picture (height, width, 3)."""
    axes = FaceAxes.of(face.points)
    points = axes.to_face(face.points[:, :2])
    upper, lower = points[topology.LIPS_INNER_UPPER[5]], points[topology.LIPS_INNER_LOWER[5]]
    gap = max(0.0, float(lower[1] - upper[1]))
    corners = points[[topology.MOUTH_LEFT, topology.MOUTH_RIGHT]]
    seen = _between(*_profile(pixels, axes, points))
    teeth = seen.band > _TEETH or (seen.band > _PARTED_TEETH and gap > _PARTED_GAP)
    return MouthState(
        open=teeth or _apart(seen, gap),
        teeth_visible=teeth,
        gap=gap,
        width=float(corners[1, 0] - corners[0, 0]),
        smile=float((upper[1] + lower[1]) / 2 - corners[:, 1].mean()),
    )


def _apart(seen: _Between, gap: float) -> bool:
    dark = seen.depth > _CAVITY and seen.dark_width > _CAVITY_SHARE * gap
    return gap > _WIDE_GAP or (gap > _OPEN_GAP and dark)


def _profile(pixels: Pixels, axes: FaceAxes, points: Line) -> tuple[Line, Line]:
    """Median colour (steps, 3) in CIE L*a*b* along the lines, and the lips' edges on them.

    The edges are v from the middle of the gap: outer upper, inner upper, inner lower, outer lower.
    """
    rings = [
        points[list(ring)]
        for ring in (
            topology.LIPS_OUTER_UPPER,
            topology.LIPS_INNER_UPPER,
            topology.LIPS_INNER_LOWER,
            topology.LIPS_OUTER_LOWER,
        )
    ]
    left, right = rings[1][0, 0], rings[1][-1, 0]
    inset = (right - left) * (1 - _MIDDLE) / 2
    across = np.linspace(left + inset, right - inset, _LINES)
    heights = np.stack([np.interp(across, ring[:, 0], ring[:, 1]) for ring in rings])
    middle = heights[1:3].mean(axis=0)
    colours = _colours(pixels, axes, across, middle)
    return np.median(colours, axis=1), np.median(heights - middle, axis=1)


def _colours(pixels: Pixels, axes: FaceAxes, across: Line, middle: Line) -> Line:
    """CIE L*a*b* at every step of every line: (steps, lines, 3)."""
    lab = face_patch(pixels, axes, _SIDE)
    centre = (_SIDE - 1) / 2
    steps = np.linspace(-_REACH, _REACH, _STEPS)[:, None]
    x = np.broadcast_to(centre + _SIDE * across, (_STEPS, _LINES)).astype(np.float32)
    y = (centre + _SIDE * (middle + steps)).astype(np.float32)
    return np.asarray(cv2.remap(lab, x, y, cv2.INTER_LINEAR), np.float64)


def _between(colours: Line, edges: Line) -> _Between:
    """What the profile shows between the lips, against the lips' own colours."""
    v = np.linspace(-_REACH, _REACH, _STEPS)
    outer_upper, inner_upper, inner_lower, outer_lower = edges
    lightness = colours[:, 0]
    upper = _lip(v, outer_upper, min(inner_upper, 0.0))
    lower = _lip(v, max(inner_lower, 0.0), outer_lower)
    mixed = np.clip((v - v[upper].mean()) / (v[lower].mean() - v[upper].mean()), 0, 1)
    darker = _blend(lightness, upper, lower, mixed) - lightness
    half = max(0.0, (inner_lower - inner_upper) / 2) + _OVER
    inside = np.flatnonzero(np.abs(v) <= half)
    darkest = int(inside[np.argmin(lightness[inside])])
    dark = _run(lightness < lightness[darkest] + darker[darkest] / 2, darkest)
    return _Between(
        band=_band(lightness[inside]),
        depth=float(darker[darkest]),
        dark_width=dark * float(v[1] - v[0]),
    )


def _lip(v: Line, start: float, end: float) -> NDArray[np.bool_]:
    """Where a lip's own colour is seen."""
    inner = (v > start + _LIP_EDGE) & (v < end - _LIP_EDGE)
    if inner.any():
        return np.asarray(inner)
    return np.asarray(np.abs(v - (start + end) / 2) <= _LIP_EDGE)


def _blend(line: Line, upper: NDArray[np.bool_], lower: NDArray[np.bool_], mixed: Line) -> Line:
    """The value a lip would have at each step, passing from the upper to the lower one."""
    above, below = float(np.median(line[upper])), float(np.median(line[lower]))
    return above + (below - above) * mixed


def _band(lightness: Line) -> float:
    """Height of the highest place over the lowest ones on both sides of it; 0 where none is."""
    before = np.minimum.accumulate(lightness)
    after = np.minimum.accumulate(lightness[::-1])[::-1]
    return float((lightness - np.maximum(before, after)).max())


def _run(dark: NDArray[np.bool_], start: int) -> int:
    """Length of the unbroken run of True about `start`."""
    after = np.flatnonzero(~dark[start:])
    before = np.flatnonzero(~dark[start::-1])
    ahead = int(after[0]) if len(after) else len(dark) - start
    behind = int(before[0]) if len(before) else start + 1
    return max(0, ahead + behind - 1)
