"""Which drawings a character has, and which of them are the same drawing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from talkies.core.rig.model import CENTER, NEUTRAL, RigConfig, Sequence, State, Stop
from talkies.core.rig.naming import (
    endpoint_path,
    percent_of,
    pose_sequence_id,
    sequence_id,
    stop_path,
)

#: Halvings of a sequence: 2 gives drawings at quarters, 3 at eighths.
SHALLOWEST: Final = 2
DEEPEST: Final = 3


@dataclass(frozen=True, slots=True, order=True)
class Mix:
    """One drawing: a place on the way between two states, `part` of `parts` from the first.

    The same drawing has the same mix: a state itself is on the way to itself, and a way that is
    gone backwards is written forwards.
    """

    start: State
    end: State
    part: int = 0
    parts: int = 1

    @property
    def t(self) -> float:
        return self.part / self.parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All drawings of a character."""

    endpoints: Mapping[State, str]
    sequences: tuple[Sequence, ...]
    #: Every drawing with the paths in the tree of frames that it goes to.
    drawings: Mapping[Mix, tuple[str, ...]]

    @property
    def files(self) -> int:
        return sum(map(len, self.drawings.values()))


def plan(config: RigConfig, *, depth: int = DEEPEST, sequences: bool = True) -> Plan:
    """The drawings of a character with these words: states, and sequences of 2^depth + 1 stops."""
    endpoints = {
        state: endpoint_path(state)
        for pose in config.poses
        for state in (State(expression, pose) for expression in config.expressions)
    }
    drawings: dict[Mix, list[str]] = {_mix(s, s, 0, 1): [path] for s, path in endpoints.items()}
    ways = tuple(_ways(config)) if sequences else ()
    made = []
    for name, start, end in ways:
        stops = []
        for part in range(2**depth + 1):
            path = stop_path(name, percent_of(part / 2**depth))
            drawings.setdefault(_mix(start, end, part, 2**depth), []).append(path)
            stops.append(Stop(percent_of(part / 2**depth), path))
        made.append(Sequence(id=name, start=start, end=end, stops=tuple(stops)))
    return Plan(
        endpoints=endpoints,
        sequences=tuple(made),
        drawings={mix: tuple(paths) for mix, paths in drawings.items()},
    )


def _ways(config: RigConfig) -> Iterator[tuple[str, State, State]]:
    """Every sequence: its folder, where it starts and where it ends."""
    for pose in config.poses:
        if pose != CENTER:
            yield pose_sequence_id(pose), State(NEUTRAL, CENTER), State(NEUTRAL, pose)
    for pose in config.poses:
        for path in config.base_paths:
            yield sequence_id(path.id, pose), State(path.start, pose), State(path.end, pose)


def _mix(start: State, end: State, part: int, parts: int) -> Mix:
    if part in (0, parts):
        state = start if part == 0 else end
        return Mix(state, state)
    return Mix(start, end, part, parts) if start <= end else Mix(end, start, parts - part, parts)
