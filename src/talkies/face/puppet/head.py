"""Motion of head, shoulders and brows: smooth fields that are still at the picture's edges."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.finding import topology
from talkies.face.puppet.fields import Box, Field, Grid, smoothstep
from talkies.face.puppet.resampling import blurred
from talkies.face.puppet.thin_plate import thin_plate

#: Cells of the grid per D.
_CELLS = 10
#: The neck's pivot below the mouth, in D.
_PIVOT = 1.15
#: Centre of the head above the mouth, in D, and radii where its motion begins to fall and ends.
_CENTRE, _NEAR, _FAR = -0.55, 1.55, 2.6
#: The same without a matte, when the background must move along a little.
_NEAR_UNKNOWN, _FAR_UNKNOWN = 1.05, 2.2
#: Motion fades down the neck between these, in D below the mouth.
_NECK_TOP, _NECK_END = 0.70, 1.55
#: Radii of another's head: still within the first, free from the second on, in its own D.
_OTHER_HEAD = (0.8, 1.5)
#: Width of the stillness at the picture's edges, in D.
_EDGE = 0.35
#: Reach of the person's motion into the background, in D: grown by, blurred by.
_GROW, _BLUR = 0.08, 0.13
#: Depth of the ears before the neck's axis, and of the hair around, in D.
_EAR_DEPTH, _HAIR_DEPTH = 0.28, 0.20
#: Motion of less, in pixels for a whole unit, cannot be seen: heads turn by .1 at most.
_UNSEEN = 0.3
#: Rows of cells drawn together.
_BAND = 7
#: Rise of raised brows, in D; how wide and high the moving patch is.
_BROW_RISE, _BROW_WIDE, _BROW_HIGH = 0.040, 0.20, 0.085


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPose:
    """Head and brows in one frame; terms as in `core.performance`."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    breath: float = 0.0
    brows: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadMotion:
    """Inverse fields of one unit of each motion, on one grid over the picture."""

    grid: Grid
    #: (5, rows, cols, 2) in pixels: yaw, pitch, roll, breath, brows.
    bases: NDArray[np.float32]
    #: Boxes of the picture that together hold all that can move; even corners, none overlap.
    reach: tuple[Box, ...]

    def field(self, pose: HeadPose) -> Field:
        """The inverse field of a pose on `grid`."""
        amounts = (pose.yaw, pose.pitch, pose.roll, pose.breath, pose.brows)
        return np.tensordot(np.array(amounts, np.float32), self.bases, axes=1)


def head_motion(
    axes: FaceAxes,
    points: NDArray[np.floating],
    size: tuple[int, int],
    matte: NDArray[np.float32] | None,
    others: Sequence[NDArray[np.floating]] = (),
) -> HeadMotion:
    """Motion for a face in a picture of `size` (width, height).

    `points` are the landmarks (468, 3) in pixels; `matte` (height, width) is 1 on the person;
    `others` are the landmarks of faces that stay still.
    """
    picture = Box(0, 0, *size)
    grid = Grid.over(picture, max(4, int(axes.unit / _CELLS)))
    places = grid.points()
    face = axes.to_face(places)
    edge = _edge_stillness(places, size, axes.unit) * _stillness_of(others, places)
    person = _person(grid, face, axes.unit, matte)
    head = person * edge * (1 - smoothstep(face[..., 1], _NECK_TOP, _NECK_END))
    depth = _depth(axes, points, face) * head
    chest = person * edge * smoothstep(face[..., 1], 0.8, 1.6)
    chest *= 1 - smoothstep(np.abs(face[..., 0]), 1.4, 2.8)
    none = np.zeros_like(head)
    motions = (
        (depth, none),
        (none, depth),
        (-(face[..., 1] - _PIVOT) * head, face[..., 0] * head),
        (none, -chest),
        (none, _brow_rise(axes.to_face(points[:, :2]), face) * edge),
    )
    bases = np.stack([-axes.turned(np.stack(m, -1)) for m in motions]).astype(np.float32)
    cells = _moving_cells(bases)
    moving = grid.part(cells)
    return HeadMotion(
        grid=moving,
        bases=np.ascontiguousarray(bases[:, cells.y0 : cells.y1, cells.x0 : cells.x1]),
        reach=_bands(moving, bases[:, cells.y0 : cells.y1, cells.x0 : cells.x1], picture),
    )


def _bands(grid: Grid, bases: NDArray[np.float32], picture: Box) -> tuple[Box, ...]:
    """Bands of a few rows of cells, each as wide as what moves in it: a person is no rectangle."""
    moving = np.abs(bases).max((0, 3)) > _UNSEEN
    inner = grid.inner.within(picture)
    boxes = []
    for top in range(0, moving.shape[0], _BAND):
        cols = np.flatnonzero(moving[top : top + _BAND].any(0))
        if len(cols):
            cells = Box(int(cols[0]) - 1, top, int(cols[-1]) + 2, top + _BAND)
            boxes.append(grid.part(cells).box.within(inner).even())
    return tuple(box for box in boxes if not box.empty)


