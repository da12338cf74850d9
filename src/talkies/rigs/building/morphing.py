"""Drawings between two that are there: each is bent towards the other, and one fades into it.

How they are bent is read from the pictures themselves (dense inverse search, Kroeger et al.,
ECCV 2016), for a painter's pictures come without a mesh.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.core.rig.naming import endpoint_path
from talkies.face.puppet.resampling import read_through, resized
from talkies.media.pictures import load_own_picture
from talkies.rigs.building.plan import Mix

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

#: Longer side of the pictures that are compared, in pixels.
_COMPARED: Final = 640
#: What is behind transparent parts when pictures are compared, and smoothing of the motion.
_GREY, _SMOOTH = 128.0, 4.0
_OPAQUE: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pair:
    """Two pictures, colours multiplied with their cover, and the motion from each to the other."""

    ends: tuple[str, str]
    start: Plane
    end: Plane
    forth: Plane
    back: Plane


class Morpher:
    """Draws what is between the endpoints of a folder of frames. One thread at a time."""

    def __init__(self, frames: Path) -> None:
        self._frames = frames
        self._pair: _Pair | None = None

    def draw(self, mix: Mix) -> Pixels:
        pair = self._between(endpoint_path(mix.start), endpoint_path(mix.end))
        t = np.float32(mix.t)
        start = read_through(pair.start, pair.forth * -t, relative=True)
        end = read_through(pair.end, pair.back * (t - 1), relative=True)
        return _plain(start * (1 - t) + end * t)

    def _between(self, start: str, end: str) -> _Pair:
        """Parts of one way follow each other, so the last pair is kept."""
        if self._pair is None or self._pair.ends != (start, end):
            self._pair = self._paired(start, end)
        return self._pair

    def _paired(self, start: str, end: str) -> _Pair:
        first, last = (self._covered(name) for name in (start, end))
        seen = [_seen(picture) for picture in (first, last)]
        size = (first.shape[1], first.shape[0])
        return _Pair(
            ends=(start, end),
            start=first,
            end=last,
            forth=_motion(seen[0], seen[1], size),
            back=_motion(seen[1], seen[0], size),
        )

    def _covered(self, name: str) -> Plane:
        picture = load_own_picture(self._frames / name)
        if picture.alpha is None:
            return picture.pixels.astype(np.float32)
        cover = picture.alpha.astype(np.float32)[..., None]
        return np.dstack([picture.pixels * (cover / np.float32(_OPAQUE)), cover])


def _seen(picture: Plane) -> Pixels:
    """Small and grey, as it is compared."""
    colours = picture[..., :3]
    if picture.shape[2] == 4:  # noqa: PLR2004 - with alpha
        colours = colours + np.float32(_GREY) * (1 - picture[..., 3:] / np.float32(_OPAQUE))
    scale = min(1.0, _COMPARED / max(picture.shape[:2]))
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    grey = cv2.cvtColor(np.asarray(colours, np.float32), cv2.COLOR_RGB2GRAY)
    return resized(np.asarray(np.clip(grey, 0, _OPAQUE), np.uint8), size)


def _motion(first: Pixels, last: Pixels, size: tuple[int, int]) -> Plane:
    """Where each pixel of the first picture is in the last, as a shift, at `size`."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = search.calc(first, last, np.zeros((*first.shape, 2), np.float32))
    smooth = cv2.GaussianBlur(np.asarray(flow, np.float32), (0, 0), _SMOOTH)
    scale = np.array([size[0] / first.shape[1], size[1] / first.shape[0]], np.float32)
    return resized(np.asarray(smooth, np.float32), size) * scale


def _plain(mixed: Plane) -> Pixels:
    """Colours that are not multiplied with their cover; none where there is no cover."""
    if mixed.shape[2] == 3:  # noqa: PLR2004 - without alpha
        return np.asarray(np.clip(np.round(mixed), 0, _OPAQUE), np.uint8)
    alpha = np.clip(np.round(mixed[..., 3]), 0, _OPAQUE)
    share = np.maximum(mixed[..., 3:] / np.float32(_OPAQUE), np.float32(1e-3))
    colours = np.clip(np.round(mixed[..., :3] / share), 0, _OPAQUE)
    done = np.dstack([colours, alpha])
    done[alpha == 0] = 0
    return np.asarray(done, np.uint8)
