"""The expressions track: clips for the changes of a face that were planned."""

from collections.abc import Sequence
from fractions import Fraction

from talkies.core.direction.feelings import LEAST_APART, FaceChange, spaced
from talkies.core.prosody import Pause
from talkies.core.rig.model import NEUTRAL, RigConfig
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timing import TimeRange

#: Seconds in which a face changes: spontaneous smiles rise in about half a second, posed ones in a
#: quarter (Schmidt, Ambadar and Cohn 2006).
CHANGE_SECONDS = 0.3
#: A face is seen in the pause after what was said; it stays this many seconds of it.
LINGER_SECONDS = 2.0


def expression_clips(
    changes: Sequence[FaceChange],
    config: RigConfig,
    *,
    fps: Fraction,
    frames: int,
    silences: Sequence[Pause] = (),
) -> tuple[Clip, ...]:
    """Clips that last from each change into the pause after it, or until the next.

    Changes that follow another within half a second, or ask for what the character has not, are
    left out. A face that does not change goes on in one clip.
    """
    known = [change for change in changes if change.expression in config.expressions]
    kept = [*spaced(known, LEAST_APART)]
    ends = [*[following.time for following in kept[1:]], frames / float(fps)][: len(kept)]
    clips = [
        _clip(change, min(limit, _seen_until(change.time, silences)), fps, frames)
        for change, limit in zip(kept, ends, strict=True)
        if change.expression != NEUTRAL
    ]
    return tuple(clip for clip in clips if clip.span.length)


def _seen_until(time: float, silences: Sequence[Pause]) -> float:
    """The end of the first pause after a moment, in seconds, or so much of it as is used."""
    for pause in silences:
        if pause.start >= time:
            return min(pause.end, pause.start + LINGER_SECONDS)
    return float("inf")


def _clip(change: FaceChange, end: float, fps: Fraction, frames: int) -> Clip:
    start = min(max(round(change.time * fps), 0), frames)
    stop = frames if end * float(fps) >= frames else max(start, round(end * fps))
    return Clip(
        id=f"{TrackName.EXPRESSIONS}-{start}",
        span=TimeRange(start, stop),
        value=change.expression,
        strength=change.strength,
        transition=min(max(1, round(CHANGE_SECONDS * fps)), stop - start),
        note=change.note,
    )
