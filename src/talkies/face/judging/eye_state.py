"""Whether the eyes of a still face can be seen, and how far they are open."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes
from talkies.face.finding import topology
from talkies.face.finding.landmarks import Face
from talkies.face.finding.sampling import face_patch

Pixels: TypeAlias = NDArray[np.uint8]
Outline: TypeAlias = NDArray[np.float64]

#: Side of the levelled patch of one D about an eye, pixels.
_SIDE = 160
_EYES = (
    (topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER),
    (topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER),
)
#: Lightest and darkest part of an eye, percentiles.
_DARK, _LIGHT = 5, 95
#: Dark glasses: less contrast of lightness inside the eyes, and less lightness, than these shares
#: of that of the cheeks. Measured: contrast .6 to 2.2 on 30 faces, at most .15 with painted
#: glasses; a blurred face loses the contrast, but not the lightness.
_GLASSES_CONTRAST, _GLASSES_LIGHTNESS = 0.3, 0.4
#: Height over width of an eye from which it is open. Measured on open ones: .25 to .42.
_OPEN = 0.16


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeState:
    """Both eyes of a still face."""

    #: False behind dark glasses: they must not blink.
    visible: bool
    open: bool
    #: Mean height of the eyes over their width.
    openness: float


def eye_state(pixels: Pixels, face: Face) -> EyeState:
    """The state of the eyes of a face in an RGB picture (height, width, 3)."""
    axes = FaceAxes.of(face.points)
    points = axes.to_face(face.points[:, :2])
    outlines = [points[[*upper, *lower[-2:0:-1]]] for upper, lower in _EYES]
    openness = float(np.mean([_openness(points, upper, lower) for upper, lower in _EYES]))
    contrast, lightness = np.mean([_inside(pixels, axes, eye) for eye in outlines], axis=0)
    cheeks = _cheek_lightness(pixels, axes, points)
    flat = contrast < _GLASSES_CONTRAST * cheeks
    return EyeState(
        visible=not (flat and lightness < _GLASSES_LIGHTNESS * cheeks),
        open=openness > _OPEN,
        openness=openness,
    )


def _openness(points: Outline, upper: topology.Ring, lower: topology.Ring) -> float:
    middle = len(upper) // 2
    width = float(np.hypot(*(points[upper[-1]] - points[upper[0]])))
    return float(points[lower[middle], 1] - points[upper[middle], 1]) / max(width, 1e-6)


def _inside(pixels: Pixels, axes: FaceAxes, outline: Outline) -> tuple[float, float]:
    """Spread and middle of the lightness inside an eye, L*."""
    middle = outline.mean(axis=0)
    patch = face_patch(pixels, axes, _SIDE, (float(middle[0]), float(middle[1])))
    corners = (_SIDE - 1) / 2 + _SIDE * (outline - middle)
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1)
    dark, middle_light, light = np.percentile(patch[..., 0][mask > 0], (_DARK, 50, _LIGHT))
    return float(light - dark), float(middle_light)


def _cheek_lightness(pixels: Pixels, axes: FaceAxes, points: Outline) -> float:
    """Lightness of the cheeks, L*; the lighter one, as light often comes from a side."""
    middle = points[list(topology.CHEEKS)].mean(axis=0)
    patch = face_patch(pixels, axes, _SIDE, (float(middle[0]), float(middle[1])))
    places = (_SIDE - 1) / 2 + _SIDE * (points[list(topology.CHEEKS)] - middle)
    columns, rows = np.clip(np.round(places).astype(int), 0, _SIDE - 1).T
    return float(patch[rows, columns, 0].max())
