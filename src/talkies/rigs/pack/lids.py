"""Where closed lids differ from open ones, so that they can be laid over other drawings."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.core.rig.model import BLINK, NEUTRAL, Rig, State
from talkies.face.puppet.fields import Box
from talkies.media.yuv import Planes

Plane = NDArray[np.uint8]

#: Levels of luma by which two drawings differ where they are not the same: PNGs that an editor
#: wrote again, or painted lightly over, stay below.
DIFFERENT: Final = 10
#: Specks up to this share of the longer side are noise.
SPECK: Final = 0.002
#: How far the mask reaches beyond the difference, and how softly it ends, as shares.
GROWTH: Final = 0.006
SOFTNESS: Final = 0.004
#: Lids are small: more of the picture than this has changed for another reason.
AREA_MAX: Final = 0.06
#: How far down from the top lids can be, of the drawing's height.
LOWEST: Final = 0.75
#: Share of the mouth's own changes that the mask may touch.
MOUTH_TOUCHED: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LidDrawings:
    """The drawings of one pose that tell where its lids are."""

    pose: str
    open: str
    closed: str
    #: Drawings with another mouth and the same eyes.
    mouths: tuple[str, ...]
    #: Those whose lids fit: `closed`, and those on the way to it.
    fitting: tuple[str, ...]

    @property
    def seen(self) -> tuple[str, ...]:
        return (self.open, self.closed, *self.mouths)


@dataclass(frozen=True, slots=True, kw_only=True)
class LidMask:
    """How much of the lids shows in a box, 255 all of them."""

    #: Even on all sides.
    box: Box
    #: Uint8 (H, W) of the box, and (H/2, W/2).
    luma: Plane
    chroma: Plane


def lid_drawings(rig: Rig) -> tuple[LidDrawings, ...]:
    """For every pose that has a drawing with closed eyes."""
    found = (_of_pose(rig, pose) for pose in rig.config.poses)
    return tuple(each for each in found if each is not None)


def _of_pose(rig: Rig, pose: str) -> LidDrawings | None:
    neutral, blink = State(NEUTRAL, pose), State(BLINK, pose)
    if neutral not in rig.endpoints or blink not in rig.endpoints:
        return None
    ways = [way for way in rig.sequences if {way.start, way.end} == {neutral, blink}]
    stops = (stop.drawing for way in ways for stop in way.stops)
    return LidDrawings(
        pose=pose,
        open=rig.endpoints[neutral],
        closed=rig.endpoints[blink],
        mouths=tuple(rig.endpoints[State(mouth, pose)] for mouth in _mouths(rig, pose)),
        fitting=tuple(dict.fromkeys([rig.endpoints[blink], *stops])),
    )


def _mouths(rig: Rig, pose: str) -> list[str]:
    """Up to two expressions that change the mouth and nothing else."""
    expressions = rig.config.expressions
    calm = expressions[NEUTRAL]
    return [
        name
        for name, one in expressions.items()
        if (one.eyes, one.brows) == (calm.eyes, calm.brows)
        and one.mouth != calm.mouth
        and State(name, pose) in rig.endpoints
    ][:2]


def lid_mask(opened: Planes, closed: Planes, mouths: list[Planes]) -> LidMask | None:
    """Where `closed` differs from `opened`; None where that is more than lids, or nothing."""
    changed = _changed(opened, closed)
    if not changed.any() or changed.mean() > AREA_MAX:
        return None
    longer = max(changed.shape)
    grown = np.asarray(cv2.dilate(changed, _disc(GROWTH * longer)), np.uint8)
    if _lowest(grown) > LOWEST * opened.height or _touches(grown, opened, mouths):
        return None
    box = _even_box(grown, opened, round(4 * SOFTNESS * longer) + 2)
    soft = cv2.GaussianBlur(grown[box.slices] * 255, (0, 0), max(0.7, SOFTNESS * longer))
    half = cv2.resize(soft, (box.width // 2, box.height // 2), interpolation=cv2.INTER_AREA)
    return LidMask(box=box, luma=np.asarray(soft, np.uint8), chroma=np.asarray(half, np.uint8))


def _changed(one: Planes, other: Planes) -> Plane:
    """1 where two drawings differ visibly, specks left out."""
    parts = [cv2.absdiff(one.y, other.y)]
    if one.alpha is not None and other.alpha is not None:
        parts.append(cv2.absdiff(one.alpha, other.alpha))
    different = np.maximum.reduce([np.asarray(part, np.uint8) for part in parts])
    mask = np.asarray(different > DIFFERENT, np.uint8)
    speck = _disc(SPECK * max(mask.shape))
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, speck), np.uint8)


def _disc(radius: float) -> Plane:
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _lowest(mask: Plane) -> int:
    return int(np.flatnonzero(mask.any(axis=1))[-1])


def _touches(mask: Plane, opened: Planes, mouths: list[Planes]) -> bool:
    """Whether the lids reach into what a mouth changes."""
    for mouth in mouths:
        moved = _changed(opened, mouth)
        if moved.any() and (moved & mask).sum() > MOUTH_TOUCHED * moved.sum():
            return True
    return False


def _even_box(mask: Plane, planes: Planes, margin: int) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(
        max(0, int(columns[0]) - margin) // 2 * 2,
        max(0, int(rows[0]) - margin) // 2 * 2,
        min(planes.width, (int(columns[-1]) + margin + 2) // 2 * 2),
        min(planes.height, (int(rows[-1]) + margin + 2) // 2 * 2),
    )


def lay_over(base: Planes, lids: Planes, mask: LidMask) -> Planes:
    """`base` with the lids of another drawing; the arrays are new, and `base` stays as it is."""
    box = mask.box
    half = Box(box.x0 // 2, box.y0 // 2, box.x1 // 2, box.y1 // 2)
    result = base.copy()
    for target, source in ((result.y, lids.y), (result.alpha, lids.alpha)):
        if target is not None and source is not None:
            _blend(target[box.slices], source[box.slices], mask.luma)
    for target, source in ((result.u, lids.u), (result.v, lids.v)):
        _blend(target[half.slices], source[half.slices], mask.chroma)
    return result


def _blend(target: Plane, source: Plane, mask: Plane) -> None:
    weight = mask.astype(np.int32)
    mixed = target * (255 - weight) + source * weight
    target[...] = (mixed + 127) // 255
