"""Where the eyes of an expression differ from neutral's, so that they can be laid over others.

Closed lids are laid over every drawing that speaks, and so are the eyes and brows of a feeling:
both are in the upper face, which speech leaves alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.core.rig.model import BLINK, NEUTRAL, Rig, RigConfig, Sequence, State
from talkies.core.rig.mouths import spoken
from talkies.core.rig.upper_face import calm
from talkies.face.puppet.fields import Box
from talkies.media.yuv import Planes

Plane = NDArray[np.uint8]
_Names = tuple[str, ...]

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

#: The upper face reaches beyond both lids: to the sides, up to the highest brows and down to what
#: rises under laughing eyes, as shares of the width from one eye's corner to the other's.
ASIDE, ABOVE, BELOW = 0.25, 0.5, 0.14
#: And down by at least this share of the lids' height.
BELOW_LIDS: Final = 0.6
#: Of what an expression changes above the mouth, this share may lie elsewhere: of more, it was
#: painted anew as a whole.
ELSEWHERE: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayDrawings:
    """The drawings that tell where one expression's eyes and brows are in one pose."""

    state: State
    #: Neutral, the expression, and closed lids, which tell where the eyes are.
    rest: str
    shown: str
    closed: str
    #: Drawings with another mouth and the same eyes.
    mouths: tuple[str, ...]
    #: Drawings with other brows over which they are laid, or on the way to which they change.
    others: tuple[str, ...]
    #: Those that can be laid over: the expression's, and those on the way to it.
    fitting: tuple[str, ...]

    @property
    def seen(self) -> tuple[str, ...]:
        return (self.rest, self.shown, self.closed, *self.mouths, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayMask:
    """How much of the upper face shows in a box, 255 all of it."""

    #: Even on all sides.
    box: Box
    #: Uint8 (H, W) of the box, and (H/2, W/2).
    luma: Plane
    chroma: Plane


def lid_drawings(rig: Rig) -> tuple[OverlayDrawings, ...]:
    """For every pose that has a drawing with closed eyes."""
    return tuple(each for each in overlay_drawings(rig) if each.state.expression == BLINK)


def overlay_drawings(rig: Rig) -> Iterator[OverlayDrawings]:
    """For closed lids, and every other expression with eyes or brows of its own, in every pose."""
    still = calm(rig.config)
    for pose in rig.config.poses:
        neutral, blink = State(NEUTRAL, pose), State(BLINK, pose)
        if neutral not in rig.endpoints or blink not in rig.endpoints:
            continue
        mouths = tuple(rig.endpoints[State(mouth, pose)] for mouth in _mouths(rig, pose, still))
        for name in rig.config.expressions:
            state = State(name, pose)
            if name in still or state not in rig.endpoints:
                continue
            others, fitting = _beside(rig, state, still)
            yield OverlayDrawings(
                state=state,
                rest=rig.endpoints[neutral],
                shown=rig.endpoints[state],
                closed=rig.endpoints[blink],
                mouths=mouths,
                others=others,
                fitting=fitting,
            )


def _beside(rig: Rig, state: State, still: frozenset[str]) -> tuple[_Names, _Names]:
    """Drawings with other brows beside an expression, and those in which its own can be laid."""
    if state.expression == BLINK:
        neutral = State(NEUTRAL, state.pose)
        ways = [way for way in rig.sequences if {way.start, way.end} == {neutral, state}]
        return (), _fitting(rig, state, ways)
    joined = [way for way in rig.sequences if _joins(way, state)]
    ends = {way.end if way.start == state else way.start: way for way in joined}
    own = [end for end in ends if end.expression not in still and end.expression != BLINK]
    speaking = [State(name, state.pose) for name in sorted(spoken(rig.config) - still)]
    others = dict.fromkeys([*own, *speaking])
    return (
        tuple(rig.endpoints[each] for each in others if each in rig.endpoints and each != state),
        _fitting(
            rig,
            state,
            [way for way in joined if _latest(rig.config, (way.start, way.end), still) == state],
        ),
    )


def _joins(way: Sequence, state: State) -> bool:
    """Whether a sequence leads from an expression to another one in the same pose."""
    return state in {way.start, way.end} and way.start.pose == way.end.pose


def _latest(config: RigConfig, ends: Iterable[State], still: frozenset[str]) -> State | None:
    """Of the ends of a sequence that have eyes or brows of their own, the one named last."""
    order = list(config.expressions)
    own = [end for end in ends if end.expression not in still]
    return max(own, key=lambda end: order.index(end.expression), default=None)


def _fitting(rig: Rig, state: State, ways: Iterable[Sequence]) -> _Names:
    stops = (stop.drawing for way in ways for stop in way.stops)
    return tuple(dict.fromkeys([rig.endpoints[state], *stops]))


def _mouths(rig: Rig, pose: str, still: frozenset[str]) -> list[str]:
    """Up to two expressions that change the mouth and nothing else."""
    expressions = rig.config.expressions
    mouth = expressions[NEUTRAL].mouth
    return [
        name
        for name, one in expressions.items()
        if name in still and one.mouth != mouth and State(name, pose) in rig.endpoints
    ][:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The pictures of `OverlayDrawings`."""

    rest: Planes
    shown: Planes
    closed: Planes
    mouths: tuple[Planes, ...]
    others: tuple[Planes, ...] = ()


def overlay_mask(state: State, seen: Seen) -> OverlayMask | None:
    """Where an expression's eyes and brows are; None where nothing or more has changed."""
    if state.expression == BLINK:
        return _lid_mask(seen)
    return _upper_mask(seen)


def _lid_mask(seen: Seen) -> OverlayMask | None:
    changed = _changed(seen.rest, seen.closed)
    if not changed.any() or changed.mean() > AREA_MAX:
        return None
    grown = _grown(changed)
    if _lowest(grown) > LOWEST * seen.rest.height or _touches(grown, seen):
        return None
    return _soft(grown, seen.rest)


def _upper_mask(seen: Seen) -> OverlayMask | None:
    lids = _changed(seen.rest, seen.closed)
    if not lids.any() or lids.mean() > AREA_MAX:
        return None
    around = _around_eyes(lids)
    changed = np.maximum.reduce(
        [_changed(seen.rest, other) for other in (seen.shown, *seen.others)]
    )
    above = changed[: around.y1]
    inside = np.zeros_like(changed)
    inside[around.slices] = changed[around.slices]
    if not inside.any() or above.sum() - inside.sum() > ELSEWHERE * inside.sum():
        return None
    grown = _grown(inside)
    if _touches(grown, seen):
        return None
    return _soft(grown, seen.rest)


def _around_eyes(lids: Plane) -> Box:
    """Where eyes and brows can be, around the lids."""
    rows, columns = np.flatnonzero(lids.any(axis=1)), np.flatnonzero(lids.any(axis=0))
    wide, high = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    height, width = lids.shape
    aside, below = round(ASIDE * wide), round(max(BELOW * wide, BELOW_LIDS * high))
    return Box(
        max(0, int(columns[0]) - aside),
        max(0, int(rows[0]) - round(ABOVE * wide)),
        min(width, int(columns[-1]) + 1 + aside),
        min(height, int(rows[-1]) + 1 + below),
    )


def _grown(changed: Plane) -> Plane:
    return np.asarray(cv2.dilate(changed, _disc(GROWTH * max(changed.shape))), np.uint8)


def _soft(grown: Plane, planes: Planes) -> OverlayMask:
    """The mask of a region, soft at its edge."""
    longer = max(grown.shape)
    box = _even_box(grown, planes, round(4 * SOFTNESS * longer) + 2)
    soft = cv2.GaussianBlur(grown[box.slices] * 255, (0, 0), max(0.7, SOFTNESS * longer))
    half = cv2.resize(soft, (box.width // 2, box.height // 2), interpolation=cv2.INTER_AREA)
    return OverlayMask(box=box, luma=np.asarray(soft, np.uint8), chroma=np.asarray(half, np.uint8))


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


def _touches(mask: Plane, seen: Seen) -> bool:
    """Whether a mask reaches into what a mouth changes."""
    for mouth in seen.mouths:
        moved = _changed(seen.rest, mouth)
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


def lay_over(base: Planes, other: Planes, mask: OverlayMask) -> Planes:
    """`base` with the upper face of another drawing, in new arrays."""
    box = mask.box
    half = Box(box.x0 // 2, box.y0 // 2, box.x1 // 2, box.y1 // 2)
    result = base.copy()
    for target, source in ((result.y, other.y), (result.alpha, other.alpha)):
        if target is not None and source is not None:
            _blend(target[box.slices], source[box.slices], mask.luma)
    for target, source in ((result.u, other.u), (result.v, other.v)):
        _blend(target[half.slices], source[half.slices], mask.chroma)
    return result


def _blend(target: Plane, source: Plane, mask: Plane) -> None:
    weight = mask.astype(np.int32)
    mixed = target * (255 - weight) + source * weight
    target[...] = (mixed + 127) // 255
