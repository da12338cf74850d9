"""How clips of one track make room for each other."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from talkies.core.timeline.document import Clip, Timeline, TrackName
from talkies.core.timing import TimeRange


def free_id(taken: Collection[str], track: TrackName) -> str:
    """The id of a new clip: `<track>-<n>` with the first free n after the number of clips."""
    number = len(taken) + 1
    while f"{track.value}-{number}" in taken:
        number += 1
    return f"{track.value}-{number}"


def ids(timeline: Timeline) -> set[str]:
    return {clip.id for clips in timeline.tracks.values() for clip in clips}


def put_over(
    clips: Sequence[Clip], clip: Clip, track: TrackName, taken: Collection[str]
) -> tuple[Clip, ...]:
    """The clips of a track with one more, for which the others make room.

    What it covers goes: a clip wholly under it is removed, one partly under it loses that part,
    and one that reaches out at both ends becomes two, of which the later one has a new id.
    """
    kept: list[Clip] = []
    names = {*taken, clip.id}
    for other in clips:
        before, after = without(other.span, clip.span)
        if before.length:
            kept.append(replace(other, span=before))
        if after.length:
            later = free_id(names, track) if before.length else other.id
            names.add(later)
            kept.append(replace(other, id=later, span=after))
    return in_order([*kept, clip])


def without(span: TimeRange, hole: TimeRange) -> tuple[TimeRange, TimeRange]:
    """What a range has before and after another one; empty where there is nothing."""
    before = TimeRange(span.start, max(span.start, min(span.end, hole.start)))
    after = TimeRange(min(span.end, max(span.start, hole.end)), span.end)
    return before, after


class Spanned(Protocol):
    """Anything that lasts for a range of a grid."""

    @property
    def span(self) -> TimeRange: ...


_S = TypeVar("_S", bound=Spanned)


def covering(items: Sequence[_S], tick: int) -> _S | None:
    """The item, of some in order and without overlap, that covers a tick of their grid."""
    number = bisect_right(items, tick, key=lambda item: item.span.start) - 1
    return items[number] if number >= 0 and tick < items[number].span.end else None


def in_order(clips: Iterable[Clip]) -> tuple[Clip, ...]:
    return tuple(sorted(clips, key=lambda clip: (clip.span, clip.id)))


def cut_at(clips: Iterable[Clip], frames: int) -> tuple[Clip, ...]:
    """The clips within the first so many frames, the last one trimmed."""
    within = TimeRange(0, frames)
    return tuple(
        replace(clip, span=clip.span.clamped(within)) for clip in clips if clip.span.start < frames
    )
