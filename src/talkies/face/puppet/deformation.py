"""The skin around the mouth: how lips, jaw and cheeks carry the picture with them.

Two smooth layers, one that follows the upper lip and one that follows the lower, part along the
lip line. Each is a thin-plate spline from control points (the lips' lines and anchors on the
face) to a coarse grid, solved once per portrait, so that a frame costs one matrix product.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.finding import topology
from talkies.face.puppet.fields import Box, Field, Grid, inverted, smoothstep
from talkies.face.puppet.lips import KNOTS, LipLines, LipRest, resting_lines, shaped_lines
from talkies.face.puppet.mouth_shape import MouthShape
from talkies.face.puppet.thin_plate import thin_plate

#: Landmarks that bone or the nose hold still.
_STILL = (
    *topology.NOSE_BASE,
    *topology.NOSE_WINGS,
    *(1, 4, 5, 19, 94, 64, 294, 48, 278, 195),
    *(50, 280, 101, 330, 117, 346, 123, 352, 147, 376),
    *(234, 454, 93, 323, 132, 361, 230, 450),
)
#: Landmarks that follow the jaw, with the share of the lower lip's fall that they take.
_JAW_FOLLOW = {
    152: 0.80, 148: 0.80, 377: 0.80, 176: 0.76, 400: 0.76, 149: 0.68, 378: 0.68,
    150: 0.54, 379: 0.54, 136: 0.38, 365: 0.38, 172: 0.20, 397: 0.20, 58: 0.05, 288: 0.05,
    199: 0.84, 200: 0.86, 201: 0.84, 421: 0.84, 208: 0.80, 428: 0.80, 18: 0.92,
    32: 0.76, 262: 0.76, 211: 0.66, 431: 0.66, 210: 0.50, 430: 0.50, 214: 0.22, 434: 0.22,
}  # fmt: skip
#: How far outside the jaw's outline, and below the chin, everything is still again, in D.
_OUTSIDE, _BELOW_CHIN = 0.26, 0.46
#: The jaw's outline between its corners.
_OUTLINE = (58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288)
#: Region that may move, in D: half its width, its top and its bottom.
_REACH, _TOP, _BOTTOM = 1.0, -0.42, 1.15
#: Width of the fade to stillness at that region's edge, in D.
_FADE = 0.18
#: Press lifts the chin, pucker too, and a frown, in D.
_CHIN_LIFT_PRESS, _CHIN_LIFT_PUCKER, _CHIN_LIFT_FROWN = 0.008, 0.010, 0.012
#: Shares of the corners' width beyond the middle within which the two layers part fully, and
#: beyond which they are one.
_PARTED, _JOINED = 0.98, 1.45
#: The part of the face in which the layers may part, in D; widest spread of a mouth.
_LIP_TOP, _LIP_BOTTOM, _WIDEST = -0.30, 0.55, 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Control points off the lips, and how much each follows the jaw (down) and the cheeks."""

    points: Points
    #: Displacement for one D of the jaw's fall, (n, 2).
    jaw: Points
    #: Displacement for one D of the chin's lift, (n, 2).
    chin: Points


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MouthLayers:
    """Inverse fields in pixels: `mean + half` above the lip line, `mean - half` below it.

    `mean` is on the whole grid, `half` on the cells of `MouthDeformer.parting`.
    """

    mean: Field
    half: Field


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """One of the two splines, at the samples that can move."""

    #: (samples, lip points and corners): how the lip's points move the samples.
    lip: NDArray[np.float32]
    #: (samples, 2): motion in D for one D of the jaw's fall, and of the chin's lift.
    jaw: NDArray[np.float32]
    chin: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MouthDeformer:
    """Turns mouth shapes of one portrait into fields on one grid."""

    axes: FaceAxes
    grid: Grid
    rest: LipRest
    resting: LipLines
    #: Rows of the flattened grid that can move.
    active: NDArray[np.intp]
    upper: Layer
    lower: Layer
    #: Cells of the grid within which the layers part, and their u from the mouth's middle.
    parting: Box
    across: NDArray[np.float32]

    def layers(self, shape: MouthShape) -> MouthLayers:
        """The two layers of one frame."""
        lines = shaped_lines(self.rest, shape)
        moved = lines.minus(self.resting)
        fall = float(np.interp(0.0, KNOTS, moved.lower_inner[:, 1]))
        amounts = (fall, chin_lift(shape))
        corners = moved.corners()
        upper = self._inverse(self.upper, np.concatenate([moved.upper(), corners]), amounts)
        lower = self._inverse(self.lower, np.concatenate([moved.lower(), corners]), amounts)
        cells = self.parting.slices
        apart = (upper[cells] - lower[cells]) * (self._parted(lines.corners())[..., None] * 0.5)
        return MouthLayers(mean=(upper + lower) * np.float32(0.5), half=apart)

    def _inverse(self, layer: Layer, motion: Points, amounts: tuple[float, float]) -> Field:
        fall, lift = (np.float32(amount) for amount in amounts)
        spread = layer.lip @ motion.astype(np.float32) + layer.jaw * fall + layer.chin * lift
        forward = np.zeros((self.grid.shape[0] * self.grid.shape[1], 2), np.float32)
        turn = self.axes.turned(np.eye(2)).astype(np.float32)
        forward[self.active] = spread @ turn
        return inverted(forward.reshape(*self.grid.shape, 2), self.grid.step)

    def _parted(self, corners: Points) -> NDArray[np.float32]:
        """How far the layers part in the cells of `parting`: not at all beyond the corners."""
        left, right = np.abs(corners[:, 0] - self.rest.middle)
        away = np.abs(self.across) / np.where(self.across < 0, np.float32(left), np.float32(right))
        return np.asarray(1 - smoothstep(away, _PARTED, _JOINED), np.float32)


