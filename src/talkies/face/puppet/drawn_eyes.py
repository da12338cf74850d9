"""Eyes that are drawn larger than people's: where they are, by their colours.

The landmark network puts an eye of human size into a drawn one. What is not skin about that place
is the eye, with its lashes: the upper band of it is what a lid brings down.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.finding import topology
from talkies.face.puppet.fields import Box
from talkies.face.puppet.light import flatness
from talkies.face.puppet.resampling import blurred, resized

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

#: The window around an eye's landmarks: to the sides, below them, and below the brow, in D.
_ASIDE, _UNDER, _BELOW_BROW = 0.17, 0.22, 0.030
#: Where skin is for certain, below an eye, in D below its middle.
_SKIN = (0.17, 0.24)
#: Colour distance (CIE Lab, lightness halved) from the skin that is not skin.
_OTHER, _LIGHTNESS = 13.0, 0.6
#: Reach by which small gaps are closed, thin lines left out, and lashes found again, in D.
_CLOSE, _OPEN, _LASHES = 0.010, 0.016, 0.060
#: Areas of a drawn eye over the landmarks' own: below, the landmarks are right; above, it is hair.
_LARGER, _LARGEST = 1.25, 9.0
#: Least flatness of a face that is drawn: measured at most .64 on 25 photographs and paintings,
#: .77 on the sample character.
_FLAT = 0.70
#: Least part of an eye that has the colour of lashes.
_LEAST_INK = 0.02
#: D in pixels below which eyes are looked at enlarged.
_LEAST_UNIT = 150.0
#: How far around the mesh of a face is looked at, in D.
_AROUND = 0.4
#: Share of a small pixel that makes it eye or ink.
_SHARE = 0.3
#: Columns of an eye that make a curve.
_LEAST_COLUMNS = 8
#: How much larger than the other one an eye may be.
_UNLIKE = 1.7
#: Lashes are at most so light, as a share of the skin's lightness, and at most so far from the
#: colour at the eye's upper edge, which is looked at between these depths, in D (CIE Lab).
_DARK, _INK, _UPPER_EDGE = 0.55, 15.0, (0.006, 0.018)
#: The band's height in one column is at most this multiple of the usual height, and this, in D.
_USUAL_BAND, _HIGHEST_BAND = 1.35, 0.085
#: Reach over which edges are smoothed, in D.
_SMOOTH = 0.018
#: Columns left out at each corner when the edges are smoothed, as a share.
_CORNER = 0.06
#: Columns at each corner, likewise, where lashes may reach further down than their band, and how
#: much further, in D.
_ENDS, _ROOM = 0.25, 0.10

_SIDES = (
    (topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER, topology.LEFT_BROW_LOWER),
    (topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER, topology.RIGHT_BROW_LOWER),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnEye:
    """One eye in the pixels of `box`, whose corners are even. Levelled faces only need rows."""

    box: Box
    #: The whole eye with its lashes.
    whole: Mask
    #: Cover, 0 to 1, of the band of lashes at its upper edge.
    lashes: NDArray[np.float32]
    #: What is lash for certain, and what is skin.
    ink: Mask
    skin: Mask
    #: Rows of the band's lower edge and of the eye's lower edge at every column.
    top: NDArray[np.float32]
    bottom: NDArray[np.float32]


def drawn_eyes(
    axes: FaceAxes, points: NDArray[np.floating], pixels: Pixels
) -> tuple[DrawnEye, DrawnEye] | None:
    """Both eyes of a drawn face, or None where the landmarks know the eyes better.

    `points` are its landmarks (468, 2+) in pixels; the face's roll is small.
    """
    if flatness(pixels, points) < _FLAT:
        return None
    scale = max(1, math.ceil(_LEAST_UNIT / axes.unit))
    whole = Box(0, 0, pixels.shape[1], pixels.shape[0])
    face = Box.around(points[:, :2], _AROUND * axes.unit).within(whole).even()
    size = (scale * face.width, scale * face.height)
    part = np.ascontiguousarray(pixels[face.slices])
    large = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    places = (points[:, :2] - (face.x0, face.y0) + 0.5) * scale - 0.5
    found = [_eye(FaceAxes.of(places), places, large, side) for side in _SIDES]
    left, right = (eye and _placed(_shrunk(eye, scale), face) for eye in found)
    if left is None or right is None:
        return None
    sizes = sorted((int(left.whole.sum()), int(right.whole.sum())))
    return (left, right) if sizes[1] <= _UNLIKE * sizes[0] else None


def _eye(
    axes: FaceAxes,
    points: NDArray[np.floating],
    pixels: Pixels,
    side: tuple[topology.Ring, topology.Ring, topology.Ring],
) -> DrawnEye | None:
    upper, lower, brow = (points[list(ring), :2].astype(np.float64) for ring in side)
    box = _window(axes, np.concatenate([upper, lower]), brow, pixels)
    if box.empty:
        return None
    lab = _lab(pixels[box.slices])
    below = _skin_colour(axes, np.concatenate([upper, lower]), pixels)
    other = np.linalg.norm((lab - below) * (_LIGHTNESS, 1.0, 1.0), axis=-1) > _OTHER
    outline = np.concatenate([upper, lower[::-1]]) - (box.x0, box.y0)
    known = np.zeros(box.size[::-1], np.uint8)
    cv2.fillPoly(known, [np.round(outline).astype(np.int32)], 1)
    whole = _whole(np.asarray(other), known > 0, axes.unit)
    if whole is None:
        return None
    skin = ~cv2.dilate((other | whole).astype(np.uint8), _disc(0.012 * axes.unit)).astype(np.bool_)
    ink = _ink(lab, whole, _DARK * float(below[0]), axes.unit)
    return _measured(box, whole, ink, np.asarray(skin), axes.unit)


def _placed(eye: DrawnEye, part: Box) -> DrawnEye:
    """The eye of a part of the picture, in the picture."""
    return replace(eye, box=eye.box.moved(part.x0, part.y0))


def _shrunk(eye: DrawnEye, scale: int) -> DrawnEye:
    """The eye in a picture `scale` times as small."""
    if scale == 1:
        return eye
    low = (math.ceil(eye.box.x0 / scale), math.ceil(eye.box.y0 / scale))
    box = Box(*low, eye.box.x1 // scale, eye.box.y1 // scale).even()
    x, y = box.x0 * scale - eye.box.x0, box.y0 * scale - eye.box.y0
    rows, columns = slice(y, y + box.height * scale), slice(x, x + box.width * scale)

    def small(mask: NDArray[np.generic]) -> NDArray[np.float32]:
        return resized(mask[rows, columns].astype(np.float32), box.size)

    def edge(line: NDArray[np.float32]) -> NDArray[np.float32]:
        means = line[columns].reshape(-1, scale).mean(1)
        return np.asarray((means - y) / scale, np.float32)

    return DrawnEye(
        box=box,
        whole=small(eye.whole) > _SHARE,
        lashes=small(eye.lashes),
        ink=small(eye.ink) > _SHARE,
        skin=small(eye.skin) > 1 - _SHARE,
        top=edge(eye.top),
        bottom=edge(eye.bottom),
    )


def _window(axes: FaceAxes, eye: Points, brow: Points, pixels: Pixels) -> Box:
    face, over = axes.to_face(eye), axes.to_face(brow)
    (u0, v0), (u1, v1) = face.min(0), face.max(0)
    top = min(float(np.median(over[:, 1])) + _BELOW_BROW, float(v0))
    corners = [(u, v) for u in (u0 - _ASIDE, u1 + _ASIDE) for v in (top, v1 + _UNDER)]
    height, width = pixels.shape[:2]
    return Box.around(axes.to_picture(np.array(corners))).within(Box(0, 0, width, height)).even()


def _lab(pixels: Pixels) -> Points:
    smooth = cv2.GaussianBlur(np.ascontiguousarray(pixels).astype(np.float32) / 255, (0, 0), 0.7)
    return np.asarray(cv2.cvtColor(smooth, cv2.COLOR_RGB2Lab), np.float64)


def _skin_colour(axes: FaceAxes, eye: Points, pixels: Pixels) -> Points:
    """Median Lab of the skin below an eye."""
    middle, wide = axes.to_face(eye).mean(0), float(np.ptp(axes.to_face(eye)[:, 0])) / 2
    u, v = np.meshgrid(np.linspace(-wide, wide, 21), np.linspace(*_SKIN, 9))
    places = axes.to_picture(np.stack([u, v], -1).reshape(-1, 2) + middle)
    height, width = pixels.shape[:2]
    x, y = np.clip(np.round(places).astype(int), 0, (width - 1, height - 1)).T
    return np.asarray(np.median(_lab(pixels[y, x][None])[0], axis=0), np.float64)


def _whole(other: Mask, known: Mask, unit: float) -> Mask | None:
    """The part that is not skin about the landmarks' eye, without thin lines that lead away."""
    closed = cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_CLOSE, _disc(_CLOSE * unit))
    filled = _without_holes(np.asarray(closed, np.uint8))
    solid = cv2.morphologyEx(filled, cv2.MORPH_OPEN, _disc(_OPEN * unit))
    _, labels = cv2.connectedComponents(solid)
    inside = labels[known & (labels > 0)]
    if not len(inside):
        return None
    eye = (labels == np.bincount(inside).argmax()).astype(np.uint8)
    near = cv2.dilate(eye, _disc(_LASHES * unit))
    _, parts = cv2.connectedComponents(((near > 0) & (closed > 0)).astype(np.uint8))
    whole = np.isin(parts, np.unique(parts[eye > 0])) & (parts > 0)
    edges = (eye[0], eye[-1], eye[:, 0], eye[:, -1])
    share = float(eye.sum()) / max(1.0, float(known.sum()))
    if any(edge.any() for edge in edges) or not _LARGER <= share <= _LARGEST:
        return None
    return np.asarray(whole, np.bool_)


