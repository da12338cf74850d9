"""The track of one face through a whole video: its mouth, its rigid points, what stood still."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from talkies.face.finding import topology
from talkies.face.finding.landmarks import Face, Landmarker, Pixels
from talkies.score.following import Follower
from talkies.score.matching import Strip, StripCutter, believed, lip_distance
from talkies.score.reading import MouthReading, read_mouth
from talkies.score.stability import Points
from talkies.score.sync import Mask, Series

#: Told the number of frames read so far.
Counter: TypeAlias = Callable[[int], None]

#: Seconds over which D is averaged: the head moves slowly, the landmarks tremble.
EYE_DISTANCE_SECONDS = 0.4
#: Percentile of a length taken as the closed, or resting, mouth.
CLOSED_PERCENTILE = 2.0
#: Side, in pixels, of the square around a face, over which frames are reduced by a whole factor
#: before they are read: the network sees 192 pixels, and reading more costs a third of the time
#: without changing any measure (four videos, r within .001).
LARGEST_FACE = 288
#: Lengths of a reading that become curves.
LENGTHS = ("inner", "tight", "outer", "width")
#: Every how many frames the background is compared; it changes slowly and costs a whole frame.
BACKGROUND_EVERY = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """One value a frame. Lengths are in D; where no face was found they are interpolated."""

    fps: float
    valid: Mask
    #: Opening of the lips above the video's own smallest, from landmarks and matched pictures.
    opening: Series
    #: Gap between the inner edges of the lips, from the tightest look, (frames,).
    gap: Series
    #: Change of the width between the mouth corners, relative to its median, (frames,).
    width: Series
    #: D in pixels of the frames as they were read, (frames,).
    eye_distance: Series
    #: Rigid points, in the same pixels, (frames, 20, 2).
    rigid: Points
    #: Mean absolute difference of the face to the frame before, grey levels; inf at the first.
    change: Series
    #: Mean squared difference of the background to the portrait's, at every fifth frame.
    background_error: Series
    #: Most faces seen at once.
    most_faces: int

    @property
    def frames(self) -> int:
        return len(self.valid)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backdrop:
    """The portrait behind the person."""

    #: RGB (height, width, 3), of the video's size.
    pixels: Pixels
    #: True where only background is, (height, width).
    mask: Mask

    def error(self, pixels: Pixels) -> float:
        """Mean squared difference of a frame in the background."""
        difference = cv2.absdiff(pixels, self.pixels)[self.mask].astype(np.float32)
        return float((difference**2).mean())


def track_face(
    frames: Iterable[Pixels], *, fps: float, backdrop: Backdrop | None, counted: Counter
) -> Track:
    """Follow the face through all frames, RGB (height, width, 3), one at a time."""
    recorder = _Recorder(backdrop)
    for index, pixels in enumerate(frames):
        recorder.add(pixels)
        counted(index + 1)
    return recorder.track(fps)


class _Recorder:
    """Reads frame after frame and keeps only numbers and one narrow strip of each."""

    def __init__(self, backdrop: Backdrop | None) -> None:
        self._landmarker = Landmarker()
        self._follower = Follower(self._landmarker)
        self._cutter = StripCutter()
        self._backdrop = backdrop
        self._before: Pixels | None = None
        self._factor: int | None = None
        self._readings: list[MouthReading | None] = []
        self._strips: list[Strip] = []
        self._change: list[float] = []
        self._background: list[float] = []

    def add(self, pixels: Pixels) -> None:
        whole = pixels
        pixels, face = self._seen(whole)
        reading = read_mouth(self._landmarker, pixels, face) if face else None
        if face is not None and reading is not None:
            self._strips.append(self._cutter.cut(pixels, face, reading))
        if self._backdrop is not None and len(self._readings) % BACKGROUND_EVERY == 0:
            self._background.append(self._backdrop.error(whole))
        self._change.append(_change(pixels, self._before, face))
        self._readings.append(reading)
        self._before = pixels

    def _seen(self, whole: Pixels) -> tuple[Pixels, Face | None]:
        """The frame reduced as the first face allows, and the face in it."""
        pixels = _reduced(whole, self._factor or 1)
        face = self._follower.follow(pixels)
        if face is not None and self._factor is None:
            self._factor = max(1, math.ceil(face.region.side / LARGEST_FACE))
            if self._factor > 1:
                self._follower = Follower(self._landmarker)
                return self._seen(whole)
        return pixels, face

    def track(self, fps: float) -> Track:
        """The curves of all frames that were added."""
        readings = self._readings
        valid = np.array([reading is not None for reading in readings], np.bool_)
        eyes = _smooth(_series(readings, valid, "eye_distance"), valid, fps)
        lengths = {name: _series(readings, valid, name) / eyes for name in LENGTHS}
        drawn = (_above(lengths["inner"], valid) + _above(lengths["outer"], valid)) / 2
        matched = lip_distance(self._strips, drawn[valid])
        rest = float(np.median(lengths["width"][valid])) if valid.any() else 1.0
        nowhere = np.zeros((len(topology.RIGID), 2))
        return Track(
            fps=fps,
            valid=valid,
            opening=believed(matched, valid, drawn),
            gap=lengths["tight"],
            width=lengths["width"] / rest - 1,
            eye_distance=eyes,
            rigid=np.stack([nowhere if r is None else r.rigid for r in readings]),
            change=np.array(self._change),
            background_error=np.array(self._background),
            most_faces=self._follower.most_faces,
        )


def _reduced(pixels: Pixels, factor: int) -> Pixels:
    """A frame reduced by a whole factor, by area averaging."""
    if factor == 1:
        return pixels
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    part = pixels[: height * factor, : width * factor]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _series(readings: list[MouthReading | None], valid: Mask, name: str) -> Series:
    """One length over time, with straight lines where no face was found."""
    if not valid.any():
        return np.ones(len(valid))
    known = np.array([getattr(reading, name) for reading in readings if reading is not None])
    where = np.flatnonzero(valid)
    return np.asarray(np.interp(np.arange(len(valid)), where, known), np.float64)


def _smooth(curve: Series, valid: Mask, fps: float) -> Series:
    """Moving average over `EYE_DISTANCE_SECONDS`, of valid frames only."""
    window = np.ones(2 * round(EYE_DISTANCE_SECONDS * fps / 2) + 1)
    if len(curve) < len(window):
        return np.full_like(curve, curve.mean())
    weight = valid.astype(np.float64) + 1e-9
    total = np.convolve(curve * weight, window, mode="same")
    return np.asarray(total / np.convolve(weight, window, mode="same"), np.float64)


def _above(curve: Series, valid: Mask) -> Series:
    """A length above the smallest of this video."""
    return curve - (np.percentile(curve[valid], CLOSED_PERCENTILE) if valid.any() else 0.0)


def _change(pixels: Pixels, before: Pixels | None, face: Face | None) -> float:
    if before is None or before.shape != pixels.shape:
        return float("inf")
    left, top, right, bottom = (0, 0, pixels.shape[1], pixels.shape[0])
    if face is not None:
        box = np.array(face.box)
        left, top = (int(value) for value in np.maximum(np.floor(box[:2]), 0))
        right, bottom = (int(value) for value in np.ceil(box[2:]))
    part = (slice(top, bottom), slice(left, right))
    if pixels[part].size == 0:
        return float("inf")
    return float(cv2.absdiff(pixels[part], before[part]).mean())
