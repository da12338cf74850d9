"""The blinks track: lids that close now and then, at the ends of phrases where one is due."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from talkies.core.gestures import CLOSE_SECONDS, HOLD_SECONDS, blink_times
from talkies.core.prosody import Pause
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timing import TimeRange

#: Seconds that lids are shut in a drawing: the hold, and half of the way there, which a drawn blink
#: has no pictures for.
SHUT_SECONDS = HOLD_SECONDS + CLOSE_SECONDS / 2


def blink_clips(
    silences: Sequence[Pause], *, fps: Fraction, frames: int, dice: np.random.Generator
) -> tuple[Clip, ...]:
    """Clips of the frames in which the lids are shut. The same dice give the same blinks."""
    length = max(1, round(SHUT_SECONDS * fps))
    clips: list[Clip] = []
    for begin in blink_times(silences, frames / float(fps), dice):
        start = round((begin + CLOSE_SECONDS / 2) * fps)
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
