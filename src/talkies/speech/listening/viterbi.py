"""Best paths through speech: over any phones, or along given ones.

Both searches are the Viterbi algorithm (Viterbi 1967) with a shortest stay of `MINIMUM_STAY`
steps in every state, so that no phone flickers by.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Steps (of 10 ms) that a path stays in a state at least.
MINIMUM_STAY = 3

_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stay in one state over the steps [start, end)."""

    state: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """States in a line, each reached from a few earlier ones.

    `before[n, k]` is the k-th state from which state n can be entered and `reward[n, k]` the log
    probability of doing so; unused places carry an impossible reward.
    """

    #: Column of the scores that each state is judged by, (N,).
    column: NDArray[np.intp]
    #: (N, K).
    before: NDArray[np.intp]
    #: (N, K).
    reward: NDArray[np.float32]
    #: Whether a path may start or end here, (N,) each.
    first: NDArray[np.bool_]
    last: NDArray[np.bool_]

    def part(self, start: int, end: int) -> "Graph":
        """The states [start, end) alone; those reached only from outside cannot be entered."""
        before = self.before[start:end] - start
        inside = (before >= 0) & (before < end - start)
        return Graph(
            column=self.column[start:end],
            before=np.where(inside, before, 0),
            reward=np.where(inside, self.reward[start:end], np.float32(_IMPOSSIBLE)),
            first=self.first[start:end],
            last=self.last[start:end],
        )


def anything(transition: NDArray[np.float32]) -> Graph:
    """The graph where every phone may follow every other; `transition` is (from, to)."""
    phones = len(transition)
    return Graph(
        column=np.arange(phones),
        before=np.tile(np.arange(phones), (phones, 1)),
        reward=np.ascontiguousarray(transition.T),
        first=np.ones(phones, dtype=np.bool_),
        last=np.ones(phones, dtype=np.bool_),
    )


def line(columns: NDArray[np.intp], optional: NDArray[np.bool_]) -> Graph:
    """The graph of states in a row, of which some may be passed over (never two together)."""
    count = len(columns)
    before = np.stack([np.arange(count) - 1, np.arange(count) - 2], axis=1)
    passes = np.concatenate([[False], optional[:-1]])
    allowed = np.stack([before[:, 0] >= 0, (before[:, 1] >= 0) & passes], axis=1)
    return Graph(
        column=columns,
        before=np.maximum(before, 0),
        reward=np.where(allowed, np.float32(0), np.float32(_IMPOSSIBLE)),
        first=_reaching(optional),
        last=_reaching(optional[::-1])[::-1],
    )


def _reaching(optional: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The first state, and the second where the first may be passed over."""
    reached = np.zeros(len(optional), dtype=np.bool_)
    reached[:1] = True
    reached[1:2] = optional[:1]
    return reached


def best_path(scores: NDArray[np.float32], graph: Graph) -> tuple[Run, ...]:
    """The runs of the likeliest path.

    `scores` (T, columns) are log likelihoods. Paths may be cut short by the end of the scores;
    the result is empty where no path of the graph fits into T steps.
    """
    steps = len(scores)
    if steps == 0:
        return ()
    states = len(graph.column)
    stay = np.full((MINIMUM_STAY, states), _IMPOSSIBLE, dtype=np.float32)
    stay[0, graph.first] = scores[0, graph.column[graph.first]]
    entered = np.zeros((steps, states), dtype=np.int16)
    stayed = np.zeros((steps, states), dtype=np.bool_)
    everyone = np.arange(states)
    for step in range(1, steps):
        ways = stay[-1][graph.before] + graph.reward
        way = ways.argmax(axis=1)
        entered[step] = way
        stayed[step] = stay[-1] >= stay[-2]
        here = scores[step, graph.column]
        arrived = ways[everyone, way]
        kept = np.maximum(stay[-1], stay[-2])
        stay[1:-1] = stay[:-2]
        stay[0] = arrived
        stay[-1] = kept
        stay += here
    ends = np.where(graph.last, stay[-1], _IMPOSSIBLE)
    final = int(ends.argmax())
    if ends[final] <= _IMPOSSIBLE / 2:
        return ()
    return _traced(final, steps, entered, stayed, graph)


def _traced(
    final: int,
    steps: int,
    entered: NDArray[np.int16],
    stayed: NDArray[np.bool_],
    graph: Graph,
) -> tuple[Run, ...]:
    runs: list[Run] = []
    state, end = final, steps
    while end > 0:
        loop = end - 1
        while loop > 0 and stayed[loop, state]:
            loop -= 1
        start = loop - (MINIMUM_STAY - 1)
        runs.append(Run(state=state, start=start, end=end))
        state, end = int(graph.before[state, entered[start, state]]), start
    return tuple(reversed(runs))
