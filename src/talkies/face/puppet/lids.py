"""Blinks: the upper lid slides down over the eye and hides it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.finding import topology
from talkies.face.puppet.fields import Box, smoothstep
from talkies.face.puppet.resampling import blurred, read_through, resized
from talkies.media.yuv import Planes

#: How far the closed lid reaches past the landmarks' lower edge, in D: they lie on the inside.
_OVER = 0.009
#: Height of the lid's edge, with the lashes, that moves as it is, in D.
_RIGID = 0.026
#: Where the skin above begins to stretch: this far above the lid's edge at rest, but below the
#: brow by so much, and never closer to the edge than the third, in D.
_STRETCH_FROM, _BELOW_BROW, _LEAST_SKIN = 0.110, 0.008, 0.040
#: Smoothing of the stretched skin, in D; lashes so near its edge are left out of it.
_SKIN_BLUR, _LASHES = 0.022, 0.014
#: Margin of the patch around an eye's opening: sideways, above, below, in D.
_MARGIN = (0.08, 0.17, 0.06)
#: Share of smoothed skin where the lid stretches most; the rest is its own texture.
_MOST_SMOOTH = 0.88
#: Weight of pixels that are not lid skin in its smoothing: only where there is nothing else.
_OTHER_SKIN = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lid:
    """One eye, in the pixels of `box`. All heights are v in D."""

    box: Box
    #: v at every pixel.
    v: NDArray[np.float32]
    #: Edges of the upper and of the lower lid at every pixel's u; they meet at the corners.
    upper: NDArray[np.float32]
    lower: NDArray[np.float32]
    #: Where the skin above begins to stretch.
    start: NDArray[np.float32]
    #: Picture vector of one D down the face, in pixels.
    down: Points
    #: The patch with smoothed skin: Y, U, V planes.
    smooth: Planes


def lids(axes: FaceAxes, points: NDArray[np.floating], source: Planes) -> tuple[Lid, ...]:
    """Both lids of a face; `points` are its landmarks (468, 2+) in pixels."""
    face = axes.to_face(points[:, :2])
    rings = (
        (topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER, topology.LEFT_BROW_LOWER),
        (topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER, topology.RIGHT_BROW_LOWER),
    )
    made = (
        _lid(axes, face[list(up)], face[list(low)], face[list(brow)], source)
        for up, low, brow in rings
    )
    return tuple(lid for lid in made if not lid.box.empty)


def close_lids(lids_: tuple[Lid, ...], source: Planes, target: Planes, blink: float) -> None:
    """Writes both eye patches of `source` into `target`, closed by `blink` (0 to 1)."""
    for lid in lids_:
        _restore(lid.box, source, target)
        if blink > 0:
            _close(lid, source, target, blink)


def _restore(box: Box, source: Planes, target: Planes) -> None:
    target.y[box.slices] = source.y[box.slices]
    half = box.halved().slices
    target.u[half], target.v[half] = source.u[half], source.v[half]


def _lid(axes: FaceAxes, upper: Points, lower: Points, brow: Points, source: Planes) -> Lid:
    box = _patch(axes, upper, lower, source)
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1]
    u, v = np.moveaxis(axes.to_face(np.stack([x, y], -1)), -1, 0)
    top, height = _curve(upper, u), _curve(lower, u) + _OVER - _curve(upper, u)
    bottom = top + np.maximum(0, height) * _across(u, upper)
    start = np.maximum(top - _STRETCH_FROM, _level(brow, u) + _BELOW_BROW)
    start = np.minimum(start, top - _LEAST_SKIN)
    skin = (v > start) & (v < top - _LASHES)
    return Lid(
        box=box,
        v=np.asarray(v, np.float32),
        upper=np.asarray(top, np.float32),
        lower=np.asarray(bottom, np.float32),
        start=np.asarray(start, np.float32),
        down=axes.turned(np.array([0.0, 1.0])),
        smooth=_smoothed(source, box, np.asarray(skin, np.float32), _SKIN_BLUR * axes.unit),
    )


def _patch(axes: FaceAxes, upper: Points, lower: Points, source: Planes) -> Box:
    """The box of pixels around an eye's opening and the skin above it."""
    side, above, below = _MARGIN
    u0, u1 = upper[:, 0].min() - side, upper[:, 0].max() + side
    v0, v1 = upper[:, 1].min() - above, lower[:, 1].max() + below
    corners = axes.to_picture(np.array([(u, v) for u in (u0, u1) for v in (v0, v1)]))
    height, width = source.y.shape
    return Box.around(corners, 2).within(Box(0, 0, width, height)).even()


