"""Playing: keyframes become the drawing of every frame."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkies.core.rig.blinking import Lids, blinked
from talkies.core.rig.graph import RigGraph, Way
from talkies.core.rig.model import CENTER, NEUTRAL, State
from talkies.core.rig.playback import Cel, Keyframe, Playback
from talkies.core.rig.upper_face import laid_over
from talkies.core.timing import TimeRange

_FPS = Fraction(25)


def play(
    graph: RigGraph,
    keyframes: Sequence[Keyframe],
    frames: int,
    blinks: Sequence[TimeRange] = (),
    lid_poses: Collection[str] = (),
    *,
    upper: Sequence[Keyframe] = (),
    overlays: Collection[State] = (),
    fps: Fraction = _FPS,
) -> Playback:
    """The drawing of each of `frames` frames.

    A character begins at rest, and goes to the state of a keyframe as soon as it comes, from the
    drawing that is on the screen then, also where that is halfway to another state. Keyframes may
    come in any order; of those on one frame the last one counts. A keyframe that asks for what
    the character is on its way to already does not hold it up.

    `blinks` are the frames in which lids are shut; they close before and open after. Lids are laid
    over every drawing of a pose of `lid_poses` whose eyes and brows are neutral's; in other poses
    a character blinks while it rests at neutral. `Playback.skipped_blinks` has the others.

    `upper` asks of the eyes and brows alone what `keyframes` ask of the whole face. Those of the
    states `overlays` are laid over the drawings that speak.

    A state that no drawing shows becomes the nearest one that is shown, and where no way leads to
    a state the character jumps there; `Playback.warnings` says so.
    """
    shown, warnings = _shown(graph, keyframes, frames)
    shut = [blink for blink in blinks if blink.length]
    laid: dict[int, str] = {}
    if upper and overlays:
        laid = laid_over(graph, overlays, shown, _shown(graph, upper, frames)[0], fps)
    closed, skipped = blinked(Lids(graph, lid_poses), shown, shut, fps, laid)
    over = {
        frame: Cel(drawing=graph.nodes[shown[frame]].drawing, upper=drawing)
        for frame, drawing in laid.items()
    }
    cels, order = _numbered(graph, shown, over | closed)
    return Playback(cels=cels, order=order, warnings=tuple(warnings), skipped_blinks=skipped)


@dataclass(frozen=True, slots=True)
class _Move:
    """A way that is gone from a frame on, within a number of frames."""

    way: Way
    start: int
    frames: int

    @property
    def end(self) -> int:
        return self.start + self.frames

    @property
    def aim(self) -> int:
        return self.way.nodes[-1]

    def at(self, frame: int) -> int:
        share = min((frame - self.start) / self.frames, 1.0) if self.frames > 0 else 1.0
        return self.way.at(share)


def _shown(
    graph: RigGraph, keyframes: Sequence[Keyframe], frames: int
) -> tuple[NDArray[np.int32], dict[str, None]]:
    """The node of each frame, shape (frames,), and what could not be done as asked."""
    warnings: dict[str, None] = {}
    shown = np.empty(frames, np.int32)
    move = _Move(Way(nodes=(graph.rest,), lengths=(0,)), 0, 0)
    done = 0
    for keyframe in sorted(keyframes, key=lambda keyframe: keyframe.frame):
        until = min(max(keyframe.frame, 0), frames)
        _write(shown, move, done, until)
        done = max(done, until)
        move = _turned(graph, move, keyframe, warnings)
    _write(shown, move, done, frames)
    return shown, warnings


def _write(shown: NDArray[np.int32], move: _Move, start: int, end: int) -> None:
    moving = min(max(start, move.end), end)
    for frame in range(start, moving):
        shown[frame] = move.at(frame)
    shown[moving:end] = move.aim


def _turned(graph: RigGraph, move: _Move, keyframe: Keyframe, warnings: dict[str, None]) -> _Move:
    """The move from the drawing on the screen to what a keyframe asks for."""
    aim = _aim(graph, keyframe, warnings)
    arrival = keyframe.frame + keyframe.transition
    if aim == move.aim and move.end <= arrival:
        return move
    here = move.at(keyframe.frame)
    way = graph.way(here, aim)
    if way is None:
        start, end = graph.nodes[here], graph.nodes[aim]
        warnings[f"No drawings lead from {_words(start.end)} to {_words(end.end)}: it jumps."] = (
            None
        )
        way = Way(nodes=(aim,), lengths=(0,))
    return _Move(way, keyframe.frame, keyframe.transition)


def _aim(graph: RigGraph, keyframe: Keyframe, warnings: dict[str, None]) -> int:
    """The node that shows best what a keyframe asks for."""
    asked = keyframe.state
    for state in (asked, State(NEUTRAL, asked.pose), State(asked.expression, CENTER)):
        node = graph.node(state, keyframe.strength)
        if node is not None:
            break
    else:
        node = graph.rest
    if state != asked or graph.node(state) is None:
        shows = graph.nodes[node].end
        warnings[f"No drawing shows {_words(asked)}: it shows {_words(shows)}."] = None
    return node


def _words(state: State) -> str:
    return f"{state.expression} in {state.pose}"


def _numbered(
    graph: RigGraph, shown: NDArray[np.int32], changed: Mapping[int, Cel]
) -> tuple[tuple[Cel, ...], NDArray[np.int32]]:
    """The cels that are shown, each once, and the number of each frame's, shape (frames,)."""
    numbers: dict[Cel, int] = {}
    order = np.empty(len(shown), np.int32)
    plain = [Cel(drawing=node.drawing) for node in graph.nodes]
    for frame, node in enumerate(shown.tolist()):
        order[frame] = numbers.setdefault(changed.get(frame, plain[node]), len(numbers))
    return tuple(numbers), order
