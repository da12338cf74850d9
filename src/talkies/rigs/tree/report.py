"""What a tree has of all that its words would allow."""

from dataclasses import dataclass

from talkies.core.rig.model import CENTER, Rig, State
from talkies.core.rig.naming import pose_sequence_id, sequence_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeReport:
    """What was found in a tree, and what was not."""

    #: Drawings that are in the rig, each once.
    drawings: int
    endpoints: int
    sequences: int
    #: States without a drawing, as `happy_soft__nod_up_small`.
    missing_endpoints: tuple[str, ...]
    #: Sequences without one.
    missing_sequences: tuple[str, ...]
    #: Whole sentences about what was passed over, or is not as the tree says.
    warnings: tuple[str, ...]


def report_on(rig: Rig, warnings: tuple[str, ...]) -> TreeReport:
    """Hold a rig against its words."""
    config = rig.config
    states = [State(name, pose) for pose in config.poses for name in config.expressions]
    there = {sequence.id for sequence in rig.sequences}
    wanted = [sequence_id(path.id, pose) for pose in config.poses for path in config.base_paths]
    wanted += [pose_sequence_id(pose) for pose in config.poses if pose != CENTER]
    return TreeReport(
        drawings=len(rig.drawings),
        endpoints=len(rig.endpoints),
        sequences=len(rig.sequences),
        missing_endpoints=tuple(
            sequence_id(state.expression, state.pose)
            for state in states
            if state not in rig.endpoints
        ),
        missing_sequences=tuple(name for name in wanted if name not in there),
        warnings=warnings,
    )
