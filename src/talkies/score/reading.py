"""Reading one mouth: several looks at one face, averaged into lengths and rigid points.

One look of the landmark network at its usual square reads small openings on photographs poorly:
it says .035 D for parted lips and up to .020 D (.062 D on smiles) for closed ones. Looks at
tighter squares read wider openings and tell the two apart, and their errors differ, so the mean
of three looks follows the drawn mouth better than any one (measured: `docs/decisions/0008-score`).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes
from talkies.face.finding import topology
from talkies.face.finding.landmarks import Face, Landmarker, Pixels

#: Sides of the further squares, as shares of the one that the face is followed in. The last, the
#: tightest, is the one whose reading of closed lips is nearest to zero.
TIGHTER = (0.9, 5 / 6)
#: Places along the lips where heights are read: the middle and its neighbours on both sides.
MIDDLES = (4, 5, 6)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MouthReading:
    """What was read of one face in one frame; lengths in pixels along and across the eye line."""

    #: D of this frame.
    eye_distance: float
    #: Between the inner edges of the lips.
    inner: float
    #: The same, read from the tightest square alone.
    tight: float
    #: Between the outer edges of the lips.
    outer: float
    #: Between the inner corners of the mouth.
    width: float
    #: Middle of the line between the lips, (2,).
    seam: NDArray[np.float64]
    #: Points that speech does not move, (20, 2).
    rigid: NDArray[np.float64]


def read_mouth(landmarker: Landmarker, pixels: Pixels, face: Face) -> MouthReading:
    """Three looks at a face that was followed to this frame."""
    looks = [face, *(_look(landmarker, pixels, face, share) for share in TIGHTER)]
    points = np.stack([look.points[:, :2].astype(np.float64) for look in looks])
    axes = FaceAxes.of(points.mean(axis=0))
    inner = _height(points, topology.LIPS_INNER_UPPER, topology.LIPS_INNER_LOWER, axes.down)
    outer = _height(points, topology.LIPS_OUTER_UPPER, topology.LIPS_OUTER_LOWER, axes.down)
    ring = topology.LIPS_INNER_UPPER
    return MouthReading(
        eye_distance=axes.unit,
        inner=float(inner.mean()),
        tight=float(inner[-1]),
        outer=float(outer.mean()),
        width=float(((points[:, ring[-1]] - points[:, ring[0]]) @ axes.along).mean()),
        seam=_middle(points),
        rigid=points[:, list(topology.RIGID)].mean(axis=0),
    )


def _look(landmarker: Landmarker, pixels: Pixels, face: Face, share: float) -> Face:
    region = face.region
    return landmarker.look(pixels, replace(region, side=region.side * share))


def _middle(points: NDArray[np.float64]) -> NDArray[np.float64]:
    rings = (topology.LIPS_INNER_UPPER, topology.LIPS_INNER_LOWER)
    places = [ring[place] for ring in rings for place in MIDDLES]
    return np.asarray(points[:, places].mean(axis=(0, 1)))


def _height(
    points: NDArray[np.float64],
    upper: topology.Ring,
    lower: topology.Ring,
    down: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean distance of two rings at their middles, one value a look."""
    above = points[:, [upper[place] for place in MIDDLES]]
    below = points[:, [lower[place] for place in MIDDLES]]
    return np.asarray(((below - above) @ down).mean(axis=1))
