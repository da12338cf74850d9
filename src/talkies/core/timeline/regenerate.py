"""Generating tracks anew around what people set by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from talkies.core.timeline.document import Clip, Origin, Timeline, TrackName
from talkies.core.timeline.placing import cut_at, ids, in_order, named, yielding
from talkies.core.timeline.validate import validate


def regenerate(
    timeline: Timeline, generated: Mapping[TrackName, Sequence[Clip]], *, least: int = 2
) -> Timeline:
    """The timeline with the generated clips of these tracks replaced by others.

    Manual clips stay as they are, with their ids. New ones yield to them: the part under a manual
    clip goes, and so does what is left of a cut one with fewer than `least` frames, which would
    only flicker. A new clip whose id is taken gets `placing.free_id`'s. Tracks that are not named
    stay whole. `patch.difference(timeline, result)` is the edit that does this, and its inverse
    undoes it.

    Raises:
        TimelineInvalid: the new clips break a rule.
    """
    manual = {
        name: tuple(clip for clip in timeline.track(name) if clip.origin is Origin.MANUAL)
        for name in generated
    }
    taken = ids(timeline.with_tracks(manual))
    tracks = {}
    for name in (name for name in TrackName if name in generated):
        new = cut_at(in_order(generated[name]), timeline.frames)
        clips = named(yielding(new, manual[name], least=least), name, taken)
        taken |= {clip.id for clip in clips}
        made = (replace(clip, origin=Origin.GENERATED) for clip in clips)
        tracks[name] = in_order([*manual[name], *made])
    result = timeline.with_tracks(tracks)
    validate(result)
    return result
