"""How the portrait is lit and coloured, so that what is painted into it belongs to it."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.finding import topology
from talkies.face.puppet.resampling import resized

Colour = NDArray[np.float32]
Pixels = NDArray[np.uint8]

#: Enamel under white light, as shares of a white wall's R, G, B.
_ENAMEL = np.array([1.0, 0.955, 0.875], np.float32)
#: How much of the skin's hue, and so of the light's, enamel takes on, and its bounds.
_TINT, _TINT_RANGE = 0.58, (0.55, 1.2)
#: Luminance of the mouth's dark as a share of that of the line between the lips: soft paintings
#: have no black in them. Above the second, in levels, networks see less of an opening.
_SEAM_DARK, _MOST_DARK = 0.42, 18.0
#: Most light of enamel in any channel, and its luminance as a share of the whites of the eyes'.
_BRIGHTEST, _OF_EYES = 245.0, 0.95
#: Teeth of drawn faces, RGB, and how flat their mouths are painted.
_PAINTED, _FLAT = np.array([249, 244, 236]), 0.72
#: D in pixels at which a face is seen small.
_SMALL = 50.0
#: Luminance weights of BT.709.
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours (R, G, B), 0 to 255, of what a mouth shows."""

    enamel: Colour
    tongue: Colour
    #: The dark back of the mouth.
    cavity: Colour
    #: Standard deviation of the picture's grain near the mouth, in levels.
    grain: float
    #: How little light and shade there is in what is painted: 0 as on people, 1 for none.
    flat: float = 0.0


def palette(
    pixels: Pixels, points: NDArray[np.floating], *, closed: bool = True, drawn: bool = False
) -> Palette:
    """Colours for a face; `pixels` RGB, `points` its landmarks (468, 2+) in pixels.

    `closed` lips have a dark line between them that says how dark this picture's mouths are.
    Teeth of a `drawn` face are white, and there is little shade in its mouth.
    """
    if drawn:
        return replace(palette(pixels, points, closed=closed), enamel=_colour(_PAINTED), flat=_FLAT)
    skin = _median(pixels, points, topology.CHEEKS)
    lips = _median(
        pixels, points, topology.LIPS_MIDDLE_LOWER[0][3:8] + topology.LIPS_MIDDLE_UPPER[0][3:8]
    )
    white = _white(pixels, points, skin)
    tint = 1 - _TINT + _TINT * skin / max(1.0, float(skin @ _LUMA))
    black = float(np.percentile(pixels[::7, ::7] @ _LUMA, 2))
    seam = min(_MOST_DARK, _SEAM_DARK * _seam(pixels, points)) if closed else 0.0
    darkest = max(0.7 * black, seam)
    enamel = white * _ENAMEL * np.clip(tint, *_TINT_RANGE)
    flesh = 0.55 * lips + 0.45 * np.array([176, 92, 92], np.float32) * (white / 235)
    dark = flesh * np.array([0.27, 0.16, 0.16], np.float32)
    return Palette(
        enamel=_colour(enamel * min(1.0, _BRIGHTEST / float(enamel.max()))),
        tongue=_colour(flesh * 0.86),
        cavity=_colour(dark * max(1.0, darkest / max(1.0, float(dark @ _LUMA)))),
        grain=_grain(pixels, points),
    )


def _white(pixels: Pixels, points: NDArray[np.floating], skin: Colour) -> float:
    """Luminance of a white thing in the face's light: the whites of the eyes, or a guess."""
    mask = np.zeros(pixels.shape[:2], np.uint8)
    for upper, lower in (
        (topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER),
        (topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER),
    ):
        outline = points[list(upper + lower[::-1]), :2]
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
    inside = pixels[mask > 0] @ _LUMA
    eyes = float(np.percentile(inside, 88)) if len(inside) else 0.0
    cheek = float(skin @ _LUMA)
    return float(np.clip(max(eyes * _OF_EYES, cheek), 60, 235))


def _seam(pixels: Pixels, points: NDArray[np.floating]) -> float:
    """Luminance of the line between the lips, of their dark lower quarter."""
    rings = (topology.LIPS_INNER_UPPER[2:-2], topology.LIPS_INNER_LOWER[2:-2])
    where = np.round(points[[k for ring in rings for k in ring], :2]).astype(int)
    height, width = pixels.shape[:2]
    x, y = np.clip(where[:, 0], 0, width - 1), np.clip(where[:, 1], 0, height - 1)
    return float(np.percentile(pixels[y, x] @ _LUMA, 25))


def _median(pixels: Pixels, points: NDArray[np.floating], ring: tuple[int, ...]) -> Colour:
    """Median colour around landmarks, inside the picture."""
    height, width = pixels.shape[:2]
    where = np.round(points[list(ring), :2]).astype(int)
    x, y = np.clip(where[:, 0], 1, width - 2), np.clip(where[:, 1], 1, height - 2)
    near = [pixels[y + dy, x + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return _colour(np.median(np.concatenate(near), axis=0))


def _grain(pixels: Pixels, points: NDArray[np.floating]) -> float:
    """Fine noise of the cheeks: the median deviation from a small median filter."""
    return float(np.clip(1.48 * np.mean(_rough(pixels, points)), 0, 6))


def flatness(pixels: Pixels, points: NDArray[np.floating]) -> float:
    """Share of the middle of a face that is even, as it is seen small: more of drawings is."""
    across = points[topology.RIGHT_EYE_OUTER] - points[topology.LEFT_EYE_OUTER]
    scale = min(1.0, _SMALL / float(np.hypot(across[0], across[1])))
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return float((_rough(resized(pixels, size), points * scale) == 0).mean())


def _rough(pixels: Pixels, points: NDArray[np.floating]) -> Colour:
    """What a small median filter takes away about the cheeks, in levels."""
    centre = points[list(topology.CHEEKS), :2].mean(0)
    reach = 0.3 * float(np.hypot(*(points[topology.RIGHT_EYE_OUTER] - points[33])[:2]))
    x0, y0 = np.maximum(0, centre - reach).astype(int)
    x1, y1 = (centre + reach).astype(int)
    patch = cv2.cvtColor(np.ascontiguousarray(pixels[y0:y1, x0:x1]), cv2.COLOR_RGB2GRAY)
    return _colour(np.abs(patch.astype(np.float32) - cv2.medianBlur(patch, 3)))


def _colour(values: NDArray[np.floating]) -> Colour:
    return np.asarray(values, np.float32)
