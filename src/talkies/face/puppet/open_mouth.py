"""A portrait whose mouth is open: its own teeth are kept, and its lips made whole to close."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.puppet.fields import Box
from talkies.face.puppet.lips import LipRest
from talkies.face.puppet.resampling import blurred, filled, placed

Pixels = NDArray[np.uint8]

#: How far past the inner edge of the lips is filled with lip, in D.
_HEAL = 0.011
#: How far inside that edge the teeth's own pixels begin, in D.
_INSET = 0.008
#: Teeth are at least this far from the darkest to the lightest inside the mouth, as a share.
_TOOTH_LEVEL = 0.42
#: Share of the opening that must be bright and colourless to count as teeth.
_TEETH_SHARE = 0.15
#: From this share on, the opening is a smile's: upper teeth and the shadow at their ends.
_SMILE_SHARE = 0.45
#: Unless it is higher than this, in D: then the jaw has fallen, and more than teeth shows.
_SMILE_HIGH = 0.115
#: How far teeth go on under the upper lip, in D.
_UNDER_LIP = 0.05
#: Teeth that show less than this of their height, in D, are painted anew.
_TALL = 0.034
#: Upper teeth begin at most so far below the lip, and end so far below it, in D.
_HANGS_FROM, _LONGEST = 0.025, 0.095
#: Most chroma of a tooth, as a share of its lightest channel.
_TOOTH_CHROMA = 0.30
#: Contrast of the opening below which nothing in it counts as teeth, in levels.
_CONTRAST = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnTeeth:
    """The portrait's own upper teeth: colours (h, w, 3) and cover 0 to 1 (h, w) at `box`."""

    box: Box
    colour: Pixels
    cover: NDArray[np.float32]


def opening_of(axes: FaceAxes, rest: LipRest) -> Points:
    """Outline of the portrait's own opening, (n, 2) in pixels."""
    upper = np.stack([rest.across, rest.upper_inner], -1)
    lower = np.stack([rest.across, rest.lower_inner], -1)
    return axes.to_picture(np.concatenate([upper, lower[::-1]]))


def healed(pixels: Pixels, axes: FaceAxes, rest: LipRest) -> Pixels:
    """The picture with lip painted over its opening, for lips that close."""
    outline = opening_of(axes, rest)
    box = _around(pixels, outline, 0.12 * axes.unit)
    inside = filled(outline, (box.x0, box.y0), box.size) > 0
    grown = cv2.dilate(inside.astype(np.uint8), _disc(_HEAL * axes.unit))
    result = pixels.copy()
    result[box.slices] = cv2.inpaint(
        np.ascontiguousarray(pixels[box.slices]), grown, 0.03 * axes.unit, cv2.INPAINT_TELEA
    )
    return result


def own_teeth(pixels: Pixels, axes: FaceAxes, rest: LipRest) -> OwnTeeth | None:
    """The teeth that the portrait shows, or None where it shows none to speak of."""
    outline = opening_of(axes, rest)
    box = _around(pixels, outline, 0.06 * axes.unit)
    colour = np.ascontiguousarray(pixels[box.slices])
    opening = filled(outline, (box.x0, box.y0), box.size)
    inside = cv2.erode((opening > 0).astype(np.uint8), _disc(_INSET * axes.unit)) > 0
    upper = _upper_teeth(_teeth(colour, inside), inside, _below_lip(axes, rest, box), axes.unit)
    if upper is None:
        return None
    reach = max(2.0, 0.02 * axes.unit)
    spread = cv2.inpaint(colour, (~upper).astype(np.uint8), reach, cv2.INPAINT_TELEA)
    spread = np.where(upper[..., None], colour, blurred(np.asarray(spread, np.uint8), reach))
    whole = _grown_up(np.asarray(upper, np.float32), axes)
    soft = blurred(whole, max(0.7, 0.007 * axes.unit))
    return OwnTeeth(box=box, colour=np.asarray(spread, np.uint8), cover=soft)


def _upper_teeth(
    teeth: NDArray[np.bool_], inside: NDArray[np.bool_], below: Points, unit: float
) -> NDArray[np.bool_] | None:
    """Where the upper row is, or None where too little of it shows to be of use."""
    share = teeth.sum() / max(1, inside.sum())
    if share < _TEETH_SHARE:
        return None
    if share > _SMILE_SHARE and float(np.percentile(below[inside], 90)) < _SMILE_HIGH:
        return np.asarray(inside)
    closed = cv2.morphologyEx(teeth.astype(np.uint8), cv2.MORPH_CLOSE, _disc(0.02 * unit))
    upper = _hanging(np.asarray(closed, np.uint8), below) & inside
    if not upper.any() or float(np.percentile(below[upper], 90)) < _TALL:
        return None
    return np.asarray(upper)


def _teeth(colour: Pixels, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Bright, colourless pixels of the opening."""
    light = colour.max(-1).astype(np.float32)
    chroma = (light - colour.min(-1)) / np.maximum(light, 1)
    if not inside.any():
        return inside
    low, high = np.percentile(light[inside], (3, 97))
    if high - low < _CONTRAST:
        return np.asarray(inside & (chroma < _TOOTH_CHROMA))
    bright = light > low + _TOOTH_LEVEL * (high - low)
    return np.asarray(inside & bright & (chroma < _TOOTH_CHROMA))


def _below_lip(axes: FaceAxes, rest: LipRest, box: Box) -> Points:
    """How far each pixel of a box lies below the inner edge of the upper lip, in D."""
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1]
    face = axes.to_face(np.stack([x, y], -1))
    edge = np.interp(face[..., 0], rest.across, rest.upper_inner)
    return np.asarray(face[..., 1] - edge, np.float64)


def _hanging(teeth: NDArray[np.uint8], below: Points) -> NDArray[np.bool_]:
    """The teeth that come down from the upper lip; not the lower ones, nor a lip's gloss."""
    reachable = teeth * (below < _LONGEST)
    count, labels = cv2.connectedComponents(reachable.astype(np.uint8))
    kept = [k for k in range(1, count) if below[labels == k].min() < _HANGS_FROM]
    return np.asarray(np.isin(labels, kept) & (reachable > 0))


def _grown_up(teeth: NDArray[np.float32], axes: FaceAxes) -> NDArray[np.float32]:
    """Teeth that go on under the lip, for when it lifts more than in the portrait."""
    size = (teeth.shape[1], teeth.shape[0])
    grown = teeth
    for height in np.linspace(0.0, _UNDER_LIP, 6)[1:]:
        x, y = axes.turned(np.array([0.0, height]))
        lifted = placed(teeth, np.array([[1.0, 0.0, x], [0.0, 1.0, y]]), size)
        grown = np.maximum(grown, lifted)
    return grown


def _around(pixels: Pixels, outline: Points, margin: float) -> Box:
    height, width = pixels.shape[:2]
    return Box.around(outline, margin).within(Box(0, 0, width, height))


def _disc(radius: float) -> NDArray[np.uint8]:
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
