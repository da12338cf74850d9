"""The difference of two timelines as an edit: what undoes, and what redoes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from talkies.core.timeline.document import Clip, Timeline, TrackName
from talkies.core.timeline.placing import in_order
from talkies.core.timeline.refusal import edit_invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackChange:
    """Clips that go from a track, and clips that come to it, as they are."""

    track: TrackName
    removed: tuple[str, ...] = ()
    added: tuple[Clip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """The difference of two timelines: what every inverse is, and what redoes it."""

    changes: tuple[TrackChange, ...] = ()
    #: None leaves it.
    frames: int | None = None
    character: str | None = None

    def made(self, timeline: Timeline) -> Timeline:
        tracks = dict(timeline.tracks)
        for number, change in enumerate(self.changes):
            where = f"changes[{number}]"
            tracks[change.track] = _patched(tracks.get(change.track, ()), change, where)
        return replace(
            timeline,
            tracks=tracks,
            frames=timeline.frames if self.frames is None else self.frames,
            character=timeline.character if self.character is None else self.character,
        )


def _patched(clips: Iterable[Clip], change: TrackChange, where: str) -> tuple[Clip, ...]:
    kept = {clip.id: clip for clip in clips}
    for number, name in enumerate(change.removed):
        if kept.pop(name, None) is None:
            raise edit_invalid(f"{where}.removed[{number}]", f"{name!r} is not on the track")
    return in_order([*kept.values(), *change.added])


def difference(before: Timeline, after: Timeline) -> Patch:
    """The patch that makes the second timeline of the first.

    It knows clips, length and character; the rest of both is taken to be equal.
    """
    changes = (_change(name, before.track(name), after.track(name)) for name in TrackName)
    return Patch(
        changes=tuple(change for change in changes if change.removed or change.added),
        frames=None if before.frames == after.frames else after.frames,
        character=None if before.character == after.character else after.character,
    )


def _change(track: TrackName, before: Iterable[Clip], after: Iterable[Clip]) -> TrackChange:
    old, new = ({clip.id: clip for clip in clips} for clips in (before, after))
    return TrackChange(
        track=track,
        removed=tuple(name for name, clip in old.items() if not _same(new.get(name), clip)),
        added=tuple(clip for name, clip in new.items() if not _same(old.get(name), clip)),
    )


def _same(known: Clip | None, clip: Clip) -> bool:
    """Whether clips are equal; most are one object, which is seen at once."""
    return known is clip or known == clip
