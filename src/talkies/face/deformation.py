"""The skin around the mouth: how lips, jaw and cheeks carry the picture with them.

Two smooth layers, one that follows the upper lip and one that follows the lower, part along the
lip line. Each is a thin-plate spline from control points (the lips' lines and anchors on the
face) to a coarse grid, solved once per portrait, so that a frame costs one matrix product.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.face import topology
from talkies.face.axes import FaceAxes, Points
from talkies.face.fields import Field, Grid, inverted, smoothstep
from talkies.face.lips import KNOTS, LipRest, MouthShape, resting_lines, shaped_lines
from talkies.face.thin_plate import thin_plate

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
#: Press lifts the chin, pucker too, in D.
_CHIN_LIFT_PRESS, _CHIN_LIFT_PUCKER = 0.008, 0.010
#: Shares of the corners' width beyond the middle within which the two layers part fully, and
#: beyond which they are one.
_PARTED, PARTING_REACH = 0.98, 1.45


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Control points off the lips, and how much each follows the jaw (down) and the cheeks."""

    points: Points
    #: Displacement for one D of the jaw's fall, (n, 2).
    jaw: Points
    #: Displacement for one D of the chin's lift, (n, 2).
    chin: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthLayers:
    """Inverse fields in pixels: `mean + half` above the lip line, `mean - half` below it."""

    mean: Field
    half: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthDeformer:
    """Turns mouth shapes of one portrait into fields on one grid."""

    axes: FaceAxes
    grid: Grid
    rest: LipRest
    anchors: Anchors
    #: Rows of the flattened grid that can move.
    active: NDArray[np.intp]
    #: Splines (active, controls) of the two layers.
    upper: NDArray[np.float32]
    lower: NDArray[np.float32]
    #: Face coordinates of the grid, (rows, cols, 2).
    where: Points

    def layers(self, shape: MouthShape) -> MouthLayers:
        """The two layers of one frame."""
        moved = shaped_lines(self.rest, shape).minus(resting_lines(self.rest))
        fall = float(np.interp(0.0, KNOTS, moved.lower_inner[:, 1]))
        around = anchor_motion(self.anchors, fall, shape)
        shared = np.concatenate([moved.corners(), around])
        upper = self._inverse(self.upper, np.concatenate([moved.upper(), shared]))
        lower = self._inverse(self.lower, np.concatenate([moved.lower(), shared]))
        parted = self._parted(shape)[..., None]
        return MouthLayers(mean=(upper + lower) * 0.5, half=(upper - lower) * (0.5 * parted))

    def _inverse(self, spline: NDArray[np.float32], motion: Points) -> Field:
        pixels = np.asarray(self.axes.turned(motion), np.float32)
        forward = np.zeros((self.grid.shape[0] * self.grid.shape[1], 2), np.float32)
        forward[self.active] = spline @ pixels
        return inverted(forward.reshape(*self.grid.shape, 2), self.grid.step)

    def _parted(self, shape: MouthShape) -> NDArray[np.float32]:
        """How far the layers part at each sample: not at all beyond the corners."""
        corners = shaped_lines(self.rest, shape).corners()
        half = np.where(
            self.where[..., 0] < self.rest.middle,
            self.rest.middle - corners[0, 0],
            corners[1, 0] - self.rest.middle,
        )
        away = np.abs(self.where[..., 0] - self.rest.middle) / half
        return np.asarray(1 - smoothstep(away, _PARTED, PARTING_REACH), np.float32)


def mouth_deformer(axes: FaceAxes, grid: Grid, rest: LipRest, face_points: Points) -> MouthDeformer:
    """Solves both splines of a portrait; `face_points` are its landmarks (468, 2) in D."""
    anchors = face_anchors(face_points)
    where = axes.to_face(grid.points())
    flat = where.reshape(-1, 2)
    fade = _edge_fade(flat)
    active = np.flatnonzero(fade > 0)
    lines = resting_lines(rest)
    shared = np.concatenate([lines.corners(), anchors.points])

    def spline(lip: Points) -> NDArray[np.float32]:
        matrix = thin_plate(_apart(np.concatenate([lip, shared])), flat[active])
        return matrix * np.asarray(fade[active, None], np.float32)

    return MouthDeformer(
        axes=axes,
        grid=grid,
        rest=rest,
        anchors=anchors,
        active=active,
        upper=spline(lines.upper()),
        lower=spline(lines.lower()),
        where=where,
    )


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


def anchor_motion(anchors: Anchors, fall: float, shape: MouthShape) -> Points:
    """Displacement of the anchors, (n, 2) in D, for a lower lip that falls by `fall`."""
    lift = _CHIN_LIFT_PRESS * shape.press + _CHIN_LIFT_PUCKER * shape.pucker
    return anchors.jaw * fall + anchors.chin * lift


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
