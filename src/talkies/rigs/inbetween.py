"""Drawings between two others: each is bent towards the other, and one fades into it.

How they are bent is read from the pictures themselves (dense inverse search, Kroeger et al.,
ECCV 2016), for drawings come without a mesh.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.errors import CharacterInvalid
from talkies.face.puppet.resampling import read_through, resized
from talkies.media.pictures import Picture

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

#: Longer side of the pictures that are compared, in pixels, and the least of the shorter one: the
#: search crashes on a picture of a dozen rows.
_COMPARED, _NARROWEST = 640, 64
#: What is behind transparent parts when pictures are compared, and smoothing of the motion.
_GREY, _SMOOTH = 128.0, 4.0
_OPAQUE: Final = 255


class Between:
    """Two pictures, colours multiplied with their cover, and the motion from each to the other."""

    def __init__(self, start: Picture, end: Picture) -> None:
        """Raises `CharacterInvalid` for pictures of two sizes."""
        size = (start.width, start.height)
        if size != (end.width, end.height):
            raise CharacterInvalid(
                f"Two drawings of one sequence have {_size(start)} and {_size(end)} pixels.",
                hint="Give all drawings of a character one size.",
                details={"reason": "sizes"},
            )
        opaque = start.alpha is None and end.alpha is None
        self._start, self._end = (_covered(picture, opaque=opaque) for picture in (start, end))
        first, last = _seen(self._start), _seen(self._end)
        self._forth = _motion(first, last, size)
        self._back = _motion(last, first, size)

    def at(self, share: float) -> Picture:
        """The picture at a share, 0 to 1, of the way; opaque where both are."""
        t = np.float32(share)
        start = read_through(self._start, self._forth * -t, relative=True)
        end = read_through(self._end, self._back * (t - 1), relative=True)
        return _plain(start * (1 - t) + end * t)


def _covered(picture: Picture, *, opaque: bool) -> Plane:
    if opaque:
        return picture.pixels.astype(np.float32)
    alpha = np.full(picture.pixels.shape[:2], _OPAQUE, np.uint8)
    cover = (alpha if picture.alpha is None else picture.alpha).astype(np.float32)[..., None]
    return np.dstack([picture.pixels * (cover / np.float32(_OPAQUE)), cover])


def _seen(picture: Plane) -> Pixels:
    """Small and grey, as it is compared."""
    colours = picture[..., :3]
    if picture.shape[2] == 4:  # noqa: PLR2004 - with alpha
        colours = colours + np.float32(_GREY) * (1 - picture[..., 3:] / np.float32(_OPAQUE))
    sides = picture.shape[:2]
    scale = min(1.0, max(_COMPARED / max(sides), _NARROWEST / min(sides)))
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


def _plain(mixed: Plane) -> Picture:
    """Colours that are not multiplied with their cover; none where there is no cover."""
    if mixed.shape[2] == 3:  # noqa: PLR2004 - without alpha
        return Picture(pixels=np.asarray(np.clip(np.round(mixed), 0, _OPAQUE), np.uint8))
    alpha = np.clip(np.round(mixed[..., 3]), 0, _OPAQUE).astype(np.uint8)
    share = np.maximum(mixed[..., 3:] / np.float32(_OPAQUE), np.float32(1e-3))
    colours = np.clip(np.round(mixed[..., :3] / share), 0, _OPAQUE).astype(np.uint8)
    colours[alpha == 0] = 0
    return Picture(pixels=colours, alpha=alpha)


def _size(picture: Picture) -> str:
    return f"{picture.width}×{picture.height}"
