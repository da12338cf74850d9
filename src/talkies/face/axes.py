"""The face's own coordinates, in which every shape and motion is defined."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.face.finding import topology

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceAxes:
    """Face frame (u, v): u along the eye line, v down the face, in D, mouth centre at (0, 0).

    D is the distance of the outer eye corners. Because the frame turns with the head, nothing
    built on it needs to know the roll of the portrait.
    """

    #: Mouth centre in pixels, (2,).
    origin: Points
    #: Unit vector of u in the picture, (2,).
    along: Points
    #: Unit vector of v in the picture, (2,).
    down: Points
    #: D in pixels.
    unit: float

    @classmethod
    def of(cls, points: NDArray[np.floating]) -> "FaceAxes":
        """Axes of a face from its landmarks (468, 2 or 3) in pixels."""
        flat = np.asarray(points[:, :2], np.float64)
        eye_line = flat[topology.RIGHT_EYE_OUTER] - flat[topology.LEFT_EYE_OUTER]
        unit = float(np.hypot(*eye_line))
        along = eye_line / unit
        return cls(
            origin=(flat[topology.MOUTH_LEFT] + flat[topology.MOUTH_RIGHT]) / 2,
            along=along,
            down=np.array([-along[1], along[0]]),
            unit=unit,
        )

    def to_face(self, pixels: NDArray[np.floating]) -> Points:
        """Face coordinates of points (..., 2) in pixels."""
        offset = np.asarray(pixels, np.float64) - self.origin
        return np.stack([offset @ self.along, offset @ self.down], -1) / self.unit

    def to_picture(self, points: NDArray[np.floating]) -> Points:
        """Pixels of points (..., 2) in face coordinates."""
        return self.origin + self.turned(points)

    def turned(self, vectors: NDArray[np.floating]) -> Points:
        """Pixel vectors of vectors (..., 2) in face coordinates."""
        spread = np.asarray(vectors, np.float64)
        return self.unit * (spread[..., :1] * self.along + spread[..., 1:] * self.down)
