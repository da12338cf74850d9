"""What shows between the lips: teeth, tongue and the dark behind them, lit by the portrait.

The upper teeth are fixed to the skull; the lower teeth and the tongue ride on the jaw. All are
painted once per portrait as textures in the picture's own pixels, so that a frame only places,
shades and blends them inside the opening.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.puppet.fields import Box, smoothstep
from talkies.face.puppet.light import Colour, Palette
from talkies.face.puppet.lips import KNOTS, LipRest
from talkies.face.puppet.mouth_shape import MouthShape
from talkies.face.puppet.open_mouth import OwnTeeth
from talkies.face.puppet.resampling import blurred, filled, placed, resized
from talkies.face.puppet.teeth import Paint, Plane, lower_teeth, tongue, tongue_tip, upper_teeth
from talkies.media.yuv import TO_YUV, Planes

Affine = NDArray[np.float64]

#: Lower edge of the upper teeth below the closed lip line, in D (3 mm at rest).
_UPPER_EDGE = 0.023
#: Edge of the lower teeth above the inner edge of the lower lip, in D, closed and per D open.
_LOWER_EDGE, _LOWER_EDGE_OPEN = 0.004, 0.11
#: How far the lower teeth lie behind the lip until the mouth opens so far, in D.
_LOWER_HIDDEN, _LOWER_SHOWS = 0.030, (0.05, 0.12)
#: The tongue's back above the edge of the lower teeth, in D.
_TONGUE_BACK = 0.022
#: How far the raised tip of the tongue reaches over the edge of the upper teeth, in D.
_TIP_BEFORE = 0.014
#: Sigma of the soft shadow that the lips cast into the mouth, and its fall, in D.
_SHADOW, _SHADOW_FALL = 0.030, 0.010
#: Light that the portrait's own teeth keep in that shadow: they were lit in it already.
_OWN_LIGHT = 0.5
#: Darkness added by lips that are pushed forward; how much of the upper teeth they hide, and how
#: far these draw back under the lip, in D.
_PUCKER_DARK, _PUCKER_HIDES, _PUCKER_RAISES = 0.50, 0.72, 0.024
#: Cover of a shut mouth's line, and the opening from which the inside covers fully, in D.
_FAINTEST, _FULL_FROM = 0.68, 0.03
#: Seed of the grain, and its size as a sigma in pixels.
_GRAIN_SEED, _GRAIN_SIZE = 7, 0.7
#: Y, U, V of black.
_BLACK = np.array([16, 128, 128], np.float32)
#: Sigma of the opening's edge, in D and at least in pixels.
_EDGE, _EDGE_PIXELS = 0.0045, 0.55
#: Half the width, and the height above and below, of a texture around its row's edge, in D.
_REACH, _ABOVE, _BELOW = 0.40, 0.15, 0.22


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texture:
    """A painted part: uint8 (h, w, 4) of Y, U, V and cover, at `box` of the portrait."""

    box: Box
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MouthInterior:
    """The parts of one portrait's mouth."""

    axes: FaceAxes
    rest: LipRest
    upper: Texture
    #: Lower teeth and tongue, painted for closed lips.
    jaw: Texture
    tip: Texture
    #: Y, U, V of the dark behind.
    cavity: Colour
    #: Whether the upper teeth are the portrait's own.
    own: bool
    #: How little light and shade there is, as in `Palette`.
    flat: float

    def paint(self, frame: Planes, outline: Points, to_source: Affine, shape: MouthShape) -> None:
        """Fills the opening `outline` (n, 2, pixels of the frame) in place.

        `to_source` (2, 3) maps pixels of the frame near the mouth to pixels of the portrait.
        """
        height, width = frame.y.shape
        box = Box.around(outline, margin=3 + 2 * self._edge_sigma)
        box = Box(box.x0 & ~1, box.y0 & ~1, box.x1 + box.x1 % 2, box.y1 + box.y1 % 2)
        box = box.within(Box(0, 0, width & ~1, height & ~1))
        if box.empty:
            return
        opening = filled(outline, (box.x0, box.y0), box.size)
        colour = self._lit(self._content(box, to_source, shape), opening, shape)
        cover = blurred(opening, self._edge_sigma)
        cover *= np.float32(min(1.0, _FAINTEST + shape.opening / _FULL_FROM))
        _blend(frame, box, colour, cover)

    @property
    def _edge_sigma(self) -> float:
        return max(_EDGE_PIXELS, _EDGE * self.axes.unit)

    def _content(self, box: Box, to_source: Affine, shape: MouthShape) -> NDArray[np.float32]:
        """Unshaded Y, U, V (h, w, 3) of everything in the mouth."""
        colour = np.empty((box.height, box.width, 3), np.float32)
        colour[:] = self.cavity
        hidden = _LOWER_HIDDEN * (1 - float(smoothstep(np.array(shape.opening), *_LOWER_SHOWS)))
        lower = shape.drop - _LOWER_EDGE_OPEN * shape.opening + hidden
        behind = 0.06 * (1 - shape.tongue) + _UPPER_EDGE - _TIP_BEFORE
        _lay(colour, self.jaw, box, to_source, self.axes.turned(np.array([0.0, lower])))
        up = self.axes.turned(np.array([0.0, -_PUCKER_RAISES * shape.pucker]))
        _lay(colour, self.upper, box, to_source, up, 1 - _PUCKER_HIDES * shape.pucker)
        if shape.tongue > 0:
            _lay(colour, self.tip, box, to_source, self.axes.turned(np.array([0.0, behind])))
        return colour

    def _lit(
        self, colour: NDArray[np.float32], opening: Plane, shape: MouthShape
    ) -> NDArray[np.float32]:
        """Shadow of the lips: deep at the corners and under the upper lip, open in the middle."""
        soft = blurred(opening, _SHADOW * self.axes.unit, dark_outside=True)
        down = self.axes.turned(np.array([0.0, _SHADOW_FALL]))
        fall = np.array([[1, 0, -down[0]], [0, 1, -down[1]]])
        soft = placed(soft, fall, (soft.shape[1], soft.shape[0]))
        shade = np.asarray(smoothstep(soft, -0.12, 0.74), np.float32)
        apart = min(1.0, shape.opening / _FULL_FROM)
        kept = apart * max(0.35 * shape.tuck, _OWN_LIGHT if self.own else 0.0, self.flat)
        shade = shade + (1 - shade) * np.float32(kept)
        shade *= np.float32(1 - _PUCKER_DARK * shape.pucker)
        dark = self.cavity * np.float32(0.6) + _BLACK * np.float32(0.4)
        return np.asarray(dark + (colour - dark) * shade[..., None], np.float32)


