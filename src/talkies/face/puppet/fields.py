"""Displacement fields on coarse grids: made cheaply, composed, inverted, then read per pixel.

A field is float32 (rows, cols, 2): x and y in pixels of the picture. An *inverse* field says
where a pixel of the finished frame comes from: source = pixel + field(pixel).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.face.puppet.resampling import read_through

Field = NDArray[np.float32]

#: Fixed-point passes of an inversion; the error shrinks by the field's slope (< .5) each time.
_INVERSION_PASSES = 4


@dataclass(frozen=True, slots=True)
class Box:
    """Half-open rectangle of pixels [x0, x1) x [y0, y1)."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def around(cls, points: NDArray[np.floating], margin: float = 0.0) -> "Box":
        """The smallest box with all points (n, 2) and `margin` pixels more on each side."""
        low = np.floor(points.min(0) - margin)
        high = np.ceil(points.max(0) + margin) + 1
        return cls(int(low[0]), int(low[1]), int(high[0]), int(high[1]))

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), as cv2 wants it."""
        return self.width, self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def within(self, other: "Box") -> "Box":
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        return Box(x0, y0, max(x0, min(self.x1, other.x1)), max(y0, min(self.y1, other.y1)))

    def moved(self, x: int, y: int) -> "Box":
        return Box(self.x0 + x, self.y0 + y, self.x1 + x, self.y1 + y)

    def even(self) -> "Box":
        """The largest box inside with even corners, so that half-size planes line up."""
        return Box(self.x0 + self.x0 % 2, self.y0 + self.y0 % 2, self.x1 & ~1, self.y1 & ~1)

    def halved(self) -> "Box":
        """The same rectangle on a plane of half the size; corners must be even."""
        return Box(self.x0 // 2, self.y0 // 2, self.x1 // 2, self.y1 // 2)


@dataclass(frozen=True, slots=True)
class Grid:
    """Sample points in the middle of square cells of `step` pixels.

    One ring of cells more than asked for lies around the inner box, so that values interpolate
    exactly up to its edge. The grid may reach past the picture; its corners are even.
    """

    #: All cells.
    box: Box
    step: int

    @classmethod
    def over(cls, box: Box, step: int) -> "Grid":
        """The smallest grid around `box`; an odd step is rounded up to line up half planes."""
        step = max(2, step + step % 2)
        x0, y0 = (box.x0 & ~1) - step, (box.y0 & ~1) - step
        cols, rows = math.ceil((box.x1 - x0) / step) + 1, math.ceil((box.y1 - y0) / step) + 1
        return cls(Box(x0, y0, x0 + cols * step, y0 + rows * step), step)

    @property
    def shape(self) -> tuple[int, int]:
        return self.box.height // self.step, self.box.width // self.step

    @property
    def inner(self) -> Box:
        """The box inside the outermost ring of cells."""
        box, step = self.box, self.step
        return Box(box.x0 + step, box.y0 + step, box.x1 - step, box.y1 - step)

    def part(self, cells: Box) -> "Grid":
        """The grid of some of its cells (columns and rows)."""
        x, y, step = self.box.x0, self.box.y0, self.step
        corner = Box(cells.x0 * step, cells.y0 * step, cells.x1 * step, cells.y1 * step)
        return Grid(corner.moved(x, y), step)

    def points(self) -> NDArray[np.float64]:
        """Sample points (rows, cols, 2) in pixels of the picture."""
        rows, cols = self.shape
        middle = (self.step - 1) / 2
        x = self.box.x0 + np.arange(cols) * self.step + middle
        y = self.box.y0 + np.arange(rows) * self.step + middle
        return np.stack(np.meshgrid(x, y), -1)

    def cells(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """Fractional cells (column, row) at points (..., 2) in pixels, as maps for cv2."""
        corner = np.array([self.box.x0, self.box.y0]) + (self.step - 1) / 2
        return np.asarray((points - corner) / self.step, np.float32)

    def sample(self, values: NDArray[np.float32], points: NDArray[np.floating]) -> Field:
        """Values at points (n, 2) in pixels, bilinear, repeated past the grid's edge."""
        read = read_through(values, self.cells(points).reshape(-1, 1, 2))
        return read.reshape(len(points), -1)


def shifted(field: Field, by: Field, step: int) -> Field:
    """`field` read at pixel + by(pixel); both on the same grid of `step` pixels."""
    return read_through(field, by * np.float32(1 / step), relative=True)


def inverted(forward: Field, step: int) -> Field:
    """The inverse field of a forward field (where a pixel of the source goes), by fixed point."""
    inverse: Field = -forward
    for _ in range(_INVERSION_PASSES):
        inverse = -shifted(forward, inverse, step)
    return inverse


def after(first: Field, then: Field, step: int) -> Field:
    """The inverse field of moving by `first`, then by `then` (both inverse fields, one grid)."""
    return then + shifted(first, then, step)


def smoothstep(
    values: NDArray[np.floating],
    low: float | NDArray[np.floating],
    high: float | NDArray[np.floating],
) -> NDArray[np.float64]:
    """0 below `low`, 1 above `high`, a smooth cubic between."""
    x = np.clip((values - low) / (np.asarray(high) - low), 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x), np.float64)