def mouth_deformer(axes: FaceAxes, grid: Grid, rest: LipRest, face_points: Points) -> MouthDeformer:
    """Solves both splines of a portrait; `face_points` are its landmarks (468, 2) in D."""
    anchors = face_anchors(face_points)
    where = axes.to_face(grid.points())
    flat = where.reshape(-1, 2)
    fade = _edge_fade(flat)
    active = np.flatnonzero(fade > 0)
    lines = resting_lines(rest)

    def layer(lip: Points) -> Layer:
        controls = np.concatenate([lip, lines.corners(), anchors.points])
        spline = thin_plate(_apart(controls), flat[active]) * np.float32(fade[active, None])
        own, around = np.split(spline, [len(lip) + 2], axis=1)
        return Layer(
            lip=np.ascontiguousarray(own),
            jaw=np.asarray(around @ anchors.jaw, np.float32),
            chin=np.asarray(around @ anchors.chin, np.float32),
        )

    parting = _parting_cells(axes, grid, rest)
    return MouthDeformer(
        axes=axes,
        grid=grid,
        rest=rest,
        resting=lines,
        active=active,
        upper=layer(lines.upper()),
        lower=layer(lines.lower()),
        parting=parting,
        across=np.asarray(where[parting.slices][..., 0] - rest.middle, np.float32),
    )


def _parting_cells(axes: FaceAxes, grid: Grid, rest: LipRest) -> Box:
    """The cells of the grid around the parting lips, without its outermost ring."""
    half = _JOINED * max(rest.halves) * (1 + _WIDEST) + abs(rest.middle)
    corners = np.array([(u, v) for u in (-half, half) for v in (_LIP_TOP, _LIP_BOTTOM)])
    cells = grid.cells(axes.to_picture(corners))
    rows, cols = grid.shape
    return Box.around(cells).within(Box(1, 1, cols - 1, rows - 1))


def face_anchors(face_points: Points) -> Anchors:
    """Still and following points of a face, with a still border well outside the jaw."""
    still = face_points[list(_STILL)]
    following = face_points[list(_JAW_FOLLOW)]
    shares = np.array(list(_JAW_FOLLOW.values()))
    border = np.concatenate([_around_jaw(face_points), _frame()])
    points = np.concatenate([following, still, border])
    jaw = np.zeros_like(points)
    jaw[: len(shares), 1] = shares
    jaw[: len(shares), 0] = -0.10 * following[:, 0] * shares
    chin = np.zeros_like(points)
    chin[: len(shares), 1] = -np.clip((shares - 0.7) / 0.15, 0, 1)
    return Anchors(points=points, jaw=jaw, chin=chin)


def chin_lift(shape: MouthShape) -> float:
    """How far pressing or pushing out the lips, or a frown, lifts the chin, in D."""
    frown = max(0.0, -shape.smile)
    lips = _CHIN_LIFT_PRESS * shape.press + _CHIN_LIFT_PUCKER * shape.pucker
    return lips + _CHIN_LIFT_FROWN * frown


def _around_jaw(face_points: Points) -> Points:
    """Still points outside the jaw's outline: to the sides of it, further below the chin."""
    outline = face_points[list(_OUTLINE)]
    centre = np.array([outline[:, 0].mean(), 0.0])
    away = outline - centre
    away /= np.hypot(*away.T)[:, None]
    distance = _OUTSIDE + (_BELOW_CHIN - _OUTSIDE) * np.clip(away[:, 1], 0, 1) ** 2
    return np.asarray(outline + away * distance[:, None], np.float64)


def _frame() -> Points:
    """Still points on the edge of the region that may move."""
    x = np.linspace(-_REACH, _REACH, 7) * 1.08
    y = np.linspace(_TOP, _BOTTOM, 6)[1:-1]
    top = np.stack([x, np.full_like(x, _TOP - 0.06)], -1)
    bottom = np.stack([x, np.full_like(x, _BOTTOM + 0.06)], -1)
    sides = [np.stack([np.full_like(y, side), y], -1) for side in (x[0], x[-1])]
    return np.concatenate([top, bottom, *sides])


def _edge_fade(points: Points) -> Points:
    u, v = np.abs(points[:, 0]), points[:, 1]
    across = 1 - smoothstep(u, _REACH - _FADE, _REACH)
    above = smoothstep(v, _TOP, _TOP + _FADE)
    below = 1 - smoothstep(v, _BOTTOM - _FADE, _BOTTOM)
    return np.minimum(across, np.minimum(above, below))


def _apart(points: Points) -> Points:
    """Points with a hair's shift each, so that none coincide (closed lips, corners)."""
    index = np.arange(len(points))
    hair = 1e-4 * np.stack([np.sin(index * 1.7), np.cos(index * 2.3)], -1)
    return np.asarray(points + hair, np.float64)