def mouth_interior(
    axes: FaceAxes, rest: LipRest, colours: Palette, size: Box, own: OwnTeeth | None = None
) -> MouthInterior:
    """Paints the parts for a portrait whose pixels are `size`; `own` teeth replace painted ones."""
    seam = float(np.interp(0.0, KNOTS, rest.seam))
    pixel = 1 / axes.unit

    def part(edge: float, painter: Callable[[Plane, Plane], tuple[Colour, Plane]]) -> Texture:
        return _grained(_texture(axes, rest, edge, painter, size), colours.grain)

    def upper(x: Plane, y: Plane) -> tuple[Colour, Plane]:
        return _coloured(upper_teeth(x, y, pixel), colours.enamel, colours.flat)

    def jaw(x: Plane, y: Plane) -> tuple[Colour, Plane]:
        flesh, cover = _coloured(tongue(x, y + _TONGUE_BACK, pixel), colours.tongue, colours.flat)
        teeth, front = _coloured(lower_teeth(x, y, pixel), colours.enamel * 0.68, colours.flat)
        mixed = flesh + (teeth - flesh) * front[..., None]
        return mixed, np.maximum(cover, front)

    def tip(x: Plane, y: Plane) -> tuple[Colour, Plane]:
        return _coloured(tongue_tip(x, y, pixel), colours.tongue * 1.22, colours.flat)

    return MouthInterior(
        axes=axes,
        rest=rest,
        upper=_own_texture(own) if own else part(seam + _UPPER_EDGE, upper),
        jaw=part(seam - _LOWER_EDGE, jaw),
        tip=part(seam, tip),
        cavity=_yuv(colours.cavity[None, None])[0, 0],
        own=own is not None,
        flat=colours.flat,
    )


