"""Blinks on a character: which lids are shown when, or that they cannot be."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from talkies.core.gestures import CLOSE_SECONDS, OPEN_SECONDS
from talkies.core.mouth.grid import smooth_step
from talkies.core.rig.graph import Node, RigGraph, Way
from talkies.core.rig.model import BLINK, NEUTRAL, State
from talkies.core.rig.playback import Cel
from talkies.core.rig.upper_face import calm, wide_eyed
from talkies.core.timing import TimeRange

#: Lids cover the eyes of a feeling from here on: less closed ones are wider open than eyes that
#: laugh.
COVERING: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Blink:
    """How far lids are closed in some frames one after another."""

    first: int
    #: 0 to 1, shape (frames,).
    closed: NDArray[np.float64]


def blink_of(shut: TimeRange, fps: Fraction) -> Blink:
    """The blink whose lids are shut in these frames: they close before, and open after.

    They do so as fast as lids do (`core.gestures`), on the frame grid.
    """
    close, reopen = CLOSE_SECONDS * float(fps), OPEN_SECONDS * float(fps)
    before, after = math.ceil(close) - 1, math.ceil(reopen) - 1
    frames = np.arange(shut.start - before, shut.end + after)
    away = np.maximum((shut.start - frames) / close, (frames - shut.end + 1) / reopen)
    return Blink(first=shut.start - before, closed=1.0 - smooth_step(away))


class Lids:
    """What a character's lids can do in each of its poses."""

    def __init__(self, graph: RigGraph, poses: Collection[str]) -> None:
        """`poses` are those in which lids may be laid over other drawings."""
        self._graph = graph
        self._over = frozenset(poses)
        self._ways = _ways(graph)
        self._calm = calm(graph.rig.config)
        wide = wide_eyed(graph.rig.config)
        self._wide = frozenset(
            node.drawing
            for node in graph.nodes
            if node.start.expression in wide or node.end.expression in wide
        )

    def cel(self, node: int, closed: float, upper: str | None = None) -> Cel | None:
        """A node's drawing with its lids this far closed, 0 to 1; None where nothing shows it.

        Lids lie over what is laid over the node, `upper`, but not over wide eyes.
        """
        shown = self._graph.nodes[node]
        way = self._way(shown)
        if way is None or upper in self._wide:
            return None
        lids = way.at(closed)
        drawing = self._graph.nodes[lids].drawing
        if node == way.nodes[0] and upper is None:
            return Cel(drawing=drawing)
        if shown.start.pose not in self._over:
            return None
        own = lids == way.nodes[0] or (upper is not None and closed < COVERING)
        closing = None if own else drawing
        return Cel(drawing=shown.drawing, lids=closing, upper=upper)

    def _way(self, shown: Node) -> Way | None:
        """The drawings of closing lids that fit a node; None where the lids are taken."""
        calm = {shown.start.expression, shown.end.expression} <= self._calm
        return self._ways.get(shown.start.pose) if calm and not shown.turning else None


def _ways(graph: RigGraph) -> Mapping[str, Way]:
    """From open lids to closed ones, by pose; without drawings between them, they shut at once."""
    ways = {}
    for pose in graph.rig.config.poses:
        start, end = graph.node(State(NEUTRAL, pose)), graph.node(State(BLINK, pose))
        if start is not None and end is not None:
            way = graph.way(start, end)
            direct = way is not None and all(
                graph.nodes[node].state is None for node in way.nodes[1:-1]
            )
            ways[pose] = way if way and direct else Way(nodes=(start, end), lengths=(0, 100))
    return ways


def blinked(
    lids: Lids,
    shown: NDArray[np.int32],
    blinks: Sequence[TimeRange],
    fps: Fraction,
    upper: Mapping[int, str] = MappingProxyType({}),
) -> tuple[dict[int, Cel], tuple[TimeRange, ...]]:
    """The cels of the frames in which lids move, by frame, and the blinks that none can show.

    `shown` is the node of each frame, shape (frames,), and `upper` what is laid over some of them.
    A blink that cannot be shown in every frame in which it is shut is left out; where only its
    closing or opening cannot, it is faster.
    """

    def cel(frame: int, share: float) -> Cel | None:
        return lids.cel(int(shown[frame]), share, upper.get(frame))

    closed: dict[int, float] = {}
    skipped = []
    for shut in blinks:
        seen = shut.clamped(TimeRange(0, len(shown)))
        if all(cel(frame, 1.0) for frame in range(seen.start, seen.end)):
            _close(lambda frame: cel(frame, 1.0) is not None, shut, fps, len(shown), closed)
        else:
            skipped.append(shut)
    cels = {frame: cel(frame, share) for frame, share in closed.items()}
    return {frame: cel for frame, cel in cels.items() if cel is not None}, tuple(skipped)


def _close(
    can: Callable[[int], bool], shut: TimeRange, fps: Fraction, end: int, closed: dict[int, float]
) -> None:
    """Note in `closed` how far each frame closes its lids for one blink."""
    blink = blink_of(shut, fps)
    before = range(min(shut.start, end) - 1, max(blink.first, 0) - 1, -1)
    after = range(max(shut.start, 0), min(blink.first + len(blink.closed), end))
    for frames in (before, after):
        for frame in frames:
            if not can(frame):
                break
            closed[frame] = max(closed.get(frame, 0.0), float(blink.closed[frame - blink.first]))
