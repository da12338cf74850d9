"""Finding the boxes of faces in a picture, large or small, upright or tilted.

The network (BlazeFace, short range) sees 128 x 128 pixels and misses faces under about an eighth of
what it is shown. So the whole picture is shown first, then overlapping windows of a half and a
quarter of it, then the picture turned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.finding.models import FACE_DETECTION, Network
from talkies.face.finding.sampling import sample

Pixels: TypeAlias = NDArray[np.uint8]
Points: TypeAlias = NDArray[np.float32]
Affine: TypeAlias = NDArray[np.float64]

#: Side of the network's input, pixels.
_INPUT = 128
#: Grids of anchors: cells per side, anchors per cell (MediaPipe's SSD options for this model).
_ANCHOR_GRIDS = ((16, 2), (8, 6))
#: Least score of a detection (MediaPipe's default).
_MIN_SCORE = 0.5
#: Boxes that overlap more than this (intersection over union) are one face (MediaPipe's default).
_SAME_FACE_OVERLAP = 0.3
#: Overlap of two boxes, over the smaller one, that makes them one face: catches a box of a part.
_SAME_FACE_INCLUSION = 0.65
#: Sides of the windows searched after the whole picture, as shares of the longer side.
_WINDOW_SHARES = (0.5, 0.25)
#: Faces under this share of what the network is shown may be missed (measured: from .10).
_LEAST_SHARE = 0.2
#: A window is not searched below this side, pixels: its faces would be useless.
_MIN_WINDOW = 96
#: Turns tried where nothing is found upright, degrees.
_TURNS = (180.0, 40.0, -40.0, 90.0, -90.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detection:
    """One box that may hold a face, in pixels of the picture."""

    #: Middle of the box (x, y).
    centre: Points
    #: Side of the box, which is square.
    size: float
    #: Left eye, right eye, nose, mouth, left ear, right ear, as the viewer sees them: (6, 2).
    points: Points
    score: float

    @property
    def angle(self) -> float:
        """Direction of the eye line, radians; 0 is level, positive turns clockwise."""
        across = self.points[1] - self.points[0]
        return float(np.arctan2(across[1], across[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What one search of a picture gave."""

    #: One detection a face, largest first. Some are no faces: ask the landmarks.
    found: tuple[Detection, ...]
    #: Faces smaller than this, pixels, may have been missed.
    least_size: float


class Detector:
    """Finds faces. Not safe for use by several threads at once."""

    def __init__(self) -> None:
        self._network = Network(FACE_DETECTION)
        self._anchors = _anchors()

    def searches(self, pixels: Pixels) -> Iterator[Search]:
        """Ever finer searches of an RGB picture (height, width, 3), each made when asked for."""
        longest = max(pixels.shape[:2])
        whole = _whole_picture(pixels)
        yield Search(found=self._look(pixels, whole), least_size=_LEAST_SHARE * longest)
        for share in _WINDOW_SHARES:
            views = _windows(pixels, share)
            found = _merged([d for view in views for d in self._look(pixels, view)])
            yield Search(found=found, least_size=_LEAST_SHARE * share * longest)
        for turn in _TURNS:
            yield Search(found=self._look(pixels, _turned(whole, turn)), least_size=0.0)

    def _look(self, pixels: Pixels, view: Affine) -> tuple[Detection, ...]:
        """Faces in one view of the picture."""
        shown = _warp(pixels, view)
        boxes, logits = self._network(shown.astype(np.float32) / np.float32(127.5) - 1)
        scores = 1 / (1 + np.exp(-np.clip(logits[:, 0], -50, 50)))
        chosen = np.flatnonzero(scores > _MIN_SCORE)
        back = np.asarray(cv2.invertAffineTransform(view), np.float64)
        scale = float(np.hypot(back[0, 0], back[1, 0]))
        return _merged(
            [
                self._detection(boxes[index], int(index), float(scores[index]), back, scale)
                for index in chosen
            ]
        )

    def _detection(
        self, box: Points, index: int, score: float, back: Affine, scale: float
    ) -> Detection:
        """The network's numbers for one anchor, brought into the picture."""
        anchor = self._anchors[index] * _INPUT
        corners = np.concatenate([box[None, :2], box[4:].reshape(6, 2)]) + anchor - 0.5
        placed = (corners @ back[:, :2].T + back[:, 2]).astype(np.float32)
        size = float(max(box[2], box[3])) * scale
        return Detection(centre=placed[0], size=size, points=placed[1:], score=score)


