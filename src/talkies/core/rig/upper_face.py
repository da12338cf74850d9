"""The eyes and brows of a feeling, laid over the drawings of a mouth that speaks."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from talkies.core.rig.graph import RigGraph, Way
from talkies.core.rig.model import BLINK, NEUTRAL, RigConfig, State
from talkies.core.rig.mouths import spoken

#: Seconds in which the upper face calms down before drawings that cannot bear its feeling, as those
#: of a turning head, and takes it up again after them.
RAMP_SECONDS: Final = Fraction(1, 5)
RAMP_FRAMES: Final = 3


def calm(config: RigConfig) -> frozenset[str]:
    """The expressions whose eyes and brows do what neutral's do."""
    neutral = config.expressions[NEUTRAL]
    return frozenset(
        name
        for name, expression in config.expressions.items()
        if (expression.eyes, expression.brows) == (neutral.eyes, neutral.brows)
    )


def wide_eyed(config: RigConfig) -> frozenset[str]:
    """The expressions whose eyes are open wider than neutral's, which its lids do not cover."""
    return frozenset(
        name for name, expression in config.expressions.items() if "wide" in expression.eyes
    )


def felt_from(config: RigConfig, expression: str) -> float:
    """The share of the way from neutral to an expression on which eyes and brows do nothing yet.

    That of the seed's surprise is a half: its way leads through the mouth of an "ah".
    """
    still = calm(config)
    ways: dict[str, tuple[str, ...]] = {NEUTRAL: ()}
    line = [NEUTRAL]
    for name in line:
        for path in config.base_paths:
            for start, end in ((path.start, path.end), (path.end, path.start)):
                if start == name and end not in ways:
                    ways[end] = (*ways[name], end)
                    line.append(end)
    way = ways.get(expression, ())
    begun = next((number for number, name in enumerate(way) if name not in still), 0)
    return begun / len(way) if way else 0.0


def laid_over(
    graph: RigGraph,
    overlays: Collection[State],
    shown: NDArray[np.int32],
    wanted: NDArray[np.int32],
    fps: Fraction,
) -> dict[int, str]:
    """The drawings whose eyes and brows are laid over those of frames, by frame.

    `shown` is the node of each frame, shape (frames,), and `wanted` the one whose feeling it is to
    have: where both are the same nothing is laid over. `overlays` are the states whose eyes and
    brows can be. A feeling fades before frames that cannot bear it, and comes again after them.
    """
    face = _UpperFace(graph, overlays)
    busy = np.flatnonzero(shown != wanted).tolist()
    pairs = {frame: (int(shown[frame]), int(wanted[frame])) for frame in busy}
    barred = np.array([frame for frame, pair in pairs.items() if not face.bears(*pair)])
    ramp = max(RAMP_FRAMES, round(RAMP_SECONDS * fps)) + 1
    laid = {}
    for frame, (under, over) in pairs.items():
        share = min(1.0, _nearest(barred, frame, ramp) / ramp)
        drawing = face.drawing(over, share)
        if drawing is not None and drawing != graph.nodes[under].drawing:
            laid[frame] = drawing
    return laid


def _nearest(places: NDArray[np.int_], place: int, most: int) -> int:
    """How far away the nearest of some places in order is; `most` where none is nearer."""
    after = int(np.searchsorted(places, place))
    near = places[max(after - 1, 0) : after + 1]
    return int(min(np.abs(near - place).min(), most)) if len(near) else most


class _UpperFace:
    """Which eyes and brows can be laid over which drawings."""

    def __init__(self, graph: RigGraph, overlays: Collection[State]) -> None:
        self._graph, self._overlays = graph, frozenset(overlays)
        self._calm = calm(graph.rig.config)
        self._bearing = (self._calm | spoken(graph.rig.config)) - {BLINK}
        self._beside = self._neighbours()
        self._ways: dict[int, Way | None] = {}
        self._borne: dict[tuple[int, int], bool] = {}

    def bears(self, shown: int, wanted: int) -> bool:
        """Whether a node's drawing can have the feeling of another one."""
        if (shown, wanted) not in self._borne:
            self._borne[shown, wanted] = self._bears(shown, wanted)
        return self._borne[shown, wanted]

    def drawing(self, wanted: int, share: float) -> str | None:
        """The drawing in which a node's feeling is shown so far; None where it is not seen."""
        if share <= 0 or not self._own(wanted):
            return None
        if share < 1:
            way = self._way(wanted)
            if way is None:
                return None
            wanted = way.at(share)
        return self._graph.nodes[wanted].drawing if self._own(wanted) else None

    def _bears(self, shown: int, wanted: int) -> bool:
        under, over = self._graph.nodes[shown], self._graph.nodes[wanted]
        if under.turning or over.turning:
            return False
        own = self._own(wanted)
        if not own:
            return True
        pose = over.start.pose
        if under.start.pose != pose or not {State(name, pose) for name in own} <= self._overlays:
            return False
        covered = own.union(*(self._beside.get(State(name, pose), ()) for name in own))
        return {under.start.expression, under.end.expression} <= self._bearing | covered

    def _own(self, number: int) -> frozenset[str]:
        node = self._graph.nodes[number]
        return frozenset({node.start.expression, node.end.expression}) - self._calm

    def _way(self, wanted: int) -> Way | None:
        """The way from neutral to a node, from where eyes and brows begin to change."""
        if wanted not in self._ways:
            neutral = self._graph.node(State(NEUTRAL, self._graph.nodes[wanted].start.pose))
            way = None if neutral is None else self._graph.way(neutral, wanted)
            self._ways[wanted] = None if way is None else self._trimmed(way)
        return self._ways[wanted]

    def _trimmed(self, way: Way) -> Way:
        still = [place for place, node in enumerate(way.nodes) if not self._own(node)]
        first = still[-1] if still else 0
        begun = way.lengths[first]
        return Way(
            nodes=way.nodes[first:],
            lengths=tuple(length - begun for length in way.lengths[first:]),
        )

    def _neighbours(self) -> Mapping[State, frozenset[str]]:
        """The expressions with other brows to which sequences lead, which masks cover as well."""
        found: dict[State, set[str]] = {}
        for way in self._graph.rig.sequences:
            for one, other in ((way.start, way.end), (way.end, way.start)):
                if one.pose == other.pose and other.expression != BLINK:
                    found.setdefault(one, set()).add(other.expression)
        return {state: frozenset(names) - self._calm for state, names in found.items()}
