"""Laying a picture with alpha over what stands behind it."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.media.yuv import Planes

Plane: TypeAlias = NDArray[np.uint8]

_OPAQUE = 255


def over(front: Planes, back: Planes) -> Planes:
    """`front`, opaque, before `back`; the arrays are new.

    1.5 ms for 1024×1536: cv2's arithmetic of bytes, rounded twice, is right to one level.
    """
    alpha = front.alpha
    if alpha is None:
        return front
    half = np.asarray(
        cv2.resize(alpha, front.u.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8
    )
    rest, half_rest = (np.asarray(cv2.bitwise_not(cover), np.uint8) for cover in (alpha, half))
    return Planes(
        y=_mixed(front.y, back.y, alpha, rest),
        u=_mixed(front.u, back.u, half, half_rest),
        v=_mixed(front.v, back.v, half, half_rest),
    )


def _mixed(front: Plane, back: Plane, cover: Plane, rest: Plane) -> Plane:
    near = cv2.multiply(front, cover, scale=1 / _OPAQUE)
    far = cv2.multiply(back, rest, scale=1 / _OPAQUE)
    return np.asarray(cv2.add(near, far), np.uint8)
