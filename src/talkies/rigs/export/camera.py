"""The camera: which part of the picture each frame shows, and that part on the video's size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.core.timeline.document import Clip, View
from talkies.media.yuv import Planes

#: All of the picture.
WHOLE = View()


def views(clips: Sequence[Clip], frames: int) -> tuple[View, ...]:
    """What the camera shows in each frame: whole where no clip says otherwise.

    It sets off from where it is, and arrives softly; a clip that ends gives it as long to come back
    as it had to go. A view that would reach over an edge stops at it.
    """
    shown, release = [], 0
    move = _Move(WHOLE, WHOLE, 0, 0)
    changes = {clip.span.start: clip for clip in clips}
    ends = {clip.span.end: clip for clip in clips}
    for frame in range(frames):
        clip = changes.get(frame)
        if clip is not None and isinstance(clip.value, View):
            move = _Move(move.at(frame), inside(clip.value), frame, clip.transition)
        elif frame in ends:
            release = ends[frame].transition
            move = _Move(move.at(frame), WHOLE, frame, release)
        shown.append(move.at(frame))
    return tuple(shown)


@dataclass(frozen=True, slots=True)
class _Move:
    source: View
    target: View
    start: int
    frames: int

    def at(self, frame: int) -> View:
        if frame >= self.start + self.frames:
            return self.target
        share = (frame - self.start) / self.frames
        soft = share * share * (3 - 2 * share)
        # Evenly in the ratio: from 1 to 2 takes as long as from 2 to 4.
        zoom = math.exp(_between(math.log(self.source.zoom), math.log(self.target.zoom), soft))
        return inside(
            View(
                zoom=zoom,
                x=_between(self.source.x, self.target.x, soft),
                y=_between(self.source.y, self.target.y, soft),
            )
        )


def _between(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


def inside(view: View) -> View:
    """The nearest view that shows nothing beyond the picture's edges."""
    half = 0.5 / view.zoom
    return View(
        zoom=view.zoom,
        x=min(max(view.x, half), 1 - half),
        y=min(max(view.y, half), 1 - half),
    )


def look(planes: Planes, view: View, size: tuple[int, int]) -> Planes:
    """The part of a picture that a view shows, on `size` (width, height): smooth to 1/32 pixel."""
    if view == WHOLE and size == (planes.width, planes.height):
        return planes
    half = (size[0] // 2, size[1] // 2)
    return Planes(
        y=_part(planes.y, view, size),
        u=_part(planes.u, view, half),
        v=_part(planes.v, view, half),
        alpha=None if planes.alpha is None else _part(planes.alpha, view, size),
    )


def _part(plane: NDArray[np.uint8], view: View, size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = plane.shape
    across, down = width / view.zoom / size[0], height / view.zoom / size[1]
    # Pixels are measured from their middles, in the plane and in the part.
    left = (view.x - 0.5 / view.zoom) * width + across / 2 - 0.5
    top = (view.y - 0.5 / view.zoom) * height + down / 2 - 0.5
    to_plane = np.array([[across, 0, left], [0, down, top]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(plane, to_plane, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(part, np.uint8)


def scaled(planes: Planes, size: tuple[int, int]) -> Planes:
    """A whole picture on another size (width, height), without jags where that is smaller."""
    if size == (planes.width, planes.height):
        return planes
    half = (size[0] // 2, size[1] // 2)
    return Planes(
        y=_resized(planes.y, size),
        u=_resized(planes.u, half),
        v=_resized(planes.v, half),
        alpha=None if planes.alpha is None else _resized(planes.alpha, size),
    )


def _resized(plane: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    smaller = size[0] < plane.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(plane, size, interpolation=how), np.uint8)
