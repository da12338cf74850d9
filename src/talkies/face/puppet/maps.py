"""From coarse fields to pixels: buffers of full-size maps, and the drawing through them."""

import cv2
import numpy as np

from talkies.face.axes import Points
from talkies.face.puppet.fields import Box, Field, Grid
from talkies.face.puppet.resampling import filled, read_through, resized
from talkies.media.yuv import Planes


class Maps:
    """Where every pixel of a grid's box comes from, for luma and for half-size chroma."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._places = np.asarray(grid.points(), np.float32)
        height, width = grid.box.height, grid.box.width
        self._luma = np.empty((height, width, 2), np.float32)
        self._chroma = np.empty((height // 2, width // 2, 2), np.float32)

    def read(self, field: Field) -> None:
        """Takes an inverse field on the grid."""
        sources = self._places + field
        resized(sources, self._grid.box.size, self._luma)
        halves = (sources - np.float32(0.5)) * np.float32(0.5)
        resized(halves, self._grid.box.halved().size, self._chroma)

    def part(self, half: Field, cells: Box, below: Points) -> None:
        """Adds `half`, given on some cells, above a line and takes it away below.

        `below` is the area below the line, a polygon (n, 2) in pixels of the frame.
        """
        step, corner = self._grid.step, self._grid.box
        local = Box(cells.x0 * step, cells.y0 * step, cells.x1 * step, cells.y1 * step)
        side = 1 - 2 * filled(below, (local.x0 + corner.x0, local.y0 + corner.y0), local.size)
        for target, area, scale in (
            (self._luma, local, 1.0),
            (self._chroma, local.halved(), 0.5),
        ):
            sides = side if area is local else resized(side, area.size)
            pushed = resized(half * np.float32(scale), area.size)
            target[area.slices] += cv2.multiply(pushed, cv2.merge([sides, sides]))

    def warp(self, source: Planes, box: Box, frame: Planes, *, sharp: bool = False) -> None:
        """Draws the pixels of `box` (even corners, inside grid and frame) of all planes."""
        local = box.moved(-self._grid.box.x0, -self._grid.box.y0)
        luma = self._luma[local.slices]
        read_through(source.y, luma, cubic=sharp, out=frame.y[box.slices])
        if source.alpha is not None and frame.alpha is not None:
            read_through(source.alpha, luma, out=frame.alpha[box.slices])
        chroma, goal = self._chroma[local.halved().slices], box.halved().slices
        read_through(source.u, chroma, out=frame.u[goal])
        read_through(source.v, chroma, out=frame.v[goal])