def _anchors() -> Points:
    """Centres of the network's anchors, 0 to 1: (896, 2)."""
    centres = []
    for cells, per_cell in _ANCHOR_GRIDS:
        axis = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, per_cell, axis=0))
    return np.concatenate(centres).astype(np.float32)


def _view(left: float, top: float, side: float) -> Affine:
    """The map of pixel centres from a square of the picture onto the network's input."""
    scale = _INPUT / side
    shift = 0.5 * scale - 0.5
    return np.array(
        [[scale, 0.0, shift - left * scale], [0.0, scale, shift - top * scale]], dtype=np.float64
    )


def _whole_picture(pixels: Pixels) -> Affine:
    height, width = pixels.shape[:2]
    side = max(height, width)
    return _view((width - side) / 2, (height - side) / 2, side)


def _windows(pixels: Pixels, share: float) -> Iterator[Affine]:
    """Square views of a share of the longer side that cover the picture and overlap by half."""
    height, width = pixels.shape[:2]
    side = share * max(height, width)
    if side < _MIN_WINDOW:
        return
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield _view(left, top, side)


def _starts(length: int, side: float) -> NDArray[np.float64]:
    """Where windows of `side` begin so that they cover `length`, half overlapping."""
    if length <= side:
        return np.array([(length - side) / 2])
    return np.linspace(0, length - side, int(np.ceil((length - side) / (side / 2))) + 1)


def _turned(view: Affine, degrees: float) -> Affine:
    """The same view, turned about its middle."""
    middle = (_INPUT - 1) / 2
    turn = cv2.getRotationMatrix2D((middle, middle), degrees, 1.0)
    return np.asarray(turn[:, :2] @ view + np.pad(turn[:, 2:], ((0, 0), (2, 0))))


def _warp(pixels: Pixels, view: Affine) -> Pixels:
    """The view as the network's input; what lies outside the picture is black."""
    return sample(pixels, view, _INPUT)


def _merged(found: Sequence[Detection]) -> tuple[Detection, ...]:
    """One detection a face, largest first: boxes of one face are averaged by their scores."""
    faces: list[Detection] = []
    left = sorted(found, key=lambda d: -d.score)
    while left:
        best = left[0]
        same = [d for d in left if _same_face(best, d)]
        left = [d for d in left if not _same_face(best, d)]
        faces.append(_average(same))
    return tuple(sorted(faces, key=lambda d: -d.size))


def _same_face(one: Detection, other: Detection) -> bool:
    reach = (one.size + other.size) / 2
    sides = np.clip(reach - np.abs(one.centre - other.centre), 0, min(one.size, other.size))
    common = float(sides[0] * sides[1])
    union = one.size**2 + other.size**2 - common
    smaller = min(one.size, other.size) ** 2
    return common > _SAME_FACE_OVERLAP * union or common > _SAME_FACE_INCLUSION * smaller


def _average(same: Sequence[Detection]) -> Detection:
    """The mean of detections of one face, weighted by score (MediaPipe's weighted suppression)."""
    weights = np.array([d.score for d in same], np.float32)
    weights /= weights.sum()
    return Detection(
        centre=np.tensordot(weights, np.stack([d.centre for d in same]), 1).astype(np.float32),
        size=float(weights @ np.array([d.size for d in same], np.float32)),
        points=np.tensordot(weights, np.stack([d.points for d in same]), 1).astype(np.float32),
        score=max(d.score for d in same),
    )
