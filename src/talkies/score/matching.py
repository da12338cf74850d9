"""The opening of the lips by comparing pictures: how far the lower lip has left the upper one.

Landmarks know what mouths look like and under-read what they have rarely seen: on moustaches and
three-quarter paintings they gave a third of an opening that was plainly there. So each frame is
also compared with the same face's closed mouth: a narrow strip from the nose to the chin, held to
the eyes and the nose, in which the lip and chin below the seam are found again some way down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes
from talkies.face.finding.landmarks import Face, Pixels
from talkies.score.reading import MouthReading
from talkies.score.sync import Mask, Series

#: Colours down the middle of the face, (HEIGHT, 3).
Profile: TypeAlias = NDArray[np.float16]
_Profiles: TypeAlias = NDArray[np.float32]

#: Samples per D along the strip, its width in samples, and its ends in D below the mouth centre.
SCALE = 128
WIDTH = 24
TOP, BOTTOM = -0.34, 0.68
HEIGHT = round((BOTTOM - TOP) * SCALE)
#: Beside the seam, in D, where lips roll and darken; and how much is compared above and below it.
SEAM, ABOVE, BELOW = 0.02, 0.16, 0.34
#: How far, in D, the parts above and below the seam are searched, up and down.
REACH_ABOVE, REACH_BELOW = (-0.08, 0.04), (-0.04, 0.26)
#: Share of the frames, those with the smallest openings, that show the closed mouth; and their
#: least number.
CLOSED_SHARE, FEWEST_CLOSED = 0.05, 3
#: Median correlation of the lower lip with its template from which the match is believed. Renders
#: of 25 faces gave .86 to .98.
BELIEVED = 0.8
#: Frames compared at a time.
BLOCK = 2000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strip:
    """The middle of one face in one frame."""

    profile: Profile
    #: Place of the line between the lips by landmarks, in samples from the top.
    seam: float


class StripCutter:
    """Cuts the same strip out of every frame, held in place by the rigid points of the face."""

    def __init__(self) -> None:
        self._home: tuple[NDArray[np.float64], FaceAxes] | None = None

    def cut(self, pixels: Pixels, face: Face, reading: MouthReading) -> Strip:
        """The strip of a face in a frame; the first face says where it lies."""
        if self._home is None:
            self._home = (reading.rigid, FaceAxes.of(face.points))
        rigid, axes = self._home
        turn, shift = _similarity(rigid, reading.rigid)
        corner = axes.to_picture(np.array([-WIDTH / 2 / SCALE, TOP]))
        basis = np.column_stack([axes.along, axes.down]) * axes.unit / SCALE
        view = np.column_stack([turn @ basis, turn @ corner + shift])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        strip = cv2.warpAffine(pixels, view, (WIDTH, HEIGHT), flags=flags)
        seam = np.linalg.solve(view[:, :2], reading.seam - view[:, 2])
        return Strip(profile=strip.mean(axis=1).astype(np.float16), seam=float(seam[1]))


def lip_distance(strips: Sequence[Strip], opening: Series) -> Series | None:
    """How far the lips are apart in each strip, in D above the closed mouth, (strips,).

    `opening` (strips,), from landmarks, says which strips show the closed mouth. None where the
    face changes too much for the comparison to be believed.
    """
    count = max(FEWEST_CLOSED, round(CLOSED_SHARE * len(strips)))
    if len(strips) < count * 2:
        return None
    profiles = np.stack([strip.profile for strip in strips])
    closed = np.argsort(opening)[:count]
    template = np.median(profiles[closed].astype(np.float32), axis=0)
    seam = float(np.median([strips[index].seam for index in closed]))
    below = (seam + SEAM * SCALE, seam + (SEAM + BELOW) * SCALE)
    above = (seam - (SEAM + ABOVE) * SCALE, seam - SEAM * SCALE)
    lower, match = _displacement(profiles, template, below, REACH_BELOW)
    upper, _ = _displacement(profiles, template, above, REACH_ABOVE)
    if float(np.median(match)) < BELIEVED:
        return None
    return np.asarray((lower - upper) / SCALE, np.float64)


def _similarity(
    source: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn with scale (2, 2) and shift (2,) that bring points (n, 2) nearest to others."""
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    there = (source - middle) @ (1, 1j)
    wanted = (target - goal) @ (1, 1j)
    factor = complex(np.vdot(there, wanted) / np.vdot(there, there))
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return turn, goal - turn @ middle


def _displacement(
    profiles: Profile, template: _Profiles, part: tuple[float, float], reach: tuple[float, float]
) -> tuple[Series, Series]:
    """Where a part of the template lies in each profile: its shift in samples, and its match.

    The match is the normalised correlation, from -1 to 1; shifts come from its highest place,
    refined by a parabola.
    """
    first, last = max(0, round(part[0])), min(HEIGHT, round(part[1]))
    low = max(round(reach[0] * SCALE), -first)
    high = min(round(reach[1] * SCALE), HEIGHT - last)
    wanted = _centred(template[None, first:last])
    shifts, matches = [], []
    for start in range(0, len(profiles), BLOCK):
        block = profiles[start : start + BLOCK].astype(np.float32)
        scores = np.stack(
            [
                (_centred(block[:, first + shift : last + shift]) * wanted).sum(axis=(1, 2))
                for shift in range(low, high + 1)
            ],
            axis=1,
        )
        shifts.append(low + _peaks(scores))
        matches.append(scores.max(axis=1))
    return np.concatenate(shifts).astype(np.float64), np.concatenate(matches).astype(np.float64)


def _centred(parts: _Profiles) -> _Profiles:
    """Parts (n, length, 3) without their mean colour, each of length one."""
    rest = parts - parts.mean(axis=1, keepdims=True)
    size = np.sqrt((rest**2).sum(axis=(1, 2), keepdims=True))
    return np.asarray(rest / np.maximum(size, 1e-3), np.float32)


def _peaks(scores: _Profiles) -> Series:
    """Places of the highest scores of each row, between the columns, (rows,)."""
    rows = np.arange(len(scores))
    best = scores.argmax(axis=1)
    inner = np.clip(best, 1, scores.shape[1] - 2)
    before, here, after = (scores[rows, inner + step] for step in (-1, 0, 1))
    bend = before - 2 * here + after
    offset = np.where(bend < 0, 0.5 * (before - after) / np.minimum(bend, -1e-9), 0.0)
    return np.asarray(best + np.where(best == inner, np.clip(offset, -0.5, 0.5), 0.0), np.float64)


def believed(found: Series | None, valid: Mask, opening: Series) -> Series:
    """The mean of landmarks' and matched openings; the landmarks' alone where nothing matched."""
    if found is None:
        return opening
    where = np.flatnonzero(valid)
    matched = np.interp(np.arange(len(valid)), where, found)
    return np.asarray((opening + matched) / 2, np.float64)
