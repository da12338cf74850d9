"""Generating tracks anew around what people set by hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from talkies.core.timeline.document import Clip, Origin, Timeline, TrackName
from talkies.core.timeline.placing import cut_at, free_id, ids, in_order, without
from talkies.core.timeline.validate import validate
from talkies.core.timing import TimeRange


def regenerate(
    timeline: Timeline, generated: Mapping[TrackName, Sequence[Clip]], *, least: int = 2
) -> Timeline:
    """The timeline with the generated clips of these tracks replaced by others.

    Manual clips stay as they are, with their ids. New ones yield to them: the part under a manual
    clip goes, and so does what is left of a cut one with fewer than `least` frames, which would
    only flicker. A new clip whose id is taken gets `placing.free_id`'s. Tracks that are not named
    stay whole. `edits.difference(timeline, result)` is the edit that does this, and its inverse
    undoes it.

    Raises:
        TimelineInvalid: the new clips break a rule.
    """
    manual = {
        name: tuple(clip for clip in timeline.track(name) if clip.origin is Origin.MANUAL)
        for name in generated
    }
    kept = timeline.with_tracks(manual)
    taken = ids(kept)
    tracks = {}
    for name in (name for name in TrackName if name in generated):
        yielding = cut_at(in_order(generated[name]), timeline.frames)
        clips = _yielding(yielding, manual[name], least)
        tracks[name] = in_order([*manual[name], *_named(clips, name, taken)])
    result = timeline.with_tracks(tracks)
    validate(result)
    return result


def _yielding(clips: Iterable[Clip], manual: Sequence[Clip], least: int) -> list[Clip]:
    """What is left of clips beside the manual ones; of one in several parts, each is a clip."""
    left: list[Clip] = []
    for clip in clips:
        spans = _free(clip.span, manual)
        whole = spans == [clip.span]
        left += [replace(clip, span=span) for span in spans if whole or span.length >= least]
    return left


def _free(span: TimeRange, manual: Sequence[Clip]) -> list[TimeRange]:
    spans = []
    for clip in manual:
        before, span = without(span, clip.span)
        spans.append(before)
    return [free for free in (*spans, span) if free.length]


def _named(clips: Iterable[Clip], track: TrackName, taken: set[str]) -> list[Clip]:
    """Clips with ids of their own; those given are added to `taken`."""
    named = []
    for clip in clips:
        name = free_id(taken, track) if clip.id in taken else clip.id
        taken.add(name)
        named.append(replace(clip, id=name, origin=Origin.GENERATED))
    return named
