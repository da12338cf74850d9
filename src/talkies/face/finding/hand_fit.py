"""The whole mesh of a face of which only a few points are known, as someone placed them by hand."""

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.face.finding import topology
from talkies.face.puppet.thin_plate import thin_plate

Points: TypeAlias = NDArray[np.float64]

#: Every point that can be placed, and the points of the mesh that lie there. Left and right are
#: those of the picture.
PLACES: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "left_eye_outer": (topology.LEFT_EYE_OUTER,),
        "left_eye_inner": (topology.LEFT_EYE_INNER,),
        "left_eye_top": (159,),
        "left_eye_bottom": (145,),
        "right_eye_inner": (topology.RIGHT_EYE_INNER,),
        "right_eye_outer": (topology.RIGHT_EYE_OUTER,),
        "right_eye_top": (386,),
        "right_eye_bottom": (374,),
        "left_brow_outer": (46,),
        "left_brow_middle": (52,),
        "left_brow_inner": (55,),
        "right_brow_inner": (285,),
        "right_brow_middle": (282,),
        "right_brow_outer": (276,),
        "nose_tip": (topology.NOSE_TIP,),
        "mouth_left": (topology.MOUTH_LEFT,),
        "mouth_right": (topology.MOUTH_RIGHT,),
        "upper_lip_top": (0,),
        "upper_lip_bottom": (13,),
        "lower_lip_top": (14,),
        "lower_lip_bottom": (17,),
        "chin": (topology.CHIN,),
        "left_cheek_edge": (234,),
        "right_cheek_edge": (454,),
        "forehead": (10,),
    }
)
#: Without these nothing can be fitted.
NEEDED: Final = ("left_eye_outer", "right_eye_outer", "mouth_left", "mouth_right", "chin")

_FILE: Final = "usual_face.npy"


def usual_face() -> Points:
    """A symmetric mesh (468, 3) in D, in the frame of `FaceAxes`; z grows away from the viewer.

    Measured by scripts/measure_face.py on the sample portrait.
    """
    with resources.files(__package__).joinpath(_FILE).open("rb") as file:
        return np.asarray(np.load(file), np.float64)


def fitted(placed: Mapping[str, tuple[float, float]]) -> NDArray[np.float32]:
    """The mesh (468, 3) in pixels that passes through the placed points (x, y) in pixels.

    `placed` has names of `PLACES`, those of `NEEDED` among them. The usual face is turned, scaled
    and shifted to lie as near to them as it can, and bent smoothly for the rest of the way.
    """
    usual = usual_face()
    controls = np.array([k for name in placed for k in PLACES[name]])
    goals = np.array([placed[name] for name in placed for _ in PLACES[name]], np.float64)
    scale, turn, shift = _similarity(usual[controls, :2], goals)
    back = ((goals - shift) @ turn) / scale
    moves = thin_plate(usual[controls, :2], usual[:, :2]) @ (back - usual[controls, :2])
    flat = (usual[:, :2] + moves) * scale @ turn.T + shift
    flat[controls] = goals
    return np.column_stack([flat, usual[:, 2] * scale]).astype(np.float32)


def _similarity(points: Points, goals: Points) -> tuple[float, Points, Points]:
    """Scale, rotation (2, 2) and shift that bring points nearest to goals (Umeyama, PAMI 1991)."""
    middle, goal = points.mean(0), goals.mean(0)
    spread, reach = points - middle, goals - goal
    left, sizes, right = np.linalg.svd(reach.T @ spread)
    signs = np.array([1.0, np.sign(np.linalg.det(left @ right))])
    turn = left @ np.diag(signs) @ right
    scale = float((sizes * signs).sum() / (spread**2).sum())
    return scale, turn, goal - scale * turn @ middle
