"""Blinks on a character: which lids are shown when, or that they cannot be."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkies.core.gestures import CLOSE_SECONDS, OPEN_SECONDS
from talkies.core.mouth.grid import smooth_step
from talkies.core.rig.graph import Node, RigGraph, Way
from talkies.core.rig.model import BLINK, NEUTRAL, RigConfig, State
from talkies.core.rig.playback import Cel
from talkies.core.timing import TimeRange


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
        self._calm = _calm(graph.rig.config)

    def cel(self, node: int, closed: float) -> Cel | None:
        """A node's drawing with its lids this far closed, 0 to 1; None where nothing shows it."""
        shown = self._graph.nodes[node]
        way = self._way(shown)
        if way is None:
            return None
        lids = way.at(closed)
        drawing = self._graph.nodes[lids].drawing
        if node == way.nodes[0]:
            return Cel(drawing=drawing)
        if shown.start.pose not in self._over:
            return None
        return Cel(drawing=shown.drawing, lids=None if lids == way.nodes[0] else drawing)

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


def _calm(config: RigConfig) -> frozenset[str]:
    """The expressions whose eyes and brows do what neutral's do."""
    neutral = config.expressions[NEUTRAL]
    return frozenset(
        name
        for name, expression in config.expressions.items()
        if (expression.eyes, expression.brows) == (neutral.eyes, neutral.brows)
    )


def blinked(
    lids: Lids, shown: NDArray[np.int32], blinks: Sequence[TimeRange], fps: Fraction
) -> tuple[dict[int, Cel], tuple[TimeRange, ...]]:
    """The cels of the frames in which lids move, by frame, and the blinks that none can show.

    `shown` is the node of each frame, shape (frames,). A blink that cannot be shown in every frame
    in which it is shut is left out; where only its closing or opening cannot, it is faster.
    """
    closed: dict[int, float] = {}
    skipped = []
    for shut in blinks:
        seen = shut.clamped(TimeRange(0, len(shown)))
        if all(lids.cel(int(shown[frame]), 1.0) for frame in range(seen.start, seen.end)):
            _close(lids, shown, shut, fps, closed)
        else:
            skipped.append(shut)
    cels = {frame: lids.cel(int(shown[frame]), share) for frame, share in closed.items()}
    return {frame: cel for frame, cel in cels.items() if cel is not None}, tuple(skipped)


def _close(
    lids: Lids, shown: NDArray[np.int32], shut: TimeRange, fps: Fraction, closed: dict[int, float]
) -> None:
    """Note in `closed` how far each frame closes its lids for one blink."""
    blink, end = blink_of(shut, fps), len(shown)
    before = range(min(shut.start, end) - 1, max(blink.first, 0) - 1, -1)
    after = range(max(shut.start, 0), min(blink.first + len(blink.closed), end))
    for frames in (before, after):
        for frame in frames:
            if lids.cel(int(shown[frame]), 1.0) is None:
                break
            closed[frame] = max(closed.get(frame, 0.0), float(blink.closed[frame - blink.first]))
