"""How much redder lips are than the skin about them: what a mask, a hand or a microphone hides."""

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

#: Side of the levelled patch of one D that is looked at, pixels.
_SIDE = 100
#: Outlines about the middle of the mouth, as multiples of the lips' own: the lips without their
#: rim, what lies between them, and the skin from near to far.
_LIPS, _BETWEEN, _NEAR_SKIN, _FAR_SKIN = 0.95, 1.1, 1.15, 1.5


def lip_redness(pixels: Pixels, face: Face) -> float:
    """Median CIE a* of the lips less that of the skin about them; 0 in a grey picture.

    Measured: 2.8 to 29 on photographs, paintings and drawings; -17 to 2 on most covered mouths.
    """
    axes = FaceAxes.of(face.points)
    points = axes.to_face(face.points[:, :2])
    outer = points[[*topology.LIPS_OUTER_UPPER, *topology.LIPS_OUTER_LOWER[-2:0:-1]]]
    inner = points[[*topology.LIPS_INNER_UPPER, *topology.LIPS_INNER_LOWER[-2:0:-1]]]
    redness = face_patch(pixels, axes, _SIDE)[..., 1]
    lips = _filled(outer, _LIPS) & ~_filled(inner, _BETWEEN)
    skin = _filled(outer, _FAR_SKIN) & ~_filled(outer, _NEAR_SKIN)
    return float(np.median(redness[lips]) - np.median(redness[skin]))


def _filled(outline: Outline, growth: float) -> NDArray[np.bool_]:
    """Where an outline in the face frame, grown about its middle, covers the patch."""
    middle = outline.mean(axis=0)
    grown = (_SIDE - 1) / 2 + _SIDE * (middle + growth * (outline - middle))
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.fillPoly(mask, [np.round(grown).astype(np.int32)], 1)
    return np.asarray(mask > 0)
