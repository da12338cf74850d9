"""Blinks: the upper lid slides down over the eye and hides it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.face import topology
from talkies.face.axes import FaceAxes, Points
from talkies.face.fields import Box, smoothstep
from talkies.face.resampling import blurred, read_through, resized
from talkies.media.yuv import Planes

#: Share of the eye's opening that a full blink covers; lashes hide the rest.
_FULL = 0.94
#: Height of the lid's edge, with the lashes, that moves as it is, in D.
_RIGID = 0.030
#: Where the skin above begins to stretch, above the lid's edge at rest, in D.
_STRETCH_FROM = 0.110
#: Smoothing of the stretched skin, in D.
_SKIN_BLUR = 0.020
#: Margin of the patch around an eye's opening: sideways, above, below, in D.
_MARGIN = (0.08, 0.17, 0.06)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lid:
    """One eye, in the pixels of `box`. All heights are v in D."""

    box: Box
    #: v at every pixel.
    v: NDArray[np.float32]
    #: Edges of the upper and of the lower lid at every pixel's u.
    upper: NDArray[np.float32]
    lower: NDArray[np.float32]
    #: 1 across the eye, fading to 0 at its corners.
    across: NDArray[np.float32]
    #: Picture vector of one D down the face, in pixels.
    down: Points
    #: The patch with smoothed skin: Y, U, V planes.
    smooth: Planes


def lids(axes: FaceAxes, points: NDArray[np.floating], source: Planes) -> tuple[Lid, ...]:
    """Both lids of a face; `points` are its landmarks (468, 2+) in pixels."""
    face = axes.to_face(points[:, :2])
    rings = (
        (topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER),
        (topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER),
    )
    made = (_lid(axes, face[list(up)], face[list(low)], source) for up, low in rings)
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


def _lid(axes: FaceAxes, upper: Points, lower: Points, source: Planes) -> Lid:
    side, above, below = _MARGIN
    u0, u1 = upper[:, 0].min() - side, upper[:, 0].max() + side
    v0, v1 = upper[:, 1].min() - above, lower[:, 1].max() + below
    corners = axes.to_picture(np.array([(u, v) for u in (u0, u1) for v in (v0, v1)]))
    height, width = source.y.shape
    box = Box.around(corners, 2).within(Box(0, 0, width, height)).even()
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1]
    face = axes.to_face(np.stack([x, y], -1))
    u = face[..., 0]
    ends = (float(upper[:, 0].min()), float(upper[:, 0].max()))
    across = smoothstep(u, ends[0] - 0.004, ends[0] + 0.03)
    across = across * (1 - smoothstep(u, ends[1] - 0.03, ends[1] + 0.004))
    top = _curve(upper, u)
    return Lid(
        box=box,
        v=np.asarray(face[..., 1], np.float32),
        upper=top,
        lower=np.maximum(top, _curve(lower, u)),
        across=np.asarray(across, np.float32),
        down=axes.turned(np.array([0.0, 1.0])),
        smooth=_smoothed(source, box, _SKIN_BLUR * axes.unit),
    )


def _curve(ring: Points, u: Points) -> NDArray[np.float32]:
    """The v of a lid's edge at every u: a cubic through the ring, level beyond its ends."""
    order = np.argsort(ring[:, 0])
    line = ring[order]
    fit = np.polynomial.Polynomial.fit(line[:, 0], line[:, 1], 4)
    inside = np.clip(u, line[0, 0], line[-1, 0])
    return np.asarray(fit(inside), np.float32)


def _smoothed(source: Planes, box: Box, sigma: float) -> Planes:
    half = box.halved().slices
    return Planes(
        blurred(source.y[box.slices], sigma),
        blurred(source.u[half], sigma / 2),
        blurred(source.v[half], sigma / 2),
    )


def _close(lid: Lid, source: Planes, target: Planes, blink: float) -> None:
    """Slides one lid: its edge rides rigidly, the skin above stretches and is smoothed."""
    edge = lid.upper + np.float32(_FULL * blink) * (lid.lower - lid.upper)
    start = lid.upper - np.float32(_STRETCH_FROM)
    hinge = edge - np.float32(_RIGID)
    slope = (lid.upper - np.float32(_RIGID) - start) / (hinge - start)
    stretched = np.where(lid.v < start, lid.v, start + (lid.v - start) * slope)
    origin = np.where(lid.v < hinge, stretched, lid.upper + lid.v - edge)
    pixel = np.float32(1 / float(np.hypot(*lid.down)))
    cover = np.clip((edge - lid.v) / pixel + 0.5, 0, 1) * lid.across
    skin = smoothstep(lid.v, start, start + 0.03) * (
        1 - smoothstep(lid.v, hinge - 0.012, hinge + 0.006)
    )
    planes = [
        np.asarray(a, np.float32) for a in (origin - lid.v, cover, skin * min(1, 1.5 * blink))
    ]
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
