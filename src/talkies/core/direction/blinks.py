"""The blinks track: lids that close now and then, at the ends of phrases where one is due."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkies.core.direction.expressions import shown_whole
from talkies.core.gestures import CLOSE_SECONDS, HOLD_SECONDS, OPEN_SECONDS, blink_times
from talkies.core.prosody import Pause
from talkies.core.rig.model import RigConfig
from talkies.core.rig.upper_face import calm, wide_eyed
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timing import TimeRange

#: Seconds that lids are shut in a drawing: the hold, and half of the way there, which a drawn blink
#: has no pictures for.
SHUT_SECONDS = HOLD_SECONDS + CLOSE_SECONDS / 2
#: A blink whose time is taken by a turn of the head or a face with eyes of its own is made this
#: many seconds sooner or later at most.
REACH_SECONDS = 1.0


def blink_clips(
    silences: Sequence[Pause],
    *,
    fps: Fraction,
    frames: int,
    dice: np.random.Generator,
    busy: Sequence[TimeRange] = (),
) -> tuple[Clip, ...]:
    """Clips of the frames in which the lids are shut. The same dice give the same blinks.

    In `busy` frames lids cannot be shown; a blink there is moved to the nearest free ones.
    """
    length = max(1, round(SHUT_SECONDS * fps))
    taken = _taken(busy, frames)
    clips: list[Clip] = []
    for begin in blink_times(silences, frames / float(fps), dice):
        wanted = round((begin + CLOSE_SECONDS / 2) * fps)
        start = _free_start(wanted, length, taken, fps)
        open_since = clips[-1].span.end if clips else -1
        if open_since < start and start + length <= frames:
            clips.append(
                Clip(
                    id=f"{TrackName.BLINKS}-{start}",
                    span=TimeRange(start, start + length),
                    value="",
                )
            )
    return tuple(clips)


def eyes_busy(
    expressions: Sequence[Clip],
    poses: Sequence[Clip],
    config: RigConfig,
    rests: Sequence[TimeRange] | None = None,
    fps: Fraction = Fraction(25),
) -> tuple[TimeRange, ...]:
    """The frames in which lids have no drawings: turns of the head, and eyes that are not calm.

    Lids close over eyes and brows that are laid over speech, unless they are wide, but not over a
    whole expression, which is shown in `rests`; where none are given everywhere.
    """
    turns = [
        TimeRange(edge, edge + clip.transition)
        for clip in poses
        for edge in (clip.span.start, clip.span.end)
    ]
    still = calm(config)
    wide = wide_eyed(config)
    faces = []
    for clip in expressions:
        if clip.value in still:
            continue
        everywhere = rests is None or clip.value in wide
        spans = [clip.span] if everywhere else shown_whole([clip], rests or (), fps)
        faces += [TimeRange(span.start, span.end + clip.transition) for span in spans]
    return (*turns, *faces)


def _taken(busy: Sequence[TimeRange], frames: int) -> NDArray[np.bool_]:
    """Whether each frame is taken, bool, shape (frames,)."""
    taken = np.zeros(frames, bool)
    for span in busy:
        taken[max(span.start, 0) : max(span.end, 0)] = True
    return taken


def _free_start(wanted: int, length: int, taken: NDArray[np.bool_], fps: Fraction) -> int:
    """Where a blink that is wanted here can be shown whole; there all the same, if nowhere near."""
    before = math.ceil(CLOSE_SECONDS * fps) - 1
    after = math.ceil(OPEN_SECONDS * fps) - 1
    for distance in range(math.ceil(REACH_SECONDS * fps) + 1):
        for start in (wanted + distance, wanted - distance):
            first = start - before
            if first >= 0 and not taken[first : start + length + after].any():
                return start
    return wanted