def _moving_cells(bases: NDArray[np.float32]) -> Box:
    """The cells that can move, with two rings of still ones where the grid has them."""
    moving = np.abs(bases).max((0, 3)) > _UNSEEN
    rows, cols = np.flatnonzero(moving.any(1)), np.flatnonzero(moving.any(0))
    if not len(rows):
        return Box(0, 0, 2, 2)
    box = Box(int(cols[0]) - 2, int(rows[0]) - 2, int(cols[-1]) + 3, int(rows[-1]) + 3)
    return box.within(Box(0, 0, moving.shape[1], moving.shape[0]))


def _edge_stillness(places: Points, size: tuple[int, int], unit: float) -> Points:
    """0 at the picture's edges, 1 well inside."""
    width, height = size
    x, y = places[..., 0], places[..., 1]
    nearest = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    margin = min(_EDGE * unit, 0.12 * min(size))
    return smoothstep(nearest, 0.0, margin)


def _stillness_of(others: Sequence[NDArray[np.floating]], places: Points) -> Points:
    """0 on the heads of others, 1 well away from them."""
    still = np.ones(places.shape[:-1])
    for points in others:
        axes = FaceAxes.of(points)
        face = axes.to_face(places)
        away = np.hypot(face[..., 0], (face[..., 1] - _CENTRE) / 1.25)
        still *= smoothstep(away, *_OTHER_HEAD)
    return still


def _person(grid: Grid, face: Points, unit: float, matte: NDArray[np.float32] | None) -> Points:
    """Share of the head's motion that each place takes: 1 on the person, 0 in the background."""
    from_head = np.hypot(face[..., 0] / 1.0, (face[..., 1] - _CENTRE) / 1.15)
    if matte is None:
        return 1 - smoothstep(from_head, _NEAR_UNKNOWN, _FAR_UNKNOWN)
    near = 1 - smoothstep(from_head, _NEAR, _FAR)
    cells = _matte_cells(grid, matte)
    size = 2 * max(1, round(_GROW * unit / grid.step)) + 1
    grown = cv2.dilate(cells, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    soft = blurred(np.asarray(grown, np.float32), max(0.6, _BLUR * unit / grid.step))
    core = 1 - smoothstep(np.hypot(face[..., 0], (face[..., 1] - _CENTRE) / 1.2), 0.62, 1.0)
    return np.asarray(np.maximum(soft, core) * near, np.float64)


def _matte_cells(grid: Grid, matte: NDArray[np.float32]) -> NDArray[np.float32]:
    box, step = grid.box, grid.step
    height, width = matte.shape
    extra = ((-box.y0, box.y1 - height), (-box.x0, box.x1 - width))
    padded = np.pad(matte, extra, mode="edge")
    rows, cols = grid.shape
    return np.asarray(padded.reshape(rows, step, cols, step).mean((1, 3)), np.float32)


def _depth(axes: FaceAxes, points: NDArray[np.floating], face: Points) -> Points:
    """Depth before the neck's axis in D: the landmarks' own, and the hair's around them."""
    flat = axes.to_face(points[:, :2])
    chosen = sorted(
        {*topology.OVAL[::2], *topology.NOSE_BRIDGE[::2], *topology.CHEEKS, 61, 291, 0, 17, 159}
        | {386, 105, 334, 98, 327, 9, 33, 263}
    )
    ears = float(points[[234, 454], 2].mean())
    depth = _EAR_DEPTH + (ears - points[chosen, 2]) / axes.unit
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = np.stack([1.15 * np.cos(angles), _CENTRE + 1.45 * np.sin(angles)], -1)
    controls = np.concatenate([flat[chosen], ring])
    values = np.concatenate([depth, np.full(len(ring), _HAIR_DEPTH)])
    outside = np.hypot(face[..., 0] / 1.15, (face[..., 1] - _CENTRE) / 1.45)
    spread = (thin_plate(controls, face.reshape(-1, 2)) @ values).reshape(outside.shape)
    hair = smoothstep(outside, 0.75, 1.0)
    mixed = np.clip(spread, 0.1, 1.2) * (1 - hair) + _HAIR_DEPTH * hair
    return np.asarray(mixed, np.float64)


def _brow_rise(flat: Points, face: Points) -> Points:
    """Upward motion of the brows (negative v), still at the eyes below them."""
    rise = np.zeros(face.shape[:-1])
    for brow, lid in (
        (topology.LEFT_BROW_LOWER, topology.LEFT_EYE_UPPER),
        (topology.RIGHT_BROW_LOWER, topology.RIGHT_EYE_UPPER),
    ):
        middle = flat[list(brow)].mean(0)
        eye = float(flat[list(lid), 1].min())
        wide = np.exp(-(((face[..., 0] - middle[0]) / _BROW_WIDE) ** 2))
        high = np.exp(-(((face[..., 1] - middle[1] + 0.02) / _BROW_HIGH) ** 2))
        rise = np.maximum(rise, wide * high * (1 - smoothstep(face[..., 1], eye - 0.07, eye)))
    return -_BROW_RISE * rise
