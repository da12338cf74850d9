"""Names in the tree of frames: what each file and folder is called, and what a name says.

```
endpoints/<expression>__<pose>.png
sequences/<base path>__<pose>/<percent, three digits>.png
sequences/neutral_center_to_neutral_<pose>/<percent>.png
```

The last are turns of the head, whose folders have no pose after them.
"""

import re
from collections.abc import Iterator
from typing import Final

from talkies.core.rig.model import CENTER, NEUTRAL, RigConfig, State

ENDPOINTS: Final = "endpoints"
SEQUENCES: Final = "sequences"
#: Suffix of every drawing.
SUFFIX: Final = ".png"

#: Parts the pose from what comes before it.
POSE_MARK: Final = "__"
_WAY_MARK = "_to_"
_STOP = re.compile(r"(0\d\d|100)\.png", re.ASCII)
#: Finest halving that `t_of` recognises: sequences are made by halving, three times by default.
_HALVINGS = 4


def percent_of(t: float) -> int:
    """The number of the drawing at `t`, 0 to 1, as the seed counts: halves go to the even number.

    Raises:
        ValueError: `t` is outside 0 to 1.
    """
    if not 0 <= t <= 1:
        raise ValueError(f"{t} is not between 0 and 1")
    return round(t * 100)


def t_of(percent: int) -> float:
    """Where the drawing of a number stands, 0 to 1: 12 is 1/8, as halving a way thrice makes it."""
    for halvings in range(_HALVINGS + 1):
        parts = 2**halvings
        t: float = round(percent / 100 * parts) / parts
        if percent_of(t) == percent:
            return t
    return percent / 100


def endpoint_path(state: State) -> str:
    """The drawing of a state: `endpoints/happy_soft__center.png`."""
    return f"{ENDPOINTS}/{state.expression}{POSE_MARK}{state.pose}{SUFFIX}"


def sequence_id(base_path: str, pose: str) -> str:
    """The folder of a base path in a pose: `neutral_to_blink__center`."""
    return f"{base_path}{POSE_MARK}{pose}"


def pose_sequence_id(pose: str) -> str:
    """The folder of turning the head from the centre: `neutral_center_to_neutral_nod_up_small`."""
    return f"{NEUTRAL}_{CENTER}{_WAY_MARK}{NEUTRAL}_{pose}"


def stop_file(percent: int) -> str:
    """The file of a drawing in its sequence's folder: `012.png`."""
    return f"{percent:03d}{SUFFIX}"


def stop_path(sequence: str, percent: int) -> str:
    """A drawing of a sequence: `sequences/neutral_to_blink__center/012.png`."""
    return f"{SEQUENCES}/{sequence}/{stop_file(percent)}"


def parse_stop(file: str) -> int | None:
    """The percent that a file of a sequence's folder stands for; None for other files."""
    found = _STOP.fullmatch(file)
    return int(found[1]) if found else None


def parse_endpoint(file: str, config: RigConfig) -> State | None:
    """The state that a file of `endpoints/` draws; None where the character has no such state."""
    expression, mark, pose = file.removesuffix(SUFFIX).rpartition(POSE_MARK)
    if not mark or not file.endswith(SUFFIX):
        return None
    known = expression in config.expressions and pose in config.poses
    return State(expression, pose) if known else None


def parse_sequence(sequence: str, config: RigConfig) -> tuple[State, State] | None:
    """Where a sequence of this folder name leads from and to; None where the words lack it.

    Base paths are looked up, for their ids do not always say where they end; a folder that is
    none of them is read as `<start>_to_<end>__<pose>`, or as a way between two poses.
    """
    base, mark, pose = sequence.rpartition(POSE_MARK)
    if mark and pose in config.poses:
        ends = ends_of(base, config)
        return (State(ends[0], pose), State(ends[1], pose)) if ends else None
    return _pose_ends(sequence, config)


def ends_of(base_path: str, config: RigConfig) -> tuple[str, str] | None:
    """The expressions between which a base path leads; None where the words lack it."""
    for path in config.base_paths:
        if path.id == base_path:
            return path.start, path.end
    for start, end in _splits(base_path):
        if start in config.expressions and end in config.expressions:
            return start, end
    return None


def parse_poses(way: str, config: RigConfig) -> tuple[str, str] | None:
    """The poses of a manifest's `center_to_tilt_left_small`; None where the words lack them."""
    for start, end in _splits(way):
        if start in config.poses and end in config.poses:
            return start, end
    return None


def _pose_ends(sequence: str, config: RigConfig) -> tuple[State, State] | None:
    for start, end in _splits(sequence):
        from_state, to_state = _posed(start, config), _posed(end, config)
        if from_state and to_state:
            return from_state, to_state
    return None


def _posed(name: str, config: RigConfig) -> State | None:
    for pose in config.poses:
        expression = name.removesuffix(f"_{pose}")
        if expression != name and expression in config.expressions:
            return State(expression, pose)
    return None


def _splits(way: str) -> Iterator[tuple[str, str]]:
    """Every reading of `<a>_to_<b>`: names may have `_to_` in them."""
    parts = way.split(_WAY_MARK)
    for place in range(1, len(parts)):
        yield _WAY_MARK.join(parts[:place]), _WAY_MARK.join(parts[place:])