def _across(u: Points, ring: Points) -> Points:
    """1 across the eye, 0 at its corners and beyond."""
    first, last = float(ring[:, 0].min()), float(ring[:, 0].max())
    return smoothstep(u, first, first + 0.035) * (1 - smoothstep(u, last - 0.035, last))


def _curve(ring: Points, u: Points) -> Points:
    """The v of a lid's edge at every u: a smooth curve through the ring, level beyond its ends."""
    fit = np.polynomial.Polynomial.fit(ring[:, 0], ring[:, 1], 4)
    return np.asarray(fit(np.clip(u, ring[:, 0].min(), ring[:, 0].max())), np.float64)


def _level(ring: Points, u: Points) -> Points:
    """The v of a brow's lower edge at every u."""
    order = np.argsort(ring[:, 0])
    return np.asarray(np.interp(u, ring[order, 0], ring[order, 1]), np.float64)


def _smoothed(source: Planes, box: Box, skin: NDArray[np.float32], sigma: float) -> Planes:
    """The patch with only the lid's own skin spread over it: no lash, brow or eye in it."""
    half = box.halved()
    planes = [
        _spread(plane[area.slices], resized(skin, area.size), scale * sigma)
        for plane, area, scale in (
            (source.y, box, 1.0),
            (source.u, half, 0.5),
            (source.v, half, 0.5),
        )
    ]
    return Planes(*planes)


def _spread(
    plane: NDArray[np.uint8], weight: NDArray[np.float32], sigma: float
) -> NDArray[np.uint8]:
    weight = weight + np.float32(_OTHER_SKIN)
    values = blurred(plane.astype(np.float32) * weight, sigma) / blurred(weight, sigma)
    return np.asarray(np.clip(np.round(values), 0, 255), np.uint8)


def _close(lid: Lid, source: Planes, target: Planes, blink: float) -> None:
    """Slides one lid: its edge rides rigidly, the skin above stretches and is smoothed."""
    opening = lid.lower - lid.upper
    edge = lid.upper + np.float32(blink) * opening
    hinge = edge - np.float32(_RIGID)
    slope = (lid.upper - np.float32(_RIGID) - lid.start) / (hinge - lid.start)
    stretched = np.where(lid.v < lid.start, lid.v, lid.start + (lid.v - lid.start) * slope)
    origin = np.where(lid.v < hinge, stretched, lid.upper + lid.v - edge)
    pixel = np.float32(1 / float(np.hypot(*lid.down)))
    cover = np.clip((edge - lid.v) / pixel + 0.5, 0, 1) * (opening > 0)
    smooth = smoothstep(lid.v, lid.start, lid.start + _LEAST_SKIN) * (
        1 - smoothstep(lid.v, hinge - 0.014, hinge + 0.010)
    )
    middle = smoothstep(opening / max(1e-6, float(opening.max())), 0.1, 0.9)
    smooth *= _MOST_SMOOTH * min(1.0, 1.4 * blink) * middle
    planes = [np.asarray(a, np.float32) for a in (origin - lid.v, cover, smooth)]
    _draw(lid, (source, target), planes[0], planes[1], planes[2])


def _draw(
    lid: Lid,
    pair: tuple[Planes, Planes],
    delta: NDArray[np.float32],
    cover: NDArray[np.float32],
    skin: NDArray[np.float32],
) -> None:
    """Blends the moved lid into the target's three planes."""
    source, target = pair
    half = lid.box.halved()
    for origin, goal, smooth, box in (
        (source.y, target.y, lid.smooth.y, lid.box),
        (source.u, target.u, lid.smooth.u, half),
        (source.v, target.v, lid.smooth.v, half),
    ):
        scale = box.width / lid.box.width
        move, weight, soft = (resized(a, box.size) for a in (delta, cover, skin))
        field = np.dstack([move * scale * d for d in lid.down]).astype(np.float32)
        moved = [
            read_through(patch, field, relative=True)
            for patch in (np.ascontiguousarray(origin[box.slices]), smooth)
        ]
        lid_skin = moved[0] + (moved[1].astype(np.float32) - moved[0]) * soft
        mixed = goal[box.slices] + (lid_skin - goal[box.slices]) * weight
        goal[box.slices] = np.asarray(mixed + np.float32(0.5), np.uint8)