def _ink(lab: Points, whole: Mask, darkest: float, unit: float) -> Mask:
    """What has the colour of the lashes: that of the eye's upper edge, if it is dark."""
    solid = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_OPEN, _disc(_OPEN * unit)) > 0
    rows = np.arange(whole.shape[0])[:, None] - solid.argmax(0)
    low, high = (depth * unit for depth in _UPPER_EDGE)
    edge = solid & (rows >= low) & (rows <= max(high, low + 1))
    inner = edge & (lab[..., 0] < darkest)
    if not inner.any():
        return np.zeros_like(whole)
    ink = np.median(lab[inner], axis=0)
    return np.asarray(whole & (np.linalg.norm(lab - ink, axis=-1) < _INK), np.bool_)


def _without_holes(mask: Pixels) -> Pixels:
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, outlines, -1, (1,), cv2.FILLED)
    return np.asarray(filled, np.uint8)


def _measured(box: Box, whole: Mask, ink: Mask, skin: Mask, unit: float) -> DrawnEye | None:
    """The eye with its band of lashes and its edges, smoothed."""
    solid = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_OPEN, _disc(_OPEN * unit)) > 0
    columns = np.flatnonzero(solid.any(0))
    first = solid.argmax(0)
    last = solid.shape[0] - 1 - solid[::-1].argmax(0)
    run = _runs(ink, whole, first)
    usual = float(np.median(run[columns]))
    most = min(_USUAL_BAND * max(usual, 2.0), _HIGHEST_BAND * unit)
    band = np.minimum(run, most)
    inset = max(1, round(_CORNER * len(columns)))
    used = columns[inset:-inset]
    inner = cv2.erode((ink & solid).astype(np.uint8), _disc(1.5)) > 0
    if len(used) < _LEAST_COLUMNS or inner.sum() < _LEAST_INK * whole.sum():
        return None
    reach, width = max(1.0, _SMOOTH * unit), whole.shape[1]
    upper = _smooth(used, first[used].astype(np.float64), width, reach)
    top = _smooth(used, (first + band)[used], width, reach)
    bottom = np.maximum(_smooth(used, last[used] + 1.0, width, reach), top)
    away = np.arange(whole.shape[1])
    bottom = np.where((away < columns[0]) | (away > columns[-1]), top, bottom)
    rows = np.arange(whole.shape[0])[:, None]
    ends = max(1, round(_ENDS * len(columns)))
    near = np.maximum(used[0] + ends - away, away - used[-1] + ends) / ends
    room = 1 + _ROOM * unit * np.clip(near, 0, 1)
    even = _band(rows, upper, top) * ((away >= used[0]) & (away <= used[-1]))
    lashes = np.maximum(even, ink & (rows < top + room))
    return DrawnEye(
        box=box,
        whole=whole,
        lashes=lashes.astype(np.float32),
        ink=np.asarray(inner, np.bool_),
        skin=skin,
        top=top.astype(np.float32),
        bottom=bottom.astype(np.float32),
    )


