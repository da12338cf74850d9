"""Separating a person from the background: how much of each pixel is person.

A small network gives the shape (256 x 256); a guided filter carries it to the picture's own edges,
so that hair and shoulders hold at full size.
"""

from dataclasses import replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.finding import topology
from talkies.face.finding.landmarks import Face
from talkies.face.finding.models import SELFIE_SEGMENTATION, Network
from talkies.face.matting.guided_filter import guided_filter
from talkies.face.matting.matte_edges import sharpen_edges

Pixels: TypeAlias = NDArray[np.uint8]
#: float32 (height, width), 0 for background to 1 for the person.
Matte: TypeAlias = NDArray[np.float32]

#: Side of the network's input and output, pixels.
_INPUT = 256
#: Larger pictures are reduced to this, pixels of the longer side: memory grows with the picture,
#: and what the network knows does not.
_LARGEST = 2048
#: Side of the closer look at head and shoulders, in heights of the face, and where its top lies
#: above the face.
_CLOSE_SIDE, _CLOSE_ABOVE = 3.4, 1.0
#: A closer look is worth it where it is under this share of the picture's longer side.
_CLOSE_SHARE = 0.75
#: Width of the soft edge of the closer look, share of its side.
_CLOSE_BORDER = 0.15
#: What the network calls at most this is background, and at least that is person.
_SURE = (0.30, 0.80)
#: The same, after the guided filter.
_SURE_REFINED = (0.04, 0.96)
#: From here on a pixel counts as person.
_HALF = 0.5
#: The network wants a square. Pictures longer than this are shown to it stretched and with black
#: beside them, as either fails on some bodies, and seldom both.
_OBLONG = 1.15
#: Enclosed holes of at most this share of the picture are filled.
_SMALL_HOLE = 0.002
#: How far below the chin the chest begins at most, in heights of the face.
_CHEST = 2.5
#: Dips in the matte of a head are filled up to these levels, where nothing in them is surely
#: background: light skin before a light wall has the wall's colour, but no way leads there.
_LEVELS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
_SURELY_GROUND = 0.05
#: How far a head reaches beyond its face to each side, in breadths of the face: ears.
_EARS = 0.2
#: Loose parts of less than this share of the person's area are dropped.
_SMALL_ISLAND = 0.08
#: Reach of the guided filter, share of the picture's longer side, and its regularisation.
_REACH, _SMOOTHING = 0.012, 2e-4
#: An alpha channel that leaves less than this share of the picture out says nothing.
_TRIVIAL_ALPHA = 0.002


