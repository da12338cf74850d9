"""The dark lines at the mouth's corners, which fade as the lips are pushed out."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.puppet.fields import Box
from talkies.face.puppet.lips import LipRest
from talkies.face.puppet.resampling import blurred, resized
from talkies.media.yuv import Planes

#: Middle of the faded place beyond the corner, and its half axes along and across, in D.
_BEYOND, _LONG, _HIGH = 0.015, 0.085, 0.050
#: Dark lines thinner than this are filled in, in D.
_LINE = 0.045
#: Share of a line that goes when the lips are fully pushed out.
_MOST = 0.85
#: Steps of fading; between them nothing is drawn anew.
STEPS = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crease:
    """One corner: its planes without the line at `box`, and how much of them may show."""

    box: Box
    filled: Planes
    cover: NDArray[np.float32]


def creases(axes: FaceAxes, rest: LipRest, source: Planes) -> tuple[Crease, ...]:
    """Both corners of a portrait."""
    seam = rest.seam
    ends = ((rest.across[0], seam[0], -1.0), (rest.across[-1], seam[-1], 1.0))
    made = (_crease(axes, np.array([u + side * _BEYOND, v]), side, source) for u, v, side in ends)
    return tuple(crease for crease in made if not crease.box.empty)


def fade_creases(made: tuple[Crease, ...], source: Planes, target: Planes, step: int) -> None:
    """Writes the corners of `source` into `target`, faded by `step` of `STEPS`."""
    strength = np.float32(_MOST * step / STEPS)
    for crease in made:
        cover = crease.cover * strength
        half = crease.box.halved()
        for plane, fill, goal, box in (
            (source.y, crease.filled.y, target.y, crease.box),
            (source.u, crease.filled.u, target.u, half),
            (source.v, crease.filled.v, target.v, half),
        ):
            weight = resized(cover, box.size)
            old = plane[box.slices].astype(np.float32)
            mixed = old + (fill.astype(np.float32) - old) * weight
            goal[box.slices] = np.asarray(mixed + np.float32(0.5), np.uint8)


def _crease(axes: FaceAxes, middle: Points, side: float, source: Planes) -> Crease:
    reach = np.array([(a * _LONG, b * _HIGH) for a in (-1, 1) for b in (-1, 1)])
    height, width = source.y.shape
    frame = Box(0, 0, width, height)
    box = Box.around(axes.to_picture(middle + reach), 2).within(frame).even()
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1]
    away = (axes.to_face(np.stack([x, y], -1)) - middle) / (_LONG, _HIGH)
    inwards = np.clip(1 + side * away[..., 0] * 0.9, 0, 1)
    cover = np.clip(1 - (away**2).sum(-1), 0, 1) * inwards
    return Crease(
        box=box,
        filled=_without_lines(source, box, _LINE * axes.unit),
        cover=np.asarray(np.minimum(1, 1.8 * cover), np.float32),
    )


def _without_lines(source: Planes, box: Box, thickness: float) -> Planes:
    """A patch whose thin dark lines are closed over by the skin around them."""
    half = box.halved()
    size = 2 * max(1, round(thickness / 2)) + 1
    small = 2 * max(1, round(thickness / 4)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    closed = cv2.morphologyEx(np.ascontiguousarray(source.y[box.slices]), cv2.MORPH_CLOSE, disc)
    chroma = [
        np.asarray(cv2.blur(plane[half.slices], (small, small)), np.uint8)
        for plane in (source.u, source.v)
    ]
    return Planes(blurred(np.asarray(closed, np.uint8), max(0.6, thickness / 8)), *chroma)