def _runs(ink: Mask, whole: Mask, first: NDArray[np.intp]) -> Points:
    """How many dark rows follow on the eye's upper edge in every column."""
    rows = np.arange(ink.shape[0])[:, None]
    light = whole & ~ink & (rows >= first + 2)
    end = np.where(light.any(0), light.argmax(0), first)
    return np.asarray(np.maximum(0, end - first), np.float64)


def _band(rows: NDArray[np.intp], upper: Points, lower: Points) -> Points:
    """Cover of what lies between two edges, with half a pixel of softness."""
    return np.clip(rows + 0.5 - upper, 0, 1) * np.clip(lower - rows + 0.5, 0, 1)


def _smooth(columns: NDArray[np.intp], values: Points, width: int, reach: float) -> Points:
    """A smooth curve through an edge, going on in its direction beyond its ends."""
    fit = np.polynomial.Polynomial.fit(columns, values, 4)
    rest = np.interp(np.arange(width), columns, values - fit(columns), left=0.0, right=0.0)
    ends = np.clip(np.arange(width), columns[0], columns[-1])
    spread = cv2.GaussianBlur(rest[None], (0, 0), reach)[0]
    return np.asarray(fit(ends) + spread, np.float64)


def _disc(radius: float) -> Pixels:
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def softened(mask: Mask, sigma: float) -> NDArray[np.float32]:
    """Cover, 0 to 1, of a mask with a soft edge."""
    return blurred(mask.astype(np.float32), sigma)