class Matter:
    """Makes mattes. Not safe for use by several threads at once."""

    def __init__(self) -> None:
        self._network = Network(SELFIE_SEGMENTATION)

    def person(self, pixels: Pixels, face: Face | None = None) -> Matte:
        """The matte of an RGB picture (height, width, 3).

        With a face, its surroundings are looked at more closely, and only the person who has
        that face (and what touches it) is kept.
        """
        ratio = _LARGEST / max(pixels.shape[:2])
        if ratio < 1:
            return self._person_reduced(pixels, face, ratio)
        shape = self._shape(pixels, face)
        solid = _mended(_decided(shape, *_SURE), face)
        reach = max(2, round(_REACH * max(pixels.shape[:2])))
        refined = guided_filter(pixels, solid, reach, _SMOOTHING)
        followed = _decided(refined, *_SURE_REFINED)
        matte = sharpen_edges(pixels, followed)
        return matte if face is None else _with_whole_head(matte, followed, face)

    def _person_reduced(self, pixels: Pixels, face: Face | None, ratio: float) -> Matte:
        """The matte of a large picture: made of a smaller one, and enlarged."""
        height, width = pixels.shape[:2]
        size = (round(width * ratio), round(height * ratio))
        smaller = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        if face is not None:
            shrink = np.array([size[0] / width, size[1] / height, ratio], np.float32)
            shift = np.array([0.5, 0.5, 0], np.float32)
            points = (face.points + shift) * shrink - shift
            face = replace(face, points=points.astype(np.float32))
        matte = self.person(smaller, face)
        enlarged = cv2.resize(matte, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(enlarged, np.float32)

    def _shape(self, pixels: Pixels, face: Face | None) -> Matte:
        """The network's map at the picture's size, with the closer look laid over it."""
        shape = self._look(pixels)
        if max(pixels.shape[:2]) > _OBLONG * min(pixels.shape[:2]):
            shape = np.asarray((shape + self._look_unstretched(pixels)) / 2, np.float32)
        window = _close_window(pixels, face) if face is not None else None
        if window is not None:
            left, top, right, bottom = window
            near = self._look(pixels[top:bottom, left:right])
            weight = _inner_weight(near.shape, window, pixels.shape)
            part = shape[top:bottom, left:right]
            part += weight * (near - part)
        return shape

    def _look_unstretched(self, pixels: Pixels) -> Matte:
        """The map of the picture with black beside it that makes it square."""
        height, width = pixels.shape[:2]
        side = max(height, width)
        left = (side - width) // 2
        square = np.zeros((side, side, 3), np.uint8)
        square[:height, left : left + width] = pixels
        return self._look(square)[:height, left : left + width]

    def _look(self, pixels: Pixels) -> Matte:
        """The mean map of the picture and of its mirror image."""
        shown = cv2.resize(pixels, (_INPUT, _INPUT), interpolation=cv2.INTER_AREA)
        tensor = shown.astype(np.float32) / np.float32(255)
        plain = self._network(tensor)[0][..., 0]
        mirrored = self._network(np.ascontiguousarray(tensor[:, ::-1]))[0][:, ::-1, 0]
        size = (pixels.shape[1], pixels.shape[0])
        mean = np.asarray((plain + mirrored) / 2, np.float32)
        enlarged = cv2.resize(mean, size, interpolation=cv2.INTER_CUBIC)
        return np.asarray(np.clip(enlarged, 0, 1), np.float32)


def person_matte(pixels: Pixels, face: Face | None = None, alpha: Pixels | None = None) -> Matte:
    """The matte of one picture: its own transparency where it has any, else the network's."""
    if alpha is not None and float((alpha < 255 * _HALF).mean()) >= _TRIVIAL_ALPHA:
        return np.asarray(alpha.astype(np.float32) / np.float32(255), np.float32)
    return Matter().person(pixels, face)


def _decided(matte: Matte, background: float, person: float) -> Matte:
    """The matte stretched so that what is nearly sure is sure."""
    return np.asarray(np.clip((matte - background) / (person - background), 0, 1), np.float32)


def _close_window(pixels: Pixels, face: Face) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the square about head and shoulders; None if no closer."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = face.box
    tall = max(bottom - top, right - left)
    side = _CLOSE_SIDE * tall
    if side > _CLOSE_SHARE * max(height, width):
        return None
    x, y = (left + right) / 2 - side / 2, top - _CLOSE_ABOVE * tall
    return (
        max(0, round(x)),
        max(0, round(y)),
        min(width, round(x + side)),
        min(height, round(y + side)),
    )


def _inner_weight(
    shape: tuple[int, ...], window: tuple[int, int, int, int], picture: tuple[int, ...]
) -> Matte:
    """1 in the middle of the window, falling to 0 at its sides that are not the picture's."""
    left, top, right, bottom = window
    rows = _ramp(shape[0], top > 0, bottom < picture[0])
    columns = _ramp(shape[1], left > 0, right < picture[1])
    return np.asarray(rows[:, None] * columns[None], np.float32)


def _ramp(length: int, at_start: bool, at_end: bool) -> NDArray[np.float32]:
    border = max(1.0, _CLOSE_BORDER * length)
    position = np.arange(length, dtype=np.float32)
    ramp = np.ones(length, np.float32)
    if at_start:
        ramp = np.minimum(ramp, position / np.float32(border))
    if at_end:
        ramp = np.minimum(ramp, position[::-1] / np.float32(border))
    return ramp


def _mended(matte: Matte, face: Face | None) -> Matte:
    """The matte with small holes filled, the face solid, and loose parts dropped."""
    if face is not None:
        outline = np.round(face.points[list(topology.OVAL), :2]).astype(np.int32)
        cv2.fillConvexPoly(matte, cv2.convexHull(outline), 1.0)
    return _without_islands(_without_holes(matte, face), face)


def _with_whole_head(matte: Matte, followed: Matte, face: Face) -> Matte:
    """The matte without the dips that colour alone made inside of a head.

    A dip is filled to the height of what encloses it, but no further than the matte that followed
    the edges of the picture.
    """
    left, top, right, bottom = face.box
    ears = _EARS * (right - left)
    rows = slice(max(0, round(top)), max(0, round(bottom)))
    columns = slice(max(0, round(left - ears)), max(0, round(right + ears)))
    part = matte[rows, columns]
    if part.size:
        np.maximum(part, np.minimum(_filled(part), followed[rows, columns]), out=part)
    return matte


def _filled(matte: Matte) -> Matte:
    """The matte with what is enclosed raised: the sides of the picture enclose nothing."""
    filled = matte.copy()
    framed = np.pad(matte, 1)
    for level in _LEVELS:
        _, labels = cv2.connectedComponents((framed < level).astype(np.uint8), connectivity=4)
        open_ = np.zeros(labels.max() + 1, bool)
        open_[labels[framed < _SURELY_GROUND]] = True
        open_[0] = True
        filled[~open_[labels[1:-1, 1:-1]]] = level
    return filled


def _without_holes(matte: Matte, face: Face | None) -> Matte:
    empty = (matte < _HALF).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(empty, connectivity=4)
    filled = stats[:, cv2.CC_STAT_AREA] <= _SMALL_HOLE * matte.size
    if face is not None:
        filled |= _in_chest(np.asarray(stats, np.int32), face, matte.shape[1])
    filled[0] = False
    return np.where(filled[labels], np.float32(1), matte)


def _in_chest(stats: NDArray[np.int32], face: Face, width: int) -> NDArray[np.bool_]:
    """Which gaps are clothes that look like the background: under the chin, between the arms."""
    left, top, right, bottom = face.box
    start = stats[:, cv2.CC_STAT_TOP]
    first = stats[:, cv2.CC_STAT_LEFT]
    last = first + stats[:, cv2.CC_STAT_WIDTH]
    below = (start > bottom) & (start < bottom + _CHEST * (bottom - top))
    under_face = (first < right) & (last > left)
    return np.asarray(below & under_face & (first > 0) & (last < width))


def _without_islands(matte: Matte, face: Face | None) -> Matte:
    """The matte of the person's parts: the one with the face, or the largest, and large others."""
    solid = (matte >= _HALF).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    if count <= 1:
        return matte
    areas = stats[:, cv2.CC_STAT_AREA]
    main = 1 + int(np.argmax(areas[1:]))
    if face is not None:
        x, y = face.points[:, :2].mean(axis=0)
        row = int(np.clip(y, 0, matte.shape[0] - 1))
        main = int(labels[row, int(np.clip(x, 0, matte.shape[1] - 1))]) or main
    dropped = areas < _SMALL_ISLAND * areas[main]
    dropped[[0, main]] = False
    loose = cv2.dilate(dropped[labels].astype(np.uint8), np.ones((9, 9), np.uint8))
    return np.where(loose > 0, np.float32(0), matte)
