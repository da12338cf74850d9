"""What can be measured about one face before a video of it is made.

The landmark network is sure of itself on dogs and robots too (presence .99 to 1.00), so its own
score says nothing. What tells good points from bad ones is whether they stay where they are when
the same face is shown otherwise: as its mirror image, and larger, smaller, shifted and turned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes
from talkies.face.finding import topology
from talkies.face.finding.landmarks import Face, Landmarker, Region
from talkies.face.judging.eye_state import EyeState, eye_state
from talkies.face.judging.lip_colour import lip_redness
from talkies.face.judging.mouth_state import MouthState, mouth_state
from talkies.face.judging.sharpness import sharpness

Pixels: TypeAlias = NDArray[np.uint8]
Points: TypeAlias = NDArray[np.float64]

#: Other looks at the same face: side as a ratio, shift as a share of the side, turn in radians.
_OTHER_LOOKS = (
    (0.85, 0.0, 0.0),
    (1.20, 0.0, 0.0),
    (1.00, 0.05, 0.0),
    (1.00, -0.05, 0.0),
    (1.00, 0.0, 0.15),
    (1.00, 0.0, -0.15),
)
#: Scales at which sharpness is measured, pixels of D: what a 480p portrait shows, and half of it.
_FINE_SCALE, _COARSE_SCALE = 96.0, 48.0
#: What must be inside the picture for the mouth to move: lips, lower outline and eyes.
_MOVING = tuple(
    dict.fromkeys(
        topology.LIPS_OUTER_UPPER
        + topology.LIPS_OUTER_LOWER
        + topology.JAW[4:-4]
        + topology.LEFT_EYE_UPPER
        + topology.RIGHT_EYE_UPPER
    )
)
_LOWER = tuple(
    dict.fromkeys(
        topology.LIPS_OUTER_UPPER
        + topology.LIPS_OUTER_LOWER
        + topology.LIPS_INNER_UPPER
        + topology.LIPS_INNER_LOWER
        + topology.JAW[6:-6]
    )
)
_UPPER = (33, 133, 362, 263, 168, 6, 70, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportions:
    """Sizes of a face in D, in its own frame; heights are below the line of the eyes."""

    face_width: float
    mouth_width: float
    nose_width: float
    nose_height: float
    mouth_height: float
    chin_height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What was measured about one face. D is the distance of its outer eye corners."""

    #: D, pixels.
    eye_distance: float
    #: Height of the points, share of the picture's height.
    height_share: float
    #: Mean distance between the points and those of the mirror image, in D.
    mirror: float
    #: Spread of the points over other looks at the face, in D: of all, of lips and chin, and of
    #: eyes and bridge of the nose.
    spread: float
    lower_spread: float
    upper_spread: float
    #: How much redder the lips are than the skin about them (CIE a*).
    lip_redness: float
    mouth: MouthState
    eyes: EyeState
    #: Sideways offset of the nose tip from the middle of the eyes, in D; positive to the right.
    yaw: float
    #: Turn of the eye line from level, degrees; positive clockwise.
    roll: float
    #: Share of the finest detail left about the eyes, at D = 96 and at 48 pixels (`sharpness`).
    sharpness: float
    coarse_sharpness: float
    #: Share of lips, jaw and eyes outside the picture.
    outside: float
    proportions: Proportions


def measure(pixels: Pixels, face: Face, landmarker: Landmarker) -> Measures:
    """Everything about one face of an RGB picture (height, width, 3); about 20 ms."""
    top, bottom = face.box[1], face.box[3]
    spread = _spread(pixels, face, landmarker)
    return Measures(
        eye_distance=face.eye_distance,
        height_share=(bottom - top) / pixels.shape[0],
        mirror=landmarker.mirror_distance(pixels, face),
        spread=float(spread.mean()),
        lower_spread=float(spread[list(_LOWER)].mean()),
        upper_spread=float(spread[list(_UPPER)].mean()),
        lip_redness=lip_redness(pixels, face),
        mouth=mouth_state(pixels, face),
        eyes=eye_state(pixels, face),
        yaw=_yaw(face),
        roll=float(np.degrees(face.roll)),
        sharpness=sharpness(pixels, face, _FINE_SCALE),
        coarse_sharpness=sharpness(pixels, face, _COARSE_SCALE),
        outside=_outside(pixels, face),
        proportions=_proportions(face),
    )


def _spread(pixels: Pixels, face: Face, landmarker: Landmarker) -> Points:
    """Standard deviation of every point over several looks, in D: (468,)."""
    looks = np.stack(
        [landmarker.look(pixels, r).points[:, :2] for r in _other_looks(face.region)]
    ).astype(np.float64)
    variance = ((looks - looks.mean(axis=0)) ** 2).sum(axis=-1).mean(axis=0)
    return np.asarray(np.sqrt(variance) / face.eye_distance)


def _other_looks(region: Region) -> Sequence[Region]:
    return [
        replace(
            region,
            side=region.side * scale,
            x=region.x + shift * region.side,
            y=region.y + shift * region.side,
            angle=region.angle + turn,
        )
        for scale, shift, turn in _OTHER_LOOKS
    ]


def _from_eyes(face: Face, indices: Sequence[int]) -> Points:
    """Points in the face frame, but from the middle of the outer eye corners."""
    axes = FaceAxes.of(face.points)
    eyes = face.points[[topology.LEFT_EYE_OUTER, topology.RIGHT_EYE_OUTER], :2].mean(axis=0)
    return axes.to_face(face.points[list(indices), :2]) - axes.to_face(eyes)


def _yaw(face: Face) -> float:
    return float(_from_eyes(face, [topology.NOSE_TIP])[0, 0])


def _outside(pixels: Pixels, face: Face) -> float:
    height, width = pixels.shape[:2]
    x, y = face.points[list(_MOVING), 0], face.points[list(_MOVING), 1]
    return float(((x < 0) | (y < 0) | (x > width - 1) | (y > height - 1)).mean())


def _proportions(face: Face) -> Proportions:
    jaw = _from_eyes(face, (topology.JAW[0], topology.JAW[-1]))
    mouth = _from_eyes(face, (topology.MOUTH_LEFT, topology.MOUTH_RIGHT))
    nose = _from_eyes(face, topology.NOSE_WINGS)
    middle = _from_eyes(face, (topology.NOSE_TIP, topology.CHIN))
    return Proportions(
        face_width=float(jaw[1, 0] - jaw[0, 0]),
        mouth_width=float(mouth[1, 0] - mouth[0, 0]),
        nose_width=float(nose[1, 0] - nose[0, 0]),
        nose_height=float(middle[0, 1]),
        mouth_height=float(mouth[:, 1].mean()),
        chin_height=float(middle[1, 1]),
    )
