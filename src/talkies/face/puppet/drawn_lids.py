"""Blinks of drawn eyes: skin comes down over the eye, with the band of lashes at its edge."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.puppet.drawn_eyes import DrawnEye, softened
from talkies.face.puppet.fields import Box, smoothstep
from talkies.face.puppet.resampling import blurred, read_through, resized
from talkies.media.yuv import Planes

Plane = NDArray[np.float32]

#: Reaches, in D, over which skin is spread where the eye was.
_REACHES = (0.012, 0.04, 0.12, 0.4)
#: How far the lid's skin goes beyond the eye's edge, and how soft that edge is, in D.
_BEYOND, _SOFT = 0.010, 0.006
#: Softness of the lid's own edge and of the lashes, in pixels at least, and in D.
_EDGE_PIXELS, _EDGE = 0.6, 0.003
#: How far closed a lid is when what is left of the eye below its lashes begins to be skin, too.
_ALL_SKIN = (0.8, 1.0)
#: How gently the lashes begin to fall at the corners.
_ARCH = 1.1
#: A closed lid is in the light from above: its skin is so much darker at the lashes, in levels.
_SHADE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnLid:
    """One eye that can close, in the pixels of `box`."""

    box: Box
    #: Middle, half width and half height of the eye in the face frame.
    middle: Points
    half: float
    tall: float
    #: Row of the lashes' lower edge at every column, in rows of the box, and how far they fall.
    top: Plane
    fall: Plane
    #: Where the lid's skin may cover, and the lashes' cover, 0 to 1.
    cover: Plane
    lashes: Plane
    #: The patch as skin only, and as lashes only: Y, U, V planes.
    skin: Planes
    dark: Planes
    softness: float

    def close(self, source: Planes, target: Planes, blink: float) -> None:
        """Lays the lid, closed by `blink` (0 to 1), over the eye in `target`."""
        del source
        fall = np.float32(blink) * self.fall
        rows = np.arange(self.box.height, dtype=np.float32)[:, None]
        edge = self.top + fall
        above = np.clip((edge - rows) / np.float32(2 * self.softness) + np.float32(0.5), 0, 1)
        field = np.zeros((*self.cover.shape, 2), np.float32)
        field[..., 1] = -fall
        lashes = blurred(read_through(self.lashes, field, relative=True), self.softness)
        above = np.maximum(above, np.float32(smoothstep(np.array(blink), *_ALL_SKIN)))
        near = np.clip(1 - (edge - rows) / np.maximum(self.fall, 1), 0, 1) * (rows < edge)
        shade = np.asarray(_SHADE * blink * near**2, np.float32)
        self._lay(target, self.skin, above * self.cover, shade)
        self._lay(target, self.dark, lashes, np.zeros_like(shade))

    def _lay(self, target: Planes, colour: Planes, cover: Plane, shade: Plane) -> None:
        half = self.box.halved()
        for goal, plane, box, scale in (
            (target.y, colour.y, self.box, 1.0),
            (target.u, colour.u, half, 0.0),
            (target.v, colour.v, half, 0.0),
        ):
            weight = resized(cover, box.size)
            laid = plane.astype(np.float32)
            if scale:
                laid = laid - shade
            below = goal[box.slices].astype(np.float32)
            goal[box.slices] = np.asarray(
                below + (laid - below) * weight + np.float32(0.5), np.uint8
            )


def drawn_lids(
    axes: FaceAxes, eyes: tuple[DrawnEye, DrawnEye], source: Planes
) -> tuple[DrawnLid, ...]:
    """Both lids of a drawn face."""
    return tuple(_lid(axes, eye, source) for eye in eyes)


def _lid(axes: FaceAxes, eye: DrawnEye, source: Planes) -> DrawnLid:
    beyond = max(1.0, _BEYOND * axes.unit)
    side = 2 * round(beyond) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    grown = cv2.dilate(eye.whole.astype(np.uint8), disc) > 0
    softness = max(_EDGE_PIXELS, _EDGE * axes.unit)
    columns = np.flatnonzero(eye.bottom > eye.top)
    low, high = float(eye.top.min()), float(eye.bottom.max())
    ends = [(columns[0], high), (columns[-1], high), (columns.mean(), low), (columns.mean(), high)]
    face = axes.to_face(np.array(ends) + np.array([eye.box.x0, eye.box.y0]))
    return DrawnLid(
        box=eye.box,
        middle=np.array([face[2:, 0].mean(), face[2:, 1].mean()]),
        half=float(face[1, 0] - face[0, 0]) / 2,
        tall=float(face[3, 1] - face[2, 1]) / 2,
        top=eye.top[None],
        fall=_fall(eye, columns)[None],
        cover=softened(np.asarray(grown), max(0.7, _SOFT * axes.unit)),
        lashes=eye.lashes,
        skin=_only(source, eye.box, eye.skin, axes.unit),
        dark=_only(source, eye.box, eye.ink, axes.unit),
        softness=softness,
    )


def _fall(eye: DrawnEye, columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """How far the lashes fall at every column, in rows: an arch, so that they stay one line."""
    across = np.arange(len(eye.top)) - columns.mean()
    arch = np.clip(1 - (2 * across / max(1, np.ptp(columns))) ** 2, 0, 1) ** _ARCH
    depth = eye.bottom - eye.top
    return np.asarray(arch * float((arch @ depth) / (arch @ arch)), np.float32)


def _only(source: Planes, box: Box, where: NDArray[np.bool_], unit: float) -> Planes:
    """A patch with only what is at `where` in it, spread over the rest."""
    half = box.halved()
    weight = where.astype(np.float32)
    planes = [
        _spread(plane[area.slices], resized(weight, area.size), scale * unit)
        for plane, area, scale in (
            (source.y, box, 1.0),
            (source.u, half, 0.5),
            (source.v, half, 0.5),
        )
    ]
    return Planes(*planes)


def _spread(plane: NDArray[np.uint8], weight: Plane, unit: float) -> NDArray[np.uint8]:
    """Values carried from where they count to everywhere, the nearest ones first."""
    sure = np.asarray(weight > 0.99, np.float32)  # noqa: PLR2004 - whole pixels
    values = plane.astype(np.float32)
    filled, known = values * sure, sure
    for reach in _REACHES:
        spread = blurred(sure, max(0.7, reach * unit))
        found = blurred(values * sure, max(0.7, reach * unit)) / np.maximum(spread, 1e-6)
        share = (1 - known) * np.clip(spread * 4, 0, 1)
        filled, known = filled + found * share, known + share
    mean = float((values * sure).sum() / max(1.0, float(sure.sum())))
    filled = filled + mean * (1 - known)
    return np.asarray(np.clip(np.round(filled), 0, 255), np.uint8)
