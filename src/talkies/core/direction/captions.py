"""The captions track: the cues of what is said, on frames."""

from fractions import Fraction

from talkies.core.alignment import Alignment
from talkies.core.captions import cues
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timing import SPEECH_RATE, TimeRange, convert


def caption_clips(alignment: Alignment, *, fps: Fraction, frames: int) -> tuple[Clip, ...]:
    """A clip for every caption that shows on a frame at least; none where no words are known."""
    found = (
        (TimeRange(_frame(cue.span.start, fps, frames), _frame(cue.span.end, fps, frames)), cue)
        for cue in cues(alignment)
    )
    return tuple(
        Clip(id=f"{TrackName.CAPTIONS}-{span.start}", span=span, value=cue.text)
        for span, cue in found
        if span.length
    )


def _frame(tick: int, fps: Fraction, frames: int) -> int:
    return min(convert(tick, SPEECH_RATE, fps), frames)
