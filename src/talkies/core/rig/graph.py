"""Ways between the drawings that a character really has.

The graph's nodes are drawings: one for each state, and the stops inside sequences. Neighbours on a
sequence are joined both ways, at a cost of the percent between them; of two ways equally long the
one that plays more of its sequences forward is taken. With a whole tree these are the seed's own
routes (upstreams 10.3); with drawings missing, what is left of them.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Line
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from talkies.core.rig.model import NEUTRAL, REST, Rig, Sequence, State
from talkies.errors import CharacterInvalid

#: A way's cost is its length in percent times this, plus the percent that it plays backwards: no
#: way is so long that the second reaches into the first.
_LENGTH = 1 << 24


class Direction(StrEnum):
    """How a sequence is played."""

    FORWARD = "forward"
    REVERSE = "reverse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One whole sequence of a route."""

    sequence: str
    direction: Direction
    start: State
    end: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One drawing where a character may stand."""

    drawing: str
    #: The states it is between; twice the same where it shows a state.
    start: State
    end: State

    @property
    def state(self) -> State | None:
        return self.start if self.start == self.end else None

    @property
    def turning(self) -> bool:
        """Whether the head is on its way to another pose."""
        return self.start.pose != self.end.pose


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Nodes one after another, by number; `lengths` counts the percent from the first to each."""

    nodes: tuple[int, ...]
    lengths: tuple[int, ...]

    def at(self, share: float) -> int:
        """The node nearest to this share of the way, 0 to 1; of two as near, the later one."""
        aim = share * self.lengths[-1]
        after = min(bisect_right(self.lengths, aim), len(self.lengths) - 1)
        before = max(after - 1, 0)
        later = self.lengths[after] - aim <= aim - self.lengths[before]
        return self.nodes[after if later else before]


@dataclass(frozen=True, slots=True)
class _Edge:
    """A step between neighbours, as one of them sees it."""

    #: The other one.
    node: int
    percent: int
    sequence: int
    forward: bool

    @property
    def cost(self) -> int:
        return self.percent * _LENGTH + (0 if self.forward else self.percent)


class RigGraph:
    """Where a character can go, and how. Ways to a node are searched once and kept."""

    def __init__(self, rig: Rig) -> None:
        """Raises: CharacterInvalid: the rig has no drawing at all."""
        self.rig = rig
        self._sequences = tuple(
            sorted(
                (way for way in rig.sequences if way.stops and way.start != way.end),
                key=lambda way: way.id,
            )
        )
        drawings = _drawings_of_states(rig.endpoints, self._sequences)
        if not drawings:
            raise CharacterInvalid(
                "The character has no drawings.", details={"reason": "empty", "where": "frames"}
            )
        self._states = {state: number for number, state in enumerate(sorted(drawings))}
        self.nodes = [
            Node(drawing=drawings[state], start=state, end=state) for state in self._states
        ]
        #: For each node the edges that lead into it, with the node where each begins.
        self._into: list[list[_Edge]] = [[] for _ in self.nodes]
        for number in range(len(self._sequences)):
            self._lay(number)
        self._next: dict[int, dict[int, _Edge]] = {}
        self.rest = self._states.get(REST, 0)

    def node(self, state: State, strength: float = 1.0) -> int | None:
        """The node of a state; with a strength below 1, the one that far on the way from neutral.

        None where no drawing shows the state. Where no way leads there from neutral in its pose,
        a strength of a half and more is the state itself, and one below is neutral.
        """
        node = self._states.get(state)
        neutral = self._states.get(State(NEUTRAL, state.pose))
        if node is None or strength >= 1 or neutral is None:
            return node
        way = self.way(neutral, node)
        if way is None:
            return node if strength >= 0.5 else neutral  # noqa: PLR2004 - nearer to the one
        return way.at(strength)

    def way(self, start: int, end: int) -> Way | None:
        """The shortest way between two nodes; None where there is none."""
        towards = self._towards(end)
        nodes, lengths = [start], [0]
        while nodes[-1] != end:
            edge = towards.get(nodes[-1])
            if edge is None:
                return None
            nodes.append(edge.node)
            lengths.append(lengths[-1] + edge.percent)
        return Way(nodes=tuple(nodes), lengths=tuple(lengths))

    def route(self, start: State, end: State) -> tuple[Leg, ...] | None:
        """The sequences to play from one state to another; None where there is no way.

        From a state to itself there is nothing to play.
        """
        first, last = self._states.get(start), self._states.get(end)
        if first is None or last is None or self.way(first, last) is None:
            return None
        return tuple(self._legs(first, last))

    def _legs(self, first: int, last: int) -> Iterator[Leg]:
        towards = self._towards(last)
        node, start = first, self.nodes[first].start
        while node != last:
            edge = towards[node]
            node = edge.node
            state = self.nodes[node].state
            if state is not None:
                yield Leg(
                    sequence=self._sequences[edge.sequence].id,
                    direction=Direction.FORWARD if edge.forward else Direction.REVERSE,
                    start=start,
                    end=state,
                )
                start = state

    def _lay(self, number: int) -> None:
        """Join the drawings of a sequence to each other and to the states at its ends."""
        sequence = self._sequences[number]
        points = [(0, self._states.get(sequence.start))]
        for stop in sequence.stops:
            if 0 < stop.percent < 100:  # noqa: PLR2004 - percent
                points.append((stop.percent, len(self.nodes)))
                self.nodes.append(
                    Node(drawing=stop.drawing, start=sequence.start, end=sequence.end)
                )
                self._into.append([])
        points.append((100, self._states.get(sequence.end)))
        there = [(percent, node) for percent, node in points if node is not None]
        for (percent, node), (later, after) in pairwise(there):
            length = later - percent
            self._into[after].append(_Edge(node, length, number, forward=True))
            self._into[node].append(_Edge(after, length, number, forward=False))

    def _towards(self, end: int) -> dict[int, _Edge]:
        """For every node from which `end` can be reached, the first step of its way there."""
        if end not in self._next:
            self._next[end] = self._search(end)
        return self._next[end]

    def _search(self, end: int) -> dict[int, _Edge]:
        costs, steps = {end: 0}, {}
        line = [(0, end)]
        while line:
            cost, node = heapq.heappop(line)
            if cost > costs[node]:
                continue
            for edge in self._into[node]:
                total = cost + edge.cost
                if total < costs.get(edge.node, total + 1):
                    costs[edge.node] = total
                    steps[edge.node] = _Edge(node, edge.percent, edge.sequence, edge.forward)
                    heapq.heappush(line, (total, edge.node))
        return steps


def _drawings_of_states(
    endpoints: Mapping[State, str], sequences: Line[Sequence]
) -> dict[State, str]:
    """What shows each state: its endpoint, or else the nearest drawing of a sequence to it."""
    nearest: dict[State, tuple[int, str]] = {}
    for sequence in sequences:
        for stop in sequence.stops:
            for state, distance in (
                (sequence.start, stop.percent),
                (sequence.end, 100 - stop.percent),
            ):
                if state not in nearest or distance < nearest[state][0]:
                    nearest[state] = (distance, stop.drawing)
    return {state: drawing for state, (_, drawing) in nearest.items()} | dict(endpoints)
