"""The dark line between closed lips, traced in the picture.

Landmarks lie up to .03 D off that line; a lip that kept a strip of the other would show it at
every opening.
"""

import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.puppet.resampling import blurred, read_through

#: Columns across the mouth, and rows searched above and below the landmarks' line.
_COLUMNS, _ROWS = 49, 41
#: How far above and below is searched, in D.
_SEARCH = 0.045
#: Cost of lying one `_SEARCH` off the landmarks, and of one row's step from column to column,
#: where the darkest and the lightest place of a column are 1 apart.
_COST_OFF, _COST_STEP = 0.45, 0.10
#: Fraction of the mouth's width at each corner where the landmarks are followed again.
_CORNER = 0.06


def trace_lip_line(
    luma: NDArray[np.uint8], axes: FaceAxes, across: Points, guess: Points
) -> Points:
    """The v of the darkest smooth line at `across`, near `guess` (both (n,), in D)."""
    u = np.linspace(across[0], across[-1], _COLUMNS)
    start = np.interp(u, across, guess)
    offsets = np.linspace(-_SEARCH, _SEARCH, _ROWS)
    places = np.stack([np.broadcast_to(u, (_ROWS, _COLUMNS)), start + offsets[:, None]], axis=-1)
    maps = np.asarray(axes.to_picture(places), np.float32)
    smooth = blurred(luma, max(0.6, 0.006 * axes.unit))
    seen = read_through(smooth, maps).astype(np.float64)
    low, high = seen.min(0), seen.max(0)
    cost = (seen - low) / np.maximum(high - low, 12.0) + _COST_OFF * (
        offsets[:, None] / _SEARCH
    ) ** 2
    line = offsets[_cheapest_path(cost)]
    ends = np.clip(
        np.minimum(np.arange(_COLUMNS), np.arange(_COLUMNS)[::-1]) / _COLUMNS, 0, _CORNER
    )
    line = _smooth(line) * (ends / _CORNER)
    return np.asarray(np.interp(across, u, start + line), np.float64)


def _cheapest_path(cost: Points) -> NDArray[np.intp]:
    """The row of the cheapest path in every column; a step is at most two rows (Viterbi)."""
    rows, columns = cost.shape
    total = cost[:, 0].copy()
    came = np.zeros((rows, columns), np.intp)
    steps = np.arange(-2, 3)
    for column in range(1, columns):
        before = np.pad(total, 2, constant_values=np.inf)
        choices = np.stack([before[2 + s : 2 + s + rows] + _COST_STEP * abs(s) for s in steps])
        best = choices.argmin(0)
        came[:, column] = np.clip(np.arange(rows) + steps[best], 0, rows - 1)
        total = choices.min(0) + cost[:, column]
    path = np.empty(columns, np.intp)
    path[-1] = int(total.argmin())
    for column in range(columns - 1, 0, -1):
        path[column - 1] = came[path[column], column]
    return path


def _smooth(line: Points) -> Points:
    kernel = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9
    return np.convolve(np.pad(line, 2, mode="edge"), kernel, mode="valid")
