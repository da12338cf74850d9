"""Blinks: the upper lid slides down over the eye and hides it."""

from dataclasses import dataclass
from typing import Protocol

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
_SKIN_BLUR, _LASHES = 0.022, 0.022
#: Margin of the patch around an eye's opening: sideways, above, below, in D.
_MARGIN = (0.08, 0.17, 0.06)
#: Share of smoothed skin where the lid stretches most; the rest is its own texture.
_MOST_SMOOTH = 0.88
#: Weight of pixels that are not lid skin in its smoothing: only where there is nothing else.
_OTHER_SKIN = 1e-3
#: Drawn eyes are larger than the landmarks say: how far below these more eye is looked for, where
#: skin is for certain, what is passed over (rims, lashes), and the columns looked at, in D.
_LOWER_MOST, _SKIN_BELOW, _RIM, _COLUMNS = 0.050, 0.075, 0.012, 41
#: Of the columns in the middle of an eye, the percentile that says how much more of it there is.
_USUAL = 60
#: Hue of an eye: its skin tint, as chroma over luma, is less than this share of the skin's; below
#: the second the picture has too little colour to tell.
_EYE_TINT, _LEAST_TINT = 0.55, 0.05
#: How much of the way a closed lid's colour goes from the shaded socket to the skin below the
#: eye, and the most that it goes, in levels.
_OUT_OF_SOCKET, _MOST_LIT = 0.5, 40.0
#: Width of the corners where a lid does not move fully, in D.
_CORNER = 0.020


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

    def close(self, source: Planes, target: Planes, blink: float) -> None:
        """Lays the lid, closed by `blink` (0 to 1), over the eye in `target`."""
        _close(self, source, target, blink)


class ClosingLid(Protocol):
    """A lid that closes over one eye."""

    @property
    def box(self) -> Box:
        """The part of the picture that it may change; even corners."""

    def close(self, source: Planes, target: Planes, blink: float) -> None:
        """Lays the lid, closed by `blink` (0 to 1), over the eye in `target`."""


def lids(axes: FaceAxes, points: NDArray[np.floating], source: Planes) -> tuple[Lid, ...]:
    """Both lids of a face; `points` are its landmarks (468, 2+) in pixels."""
    face = axes.to_face(points[:, :2])
    rings = (
        (topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER, topology.LEFT_BROW_LOWER),
        (topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER, topology.RIGHT_BROW_LOWER),
    )
    eyes = [[face[list(ring)] for ring in eye] for eye in rings]
    below = [_below(axes, lower, source) for _, lower, _ in eyes]
    more = max(more for _, more in below)
    made = (_lid(axes, eye, source, skin, more) for eye, (skin, _) in zip(eyes, below, strict=True))
    return tuple(lid for lid in made if not lid.box.empty)


def close_lids(lids_: tuple[ClosingLid, ...], source: Planes, target: Planes, blink: float) -> None:
    """Writes both eye patches of `source` into `target`, closed by `blink` (0 to 1)."""
    for lid in lids_:
        _restore(lid.box, source, target)
        if blink > 0:
            lid.close(source, target, blink)


def _restore(box: Box, source: Planes, target: Planes) -> None:
    target.y[box.slices] = source.y[box.slices]
    half = box.halved().slices
    target.u[half], target.v[half] = source.u[half], source.v[half]


def _lid(axes: FaceAxes, eye: list[Points], source: Planes, below: Points, more: float) -> Lid:
    upper, lower, brow = eye
    box = _patch(axes, upper, lower, source)
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1]
    u, v = np.moveaxis(axes.to_face(np.stack([x, y], -1)), -1, 0)
    first, last = float(upper[:, 0].min()), float(upper[:, 0].max())
    arch = 1 - np.clip((2 * u - first - last) / (last - first), -1, 1) ** 4
    top = _curve(upper, u)
    height = _curve(lower, u) + more * arch + _OVER - top
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
        smooth=_lit(
            _smoothed(source, box, np.asarray(skin, np.float32), _SKIN_BLUR * axes.unit),
            np.asarray(skin, np.bool_),
            below,
        ),
    )


def _below(axes: FaceAxes, lower: Points, source: Planes) -> tuple[Points, float]:
    """What lies below an eye's landmarks: the skin's Y, U, V, and how much more eye, in D."""
    columns = np.linspace(lower[:, 0].min(), lower[:, 0].max(), _COLUMNS)
    offsets = np.linspace(0, _SKIN_BELOW * 4 / 3, _COLUMNS)
    v = _curve(lower, columns) + offsets[:, None]
    places = axes.to_picture(np.stack([np.broadcast_to(columns, v.shape), v], -1))
    maps = np.asarray(places, np.float32)
    halves = (maps - np.float32(0.5)) * np.float32(0.5)
    pairs = ((source.y, maps), (source.u, halves), (source.v, halves))
    seen = np.stack([read_through(plane, at).astype(np.float64) for plane, at in pairs], -1)
    skin = np.median(seen[offsets > _SKIN_BELOW].reshape(-1, 3), axis=0)
    hue = (skin[1:] - 128) / max(1e-6, float(np.hypot(*(skin[1:] - 128))))
    tint = (seen[..., 1:] - 128) @ hue / np.maximum(seen[..., 0], 16)
    least = float((skin[1:] - 128) @ hue / max(16.0, skin[0]))
    if least < _LEAST_TINT:
        return skin, 0.0
    eye = (tint < _EYE_TINT * least) | (offsets <= _RIM)[:, None]
    eye &= (offsets <= _LOWER_MOST)[:, None]
    more = offsets[np.argmin(eye, axis=0)]
    middle = np.where(more > 1.5 * _RIM, more, 0.0)[_COLUMNS // 4 : -_COLUMNS // 4]
    return skin, float(np.percentile(middle, _USUAL))


def _lit(smooth: Planes, skin: NDArray[np.bool_], below: Points) -> Planes:
    """A closed lid leaves the shade of its socket: smoothed skin, nearer to that below the eye."""
    if not skin.any():
        return smooth
    shade = below[0] - float(np.median(smooth.y[skin]))
    light = float(np.clip(_OUT_OF_SOCKET * shade, 0, _MOST_LIT))
    lit = np.minimum(smooth.y + light, 255)
    return Planes(np.asarray(lit, np.uint8), smooth.u, smooth.v)


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
    return smoothstep(u, first, first + _CORNER) * (1 - smoothstep(u, last - _CORNER, last))


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
