"""Rigs without a picture: every drawing that a character of these words would have."""

from collections.abc import Callable, Iterable

from talkies.core.rig.model import NEUTRAL, REST, Rig, RigConfig, Sequence, State, Stop
from talkies.core.rig.naming import endpoint_path, pose_sequence_id, sequence_id, stop_path

#: The drawings of a sequence that was halved twice, and thrice.
FIVE = (0, 25, 50, 75, 100)
NINE = (0, 12, 25, 38, 50, 62, 75, 88, 100)


def rig_of(
    config: RigConfig,
    percents: Iterable[int] = FIVE,
    has: Callable[[str], bool] = lambda drawing: True,
) -> Rig:
    """The whole tree of a character, less the drawings of which `has` says that it lacks them."""
    stops = tuple(percents)
    states = [State(expression, pose) for pose in config.poses for expression in config.expressions]
    ways = [
        (sequence_id(path.id, pose), State(path.start, pose), State(path.end, pose))
        for path in config.base_paths
        for pose in config.poses
    ]
    ways += [(pose_sequence_id(pose), REST, State(NEUTRAL, pose)) for pose in config.poses[1:]]
    return Rig(
        config=config,
        width=96,
        height=144,
        endpoints={state: endpoint_path(state) for state in states if has(endpoint_path(state))},
        sequences=tuple(
            Sequence(id=name, start=start, end=end, stops=_stops(name, stops, has))
            for name, start, end in ways
        ),
    )


def _stops(name: str, percents: Iterable[int], has: Callable[[str], bool]) -> tuple[Stop, ...]:
    every = (Stop(percent, stop_path(name, percent)) for percent in percents)
    return tuple(stop for stop in every if has(stop.drawing))


def drawings_of(rig: Rig) -> frozenset[str]:
    """Every drawing that there is."""
    stops = (stop.drawing for sequence in rig.sequences for stop in sequence.stops)
    return frozenset(rig.endpoints.values()) | frozenset(stops)
