"""Keeping to one face through a video: found, followed, lost, found again after a cut."""

import cv2
import numpy as np

from talkies.face.finding.landmarks import Face, Landmarker, Pixels

#: Frames between two searches that check that the followed points still lie on a face: the
#: network's own belief in a face stays near 1 wherever it looks.
CHECK_EVERY = 25
#: Frames between two searches while there is no face; a search costs far more than following.
SEARCH_EVERY = 5
#: Two faces whose middles are further apart than this, in D, are two faces.
SAME_PLACE = 0.8
#: Pixels of a frame, at most, in which cuts are noticed, and mean difference that makes one, grey
#: levels.
CUT_SAMPLES = 1000
CUT = 24.0


class Follower:
    """Follows one face: the largest at first, then always the one nearest to it."""

    def __init__(self, landmarker: Landmarker) -> None:
        self._landmarker = landmarker
        self._face: Face | None = None
        self._since_search = 0
        self._thumbnail: Pixels | None = None
        #: Most faces seen in any frame that was searched.
        self.most_faces = 0

    def follow(self, pixels: Pixels) -> Face | None:
        """The face in the next frame, RGB (height, width, 3), or None where there is none."""
        cut = self._is_cut(pixels)
        self._since_search += 1
        if cut or self._since_search >= (CHECK_EVERY if self._face else SEARCH_EVERY):
            self._face = self._search(pixels)
        elif self._face:
            self._face = self._landmarker.track(pixels, self._face)
        return self._face

    def _search(self, pixels: Pixels) -> Face | None:
        self._since_search = 0
        faces = self._landmarker.find(pixels)
        self.most_faces = max(self.most_faces, len(faces))
        if not faces:
            return None
        if self._face is None:
            return faces[0]
        # Following the old points settles exactly as in the frames around; a fresh find does not.
        tracked = self._landmarker.track(pixels, self._face)
        nearest = min(faces, key=lambda face: _apart(face, tracked or faces[0]))
        return tracked if tracked and _apart(nearest, tracked) < SAME_PLACE else nearest

    def _is_cut(self, pixels: Pixels) -> bool:
        step = max(1, int((pixels.shape[0] * pixels.shape[1] / CUT_SAMPLES) ** 0.5))
        small = np.ascontiguousarray(pixels[::step, ::step])
        before, self._thumbnail = self._thumbnail, small
        return (
            before is None
            or before.shape != small.shape
            or float(cv2.absdiff(before, small).mean()) > CUT
        )


def _apart(one: Face, other: Face) -> float:
    """Distance of two faces' middles, in D of the larger."""
    shift = one.points[:, :2].mean(axis=0) - other.points[:, :2].mean(axis=0)
    return float(np.hypot(shift[0], shift[1]) / max(one.eye_distance, other.eye_distance))
