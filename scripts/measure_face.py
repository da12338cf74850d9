"""Write the face that hand-placed points bend: the mesh of the sample portrait, made symmetric.

    python scripts/measure_face.py examples/portrait.png src/talkies/face/finding/usual_face.npy

Coordinates are those of `FaceAxes`: (u, v) in D from the middle of the mouth; z in D, from the
middle of the eyes' outer corners.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes
from talkies.face.finding import topology
from talkies.face.finding.landmarks import Landmarker
from talkies.media.pictures import load_own_picture


def mirrored(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """For every point of a nearly symmetric mesh (468, 3), the one on the other side."""
    flipped = points * (-1, 1, 1)
    apart = ((flipped[:, None] - points[None]) ** 2).sum(-1)
    return np.asarray(apart.argmin(1))


def measured(portrait: Path) -> NDArray[np.float32]:
    """The symmetric mesh of a portrait, (468, 3)."""
    face = Landmarker().find(load_own_picture(portrait).pixels)[0]
    axes = FaceAxes.of(face.points)
    corners = [topology.LEFT_EYE_OUTER, topology.RIGHT_EYE_OUTER]
    depth = (face.points[:, 2] - face.points[corners, 2].mean()) / axes.unit
    mesh = np.column_stack([axes.to_face(face.points[:, :2]), depth])
    mesh[:, 0] -= mesh[list(topology.NOSE_BRIDGE), 0].mean()
    other = mirrored(mesh)
    return np.asarray((mesh + mesh[other] * (-1, 1, 1)) / 2, np.float32)


if __name__ == "__main__":
    np.save(sys.argv[2], measured(Path(sys.argv[1])))
