"""How clips of one track make room for each other."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
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
    and one that reaches out at both ends becomes two, of which the later one has a new id, none
    of `taken`.
    """
    own = {other.id for other in clips}
    left = named(yielding(clips, [clip]), track, {*taken, clip.id} - own)
    return in_order([*left, clip])


def yielding(clips: Iterable[Clip], over: Sequence[Clip], *, least: int = 1) -> list[Clip]:
    """What is left of clips beside others, which are in order and do not overlap.

    Of one that is left in several parts each part is a clip, with its id. A part of fewer than
    `least` frames goes; a clip that yields nothing stays, however short it is.
    """
    ends = [other.span.end for other in over]
    left: list[Clip] = []
    for clip in clips:
        first = bisect_right(ends, clip.span.start)
        if first == len(over) or over[first].span.start >= clip.span.end:
            # Most clips: the same object, so that what was checked of it need not be again.
            left += [clip] if clip.span.length else []
            continue
        spans = [span for span in _beside(clip.span, over, first) if span.length]
        left += [replace(clip, span=span) for span in spans if span.length >= least]
    return left


def _beside(span: TimeRange, over: Sequence[Clip], first: int) -> Iterator[TimeRange]:
    """The parts of a range before, between and after clips, of which `first` may touch it first."""
    start = span.start
    for number in range(first, len(over)):
        other = over[number].span
        if other.start >= span.end:
            break
        yield TimeRange(start, max(start, other.start))
        start = min(other.end, span.end)
    yield TimeRange(start, span.end)


def named(clips: Iterable[Clip], track: TrackName, used: Collection[str]) -> list[Clip]:
    """Clips with ids of their own: one that is in use, here or before, is replaced by a new one."""
    found = list(clips)
    given = set(used)
    names = given | {clip.id for clip in found}
    for number, clip in enumerate(found):
        if clip.id in given:
            found[number] = replace(clip, id=free_id(names, track))
            names.add(found[number].id)
        given.add(found[number].id)
    return found


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
    return tuple(sorted(clips, key=lambda clip: (clip.span.start, clip.span.end, clip.id)))


def cut_at(clips: Iterable[Clip], frames: int) -> tuple[Clip, ...]:
    """The clips within the first so many frames, the last one trimmed."""
    within = TimeRange(0, frames)
    return tuple(
        replace(clip, span=clip.span.clamped(within)) for clip in clips if clip.span.start < frames
    )