def _texture(
    axes: FaceAxes,
    rest: LipRest,
    edge: float,
    painter: Callable[[Plane, Plane], tuple[Colour, Plane]],
    size: Box,
) -> Texture:
    """Paints one part around v = `edge`, in pixels of the portrait."""
    u, v = rest.middle + np.array([-_REACH, _REACH]), edge + np.array([-_ABOVE, _BELOW])
    rectangle = axes.to_picture(np.array([(a, b) for a in u for b in v]))
    box = Box.around(rectangle).within(size.moved(0, 0))
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1]
    face = axes.to_face(np.stack([x, y], -1))
    across = np.asarray(face[..., 0] - rest.middle, np.float32)
    mean = sum(rest.halves) / 2
    for side, half in ((across < 0, rest.halves[0]), (across >= 0, rest.halves[1])):
        across[side] *= mean / half
    colour, cover = painter(across, np.asarray(face[..., 1] - edge, np.float32))
    pixels = np.dstack([_yuv(colour), cover * 255])
    return Texture(box=box, pixels=np.round(pixels).astype(np.uint8))


def _grained(texture: Texture, grain: float) -> Texture:
    """The texture with the portrait's grain, the same each time; smooth paint looks pasted in."""
    noise = np.random.default_rng(_GRAIN_SEED).standard_normal(texture.pixels.shape[:2])
    soft = blurred(noise.astype(np.float32), _GRAIN_SIZE)
    pixels = texture.pixels.astype(np.float32)
    pixels[..., 0] += soft * np.float32(grain / max(1e-6, float(soft.std())))
    return replace(texture, pixels=np.clip(np.round(pixels), 0, 255).astype(np.uint8))


def _own_texture(own: OwnTeeth) -> Texture:
    pixels = np.dstack([_yuv(own.colour.astype(np.float32)), own.cover * 255])
    return Texture(box=own.box, pixels=np.round(pixels).astype(np.uint8))


def _coloured(paint: Paint, colour: Colour, flat: float) -> tuple[Colour, Plane]:
    shade = paint.shade + (1 - paint.shade) * np.float32(flat)
    return shade[..., None] * colour, paint.cover


def _yuv(colour: Colour) -> NDArray[np.float32]:
    """Y, U, V at full size of an RGB picture (h, w, 3) of levels 0 to 255."""
    return np.clip(cv2.transform(colour, TO_YUV), 0, 255).astype(np.float32)


def _lay(
    colour: NDArray[np.float32],
    part: Texture,
    box: Box,
    to_source: Affine,
    shift: Points,
    strength: float = 1.0,
) -> None:
    """Blends a part, moved by `shift` pixels, over `colour` (the pixels of `box`) in place."""
    place = to_source.copy()
    place[:, 2] += to_source[:, :2] @ (box.x0, box.y0) - shift - (part.box.x0, part.box.y0)
    seen = placed(part.pixels, place, box.size).astype(np.float32)
    colour += (seen[..., :3] - colour) * (seen[..., 3:] * np.float32(strength / 255))


def _blend(frame: Planes, box: Box, colour: NDArray[np.float32], cover: Plane) -> None:
    """Writes `colour` (h, w, 3) over the frame by `cover`; box corners are even."""
    _mix(frame.y[box.slices], colour[..., 0], cover)
    half = (box.width // 2, box.height // 2)
    weight = resized(cover, half)
    for plane, channel in ((frame.u, colour[..., 1]), (frame.v, colour[..., 2])):
        _mix(
            plane[box.halved().slices],
            resized(np.ascontiguousarray(channel), half),
            weight,
        )


def _mix(target: NDArray[np.uint8], values: Plane, weight: Plane) -> None:
    mixed = target + (values - target) * weight
    target[:] = np.asarray(mixed + np.float32(0.5), np.uint8)
