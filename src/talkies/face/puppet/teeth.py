"""Painted teeth and tongue: shade and coverage as functions of a place in the mouth.

Places are (x, y) in D: x from the middle of the row, y down from the row's edge (upper teeth:
their lower edge; lower teeth and tongue: the edge of the lower teeth). Sizes are those of adult
teeth (central incisor 8.5 mm wide, 10.5 mm high) with D = 90 mm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.face.puppet.fields import smoothstep

Plane = NDArray[np.float32]

#: Widths from the middle outwards along the arch, in D.
_UPPER_WIDTHS = (0.094, 0.072, 0.084, 0.078, 0.075, 0.115)
_LOWER_WIDTHS = (0.058, 0.064, 0.075, 0.078, 0.080, 0.120)
#: How much shorter each tooth is than the first, in D.
_UPPER_SHORTER = (0.0, 0.009, 0.002, 0.012, 0.018, 0.024)
_LOWER_SHORTER = (0.0, 0.0, -0.003, 0.006, 0.012, 0.016)
#: Visible heights, in D.
_UPPER_HEIGHT, _LOWER_HEIGHT = 0.118, 0.095
#: Half axes of the arch seen from above, in D: to the side, and into the mouth.
_UPPER_ARCH, _LOWER_ARCH = (0.315, 0.46), (0.28, 0.42)
#: Rise of the biting edge from the middle to the side of the arch, in D (the smile line).
_EDGE_CURVE = 0.030


#: Darkness of the line between two teeth, and its width in D: a coarse picture spreads it thinner.
_GAP_DARK, _GAP_WIDTH = 0.17, 0.004


@dataclass(frozen=True, slots=True)
class Paint:
    """Something painted: its shade (1 is its full colour) and how far it covers, 0 to 1."""

    shade: Plane
    cover: Plane


@dataclass(frozen=True, slots=True)
class _Row:
    widths: tuple[float, ...]
    shorter: tuple[float, ...]
    height: float
    arch: tuple[float, float]
    #: Roundness of the biting corners, in D.
    corner: float


_UPPER = _Row(_UPPER_WIDTHS, _UPPER_SHORTER, _UPPER_HEIGHT, _UPPER_ARCH, 0.011)
_LOWER = _Row(_LOWER_WIDTHS, _LOWER_SHORTER, _LOWER_HEIGHT, _LOWER_ARCH, 0.007)


def upper_teeth(x: Plane, y: Plane, pixel: float) -> Paint:
    """The upper row; `pixel` is the size of a pixel in D."""
    return _teeth(_UPPER, x, -y, pixel)


def lower_teeth(x: Plane, y: Plane, pixel: float) -> Paint:
    """The lower row."""
    return _teeth(_LOWER, x, y, pixel)


def tongue(x: Plane, y: Plane, pixel: float) -> Paint:
    """The tongue lying in the lower jaw, its back higher than its tip."""
    q = x / 0.235
    rim = -0.030 * np.sqrt(np.clip(1 - q * q, 0, 1)) + 0.03 * q**4
    cover = _above(y - rim, 0.012 + pixel) * (1 - smoothstep(np.abs(q), 0.82, 1.06))
    roundness = np.clip(1 - 0.55 * q * q, 0, 1)
    depth = 0.60 + 0.40 * smoothstep(y - rim, -0.01, 0.08)
    groove = 1 - 0.16 * np.exp(-((x / 0.020) ** 2)) * smoothstep(y - rim, 0.0, 0.03)
    return Paint(_f32(roundness * depth * groove), _f32(cover))


def tongue_tip(x: Plane, y: Plane, pixel: float) -> Paint:
    """The raised tip; y down from its upper edge."""
    q = x / 0.150
    rim = 0.022 * q * q
    cover = _above(y - rim, 0.008 + pixel) * (1 - smoothstep(np.abs(q), 0.78, 1.05))
    roundness = np.clip(1 - 0.45 * q * q, 0, 1) * (0.78 + 0.30 * smoothstep(y - rim, 0.0, 0.035))
    return Paint(_f32(roundness), _f32(cover))


def _teeth(row: _Row, x: Plane, height: Plane, pixel: float) -> Paint:
    """A row of teeth; `height` is measured from the biting edge towards the gum, in D."""
    bounds, depths = _seen_bounds(row)
    away = np.abs(x)
    tooth = np.clip(np.searchsorted(bounds, away, side="right") - 1, 0, len(row.widths) - 1)
    left, right = bounds[tooth], bounds[tooth + 1]
    q = np.clip((away - left) / (right - left) * 2 - 1, -1, 1)
    edge = np.asarray(row.shorter)[tooth] + _EDGE_CURVE * (away / row.arch[0]) ** 2
    edge = edge + row.corner * np.abs(q) ** 5
    gum = row.height - 0.016 * (1 - q * q)
    soft = max(pixel, 0.004)
    cover = _above(height - edge, soft) * (1 - smoothstep(height, gum, gum + 0.02))
    cover = cover * (1 - smoothstep(away, bounds[-2], bounds[-1]))
    gap = np.minimum(away - left, right - away)
    gap = np.where(tooth == 0, np.minimum(right - away, np.abs(x) + 1e-3), gap)
    wide = max(_GAP_WIDTH, 0.6 * pixel)
    line = 1 - _GAP_DARK * (_GAP_WIDTH / wide) ** 0.5 * np.exp(-((gap / wide) ** 2))
    body = 0.90 + 0.10 * (1 - np.abs(q) ** 2.5)
    neck = 1 - 0.22 * smoothstep(height, 0.35 * row.height, row.height)
    tip = 0.93 + 0.07 * smoothstep(height - edge, 0.0, 0.022)
    depth = np.interp(away, bounds, depths)
    far = 1 - 0.72 * smoothstep(depth, 0.02, 0.32)
    return Paint(_f32(line * body * neck * tip * far), _f32(cover))


def _seen_bounds(row: _Row) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the teeth's borders appear from the front, and how deep in the mouth they lie."""
    angle = np.linspace(0, np.pi / 2, 200)
    across, inwards = row.arch[0] * np.sin(angle), row.arch[1] * (1 - np.cos(angle))
    steps = np.hypot(np.diff(across), np.diff(inwards))
    length = np.concatenate([[0.0], np.cumsum(steps)])
    borders = np.concatenate([[0.0], np.cumsum(row.widths)])
    return np.interp(borders, length, across), np.interp(borders, length, inwards)


def _above(values: NDArray[np.floating], soft: float) -> NDArray[np.float64]:
    """0 to 1 as `values` cross zero within +-soft."""
    return np.asarray(np.clip(values / (2 * soft) + 0.5, 0.0, 1.0), np.float64)


def _f32(values: NDArray[np.floating]) -> Plane:
    return np.asarray(values, np.float32)
