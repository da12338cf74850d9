"""The captions of a timeline as cues, which `core.captions` writes as SubRip and WebVTT."""

from talkies.core.captions import Cue
from talkies.core.timeline.document import Timeline, TrackName
from talkies.core.timing import SPEECH_RATE, TimeRange, convert


def captions_of(timeline: Timeline) -> tuple[Cue, ...]:
    """The clips of the track of captions, to the nearest tick of the speech grid."""
    return tuple(
        Cue(
            span=TimeRange(
                convert(clip.span.start, timeline.fps, SPEECH_RATE),
                convert(clip.span.end, timeline.fps, SPEECH_RATE),
            ),
            text=str(clip.value),
        )
        for clip in timeline.track(TrackName.CAPTIONS)
    )
