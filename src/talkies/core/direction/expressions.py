"""The expressions track: clips for the changes of a face that were planned.

A character shows its expression where its mouth rests. A change in the middle of a phrase would be
seen by nobody, and one in a short breath as a twitch: so clips begin and end in pauses that are
long enough to see a face change.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction

from talkies.core.direction.feelings import LEAST_APART, FaceChange, spaced
from talkies.core.rig.model import NEUTRAL, RigConfig
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timing import TimeRange

#: Seconds in which a face changes: spontaneous smiles rise in about half a second, posed ones in a
#: quarter (Schmidt, Ambadar and Cohn 2006).
CHANGE_SECONDS = 0.3
#: A face is not shown for less: a change there and back.
SHORTEST = 0.3
#: A face goes all the way where it is shown for so long; in a shorter pause a big smile flashes.
WHOLE = 0.8
#: A face is shown in the pause before the word that calls for it, but no earlier than this, and in
#: the first pause after it, but no longer than that; seconds.
EARLIEST = 0.5
LONGEST = 2.0


def expression_clips(
    changes: Sequence[FaceChange],
    rests: Sequence[TimeRange],
    config: RigConfig,
    *,
    fps: Fraction,
    frames: int,
) -> tuple[Clip, ...]:
    """Clips around the changes that are seen; in `rests`, which are in order, the mouth rests.

    Changes that follow another within half a second, ask for what the character has not, or are
    never seen, are left out.
    """
    known = [change for change in changes if change.expression in config.expressions]
    kept = spaced(known, LEAST_APART)
    limits = [*(change.time for change in kept), frames / float(fps)][1:]
    clips: list[Clip] = []
    for change, limit in zip(kept, limits, strict=True):
        free = clips[-1].span.end if clips else 0
        clips += _clips(change, TimeRange(free, frames), limit, rests, fps)
    return tuple(clips)


def _clips(
    change: FaceChange, free: TimeRange, limit: float, rests: Sequence[TimeRange], fps: Fraction
) -> Iterator[Clip]:
    """The clip of a change, where it is seen before the next one; none for one to neutral."""
    moment = round(change.time * fps)
    begin = max(moment - round(EARLIEST * fps), free.start)
    room = TimeRange(begin, max(begin, min(round(limit * fps), free.end)))
    least = max(1, round(SHORTEST * fps))
    # Speech of an hour has thousands of rests, and a change sees a few.
    first = bisect_right(rests, room.start, key=lambda rest: rest.end)
    last = bisect_left(rests, room.end, key=lambda rest: rest.start)
    seen = [span for rest in rests[first:last] if (span := rest.clamped(room)).length >= least]
    if change.expression == NEUTRAL or not seen:
        return
    after = next((span for span in seen if span.start >= moment), seen[0])
    start, end = seen[0].start, min(after.end, after.start + round(LONGEST * fps))
    shown = max(span.length for span in seen if span.start < end) / float(fps)
    yield Clip(
        id=f"{TrackName.EXPRESSIONS}-{start}",
        span=TimeRange(start, end),
        value=change.expression,
        strength=round(change.strength * min(1.0, shown / WHOLE), 2),
        transition=min(max(1, round(CHANGE_SECONDS * fps)), seen[0].length // 2),
        note=change.note,
    )
