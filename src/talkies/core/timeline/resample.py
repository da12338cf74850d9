"""A timeline at another frame rate."""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from talkies.core.timeline.document import Clip, Origin, Timeline, TrackName
from talkies.core.timeline.placing import ids, in_order, named, yielding
from talkies.core.timeline.refusal import timeline_invalid
from talkies.core.timeline.validate import FPS_MAX, FPS_MIN, FRAMES_MAX
from talkies.core.timing import SOUND_RATE, SPEECH_RATE, TimeRange, convert, frame_count
from talkies.core.visemes import Viseme

#: Mouth shapes that are seen to be missing: a contact of the lips keeps a frame of its own.
_CONTACTS: Final = frozenset({Viseme.PP.value, Viseme.FF.value})


def resample(timeline: Timeline, fps: Fraction) -> Timeline:
    """The same performance on the frames of another rate; at its own rate the timeline itself.

    Edges go to the nearest frame. A clip that is left without any is dropped, but for contacts of
    the lips and manual ones: they take one frame from their neighbours. All of the old timeline,
    and of its sound, is within the new one.

    Raises:
        TimelineInvalid: the rate is out of range, or the timeline too long for it.
    """
    if fps == timeline.fps:
        return timeline
    if not FPS_MIN <= fps <= FPS_MAX:
        raise timeline_invalid("fps", f"cannot become {fps}: it goes from {FPS_MIN} to {FPS_MAX}")
    frames = _frames(timeline, fps)
    if frames > FRAMES_MAX:
        raise timeline_invalid("frames", f"would be {frames}, over {FRAMES_MAX}")
    moved = replace(timeline, fps=fps, frames=frames)
    for name in timeline.tracks:
        clips = [_on_grid(clip, timeline.fps, fps) for clip in timeline.track(name)]
        moved = moved.with_tracks({name: _kept(clips, name, moved)})
    return moved


def _frames(timeline: Timeline, fps: Fraction) -> int:
    sound, speech = timeline.sound, timeline.speech
    least = 1
    if speech is not None:
        # It may end a frame after the timeline, and frames may have been longer.
        least = max(least, frame_count(speech.length, SPEECH_RATE, fps) - 1)
    if sound is not None:
        least = max(least, frame_count(sound.length, SOUND_RATE, fps))
        if timeline.frames == frame_count(sound.length, SOUND_RATE, timeline.fps):
            return least
    return max(least, math.ceil(Fraction(timeline.frames) * fps / timeline.fps))


def _on_grid(clip: Clip, source: Fraction, target: Fraction) -> Clip:
    start, end = (convert(frame, source, target) for frame in (clip.span.start, clip.span.end))
    transition = min(convert(clip.transition, source, target), FRAMES_MAX)
    return replace(clip, span=TimeRange(start, end), transition=transition)


def _kept(clips: Sequence[Clip], name: TrackName, timeline: Timeline) -> tuple[Clip, ...]:
    """Clips with frames, and over them those that must not vanish, within the timeline."""
    within = TimeRange(0, timeline.frames)
    kept: list[Clip] = []
    stays: dict[int, Clip] = {}
    for clip in clips:
        span = clip.span.clamped(within)
        if span.length:
            kept.append(replace(clip, span=span))
        elif _must_stay(clip, name):
            start = min(span.start, timeline.frames - 1)
            stays[start] = replace(clip, span=TimeRange(start, start + 1))
    over = list(stays.values())
    used = ids(timeline) - {clip.id for clip in kept}
    return in_order([*named(yielding(kept, over), name, used), *over])


def _must_stay(clip: Clip, name: TrackName) -> bool:
    contact = name is TrackName.VISEMES and clip.value in _CONTACTS
    return contact or clip.origin is Origin.MANUAL
