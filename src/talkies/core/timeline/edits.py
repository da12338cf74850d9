"""Edits of a timeline: pure values, each with an inverse that restores the timeline exactly.

A clip that an edit names becomes a manual one, which stays when its track is generated anew. Where
it comes to lie over others, they make room (`placing.put_over`) and stay what they were.
"""

from dataclasses import dataclass, replace

from talkies.core.timeline.document import Clip, Origin, Timeline, TrackName, View
from talkies.core.timeline.placing import cut_at, free_id, ids, put_over
from talkies.core.timeline.refusal import edit_invalid
from talkies.core.timeline.validate import clip_problems
from talkies.core.timing import TimeRange


@dataclass(frozen=True, slots=True, kw_only=True)
class AddClip:
    """Lay a clip on a track. An empty id becomes `placing.free_id`'s."""

    track: TrackName
    clip: Clip

    def made(self, timeline: Timeline) -> Timeline:
        taken = ids(timeline)
        if self.clip.id in taken:
            raise edit_invalid("clip.id", f"{self.clip.id!r} is the id of another clip")
        named = replace(self.clip, id=self.clip.id or free_id(taken, self.track))
        return _laid(timeline, self.track, named)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveClip:
    """Take a clip away; its place stays empty."""

    id: str

    def made(self, timeline: Timeline) -> Timeline:
        track, clip = _found(timeline, self.id)
        return _without(timeline, track, clip)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveClip:
    """Let a clip begin at another frame; its length stays."""

    id: str
    start: int

    def made(self, timeline: Timeline) -> Timeline:
        track, clip = _found(timeline, self.id)
        span = TimeRange(self.start, self.start + clip.span.length)
        return _laid(_without(timeline, track, clip), track, replace(clip, span=span))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimClip:
    """Let a clip begin and end at other frames: shorter, or longer over its neighbours."""

    id: str
    start: int
    end: int

    def made(self, timeline: Timeline) -> Timeline:
        track, clip = _found(timeline, self.id)
        if self.end <= self.start:
            raise edit_invalid("end", "is not after the start")
        span = TimeRange(self.start, self.end)
        return _laid(_without(timeline, track, clip), track, replace(clip, span=span))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitClip:
    """Make two clips of one; the later one has no transition, for nothing changes there."""

    id: str
    #: First frame of the later clip.
    frame: int
    #: Of the later clip; empty for `placing.free_id`'s.
    new_id: str = ""

    def made(self, timeline: Timeline) -> Timeline:
        track, clip = _found(timeline, self.id)
        taken = ids(timeline)
        if not clip.span.start < self.frame < clip.span.end:
            raise edit_invalid("frame", "is not within the clip")
        if self.new_id in taken:
            raise edit_invalid("new_id", f"{self.new_id!r} is the id of another clip")
        later = replace(
            clip,
            id=self.new_id or free_id(taken, track),
            span=TimeRange(self.frame, clip.span.end),
            transition=0,
            origin=Origin.MANUAL,
        )
        earlier = replace(clip, span=TimeRange(clip.span.start, self.frame))
        return _laid(_laid(timeline, track, later), track, earlier)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetClip:
    """Change what a clip says; None leaves a field as it is."""

    id: str
    value: str | View | None = None
    strength: float | None = None
    transition: int | None = None
    note: str | None = None
    #: `GENERATED` gives a clip back: the next generation may replace it.
    origin: Origin = Origin.MANUAL

    def made(self, timeline: Timeline) -> Timeline:
        track, clip = _found(timeline, self.id)
        changed = replace(
            clip,
            value=clip.value if self.value is None else self.value,
            strength=clip.strength if self.strength is None else self.strength,
            transition=clip.transition if self.transition is None else self.transition,
            note=clip.note if self.note is None else self.note,
        )
        return _laid(timeline, track, changed, self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class RippleDelete:
    """Take frames [start, end) out of one track: all later clips of it come earlier."""

    track: TrackName
    start: int
    end: int

    def made(self, timeline: Timeline) -> Timeline:
        if self.start < 0:
            raise edit_invalid("start", "is negative")
        if self.end <= self.start:
            raise edit_invalid("end", "is not after the start")
        if self.end > timeline.frames:
            raise edit_invalid("end", f"is after the timeline's end ({timeline.frames})")
        closed = [self._closed(clip) for clip in timeline.track(self.track)]
        return timeline.with_tracks(
            {self.track: tuple(clip for clip in closed if clip.span.length)}
        )

    def _closed(self, clip: Clip) -> Clip:
        start, end = (frame - self._gone(frame) for frame in (clip.span.start, clip.span.end))
        return _moved(clip, TimeRange(start, end))

    def _gone(self, frame: int) -> int:
        return max(0, min(frame, self.end) - self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class RippleInsert:
    """Put frames into one track: later clips of it come later, one that runs there holds longer.

    What comes to lie after the timeline's end is cut off.
    """

    track: TrackName
    frame: int
    frames: int

    def made(self, timeline: Timeline) -> Timeline:
        if not 0 <= self.frame < timeline.frames:
            raise edit_invalid("frame", f"is not from 0 to {timeline.frames - 1}")
        if not 1 <= self.frames <= timeline.frames:
            raise edit_invalid("frames", f"is not from 1 to {timeline.frames}")
        opened = [self._opened(clip) for clip in timeline.track(self.track)]
        return timeline.with_tracks({self.track: cut_at(opened, timeline.frames)})

    def _opened(self, clip: Clip) -> Clip:
        start = clip.span.start + self.frames * (clip.span.start >= self.frame)
        end = clip.span.end + self.frames * (clip.span.end > self.frame)
        return _moved(clip, TimeRange(start, end))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLength:
    """Let the timeline last so many frames; clips after its end are cut off, the sound never."""

    frames: int

    def made(self, timeline: Timeline) -> Timeline:
        if self.frames < 1:
            raise edit_invalid("frames", "is below 1")
        tracks = {name: cut_at(clips, self.frames) for name, clips in timeline.tracks.items()}
        return replace(timeline, frames=self.frames, tracks=tracks)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCharacter:
    """Let another character do all this."""

    character: str

    def made(self, timeline: Timeline) -> Timeline:
        return replace(timeline, character=self.character)


def _found(timeline: Timeline, name: str) -> tuple[TrackName, Clip]:
    for track, clips in timeline.tracks.items():
        for clip in clips:
            if clip.id == name:
                return track, clip
    raise edit_invalid("id", f"{name!r} is not the id of a clip")


def _without(timeline: Timeline, track: TrackName, clip: Clip) -> Timeline:
    rest = tuple(other for other in timeline.track(track) if other.id != clip.id)
    return timeline.with_tracks({track: rest})


def _laid(
    timeline: Timeline, track: TrackName, clip: Clip, origin: Origin = Origin.MANUAL
) -> Timeline:
    """The timeline with a clip laid over all others of its track, in place of its former self."""
    for problem in clip_problems(clip, "clip", track, timeline.frames):
        raise edit_invalid(problem.where, problem.what)
    others = _without(timeline, track, clip)
    placed = put_over(others.track(track), replace(clip, origin=origin), track, ids(timeline))
    return others.with_tracks({track: placed})


def _moved(clip: Clip, span: TimeRange) -> Clip:
    return clip if span == clip.span else replace(clip, span=span, origin=Origin.MANUAL)
