"""The expressions track: clips for the changes of a face that were planned.

A character shows the eyes and brows of its expression while it speaks, and all of it where its
mouth rests. So a clip begins in the pause before the word that calls for it, or with the word, and
lasts until the sentence has ended, and through the pause after it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from talkies.core.direction.feelings import LEAST_APART, FaceChange, spaced
from talkies.core.rig.model import NEUTRAL, RigConfig
from talkies.core.rig.upper_face import calm, felt_from
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timeline.keyframes import TAKEN_UP_SECONDS
from talkies.core.timing import TimeRange

#: Seconds in which a face changes: spontaneous smiles rise in about half a second, posed ones in a
#: quarter (Schmidt, Ambadar and Cohn 2006).
CHANGE_SECONDS = 0.3
#: A face is not shown for less: a change there and back.
SHORTEST = 0.3
#: A face goes all the way where it is shown for so long; in a shorter pause a big smile flashes.
WHOLE = 0.8
#: In a pause before speech that is shorter, a big smile on the lips flashes.
SHORT = 0.4
#: A face is shown in the pause before the word that calls for it, but no earlier than this, and in
#: the first pause after its sentence, but no longer than that; seconds.
EARLIEST = 0.5
LONGEST = 2.0


def expression_clips(
    changes: Sequence[FaceChange],
    rests: Sequence[TimeRange],
    config: RigConfig,
    *,
    fps: Fraction,
    frames: int,
    said: Sequence[TimeRange] = (),
) -> tuple[Clip, ...]:
    """Clips around the changes that are seen; in `rests`, which are in order, the mouth rests.

    `said` are the frames of the sentences, in order: what is felt in one is felt to its end.
    Changes that follow another within half a second, ask for what the character has not, or are
    never seen, are left out.
    """
    known = [change for change in changes if change.expression in config.expressions]
    kept = spaced(known, LEAST_APART)
    limits = [*(change.time for change in kept), frames / float(fps)][1:]
    begun = {name: felt_from(config, name) for name in {change.expression for change in kept}}
    scene = _Scene(rests=rests, said=said, calm=calm(config), begun=begun, fps=fps)
    clips: list[Clip] = []
    for change, limit in zip(kept, limits, strict=True):
        free = clips[-1].span.end if clips else 0
        clips += scene.clips(change, TimeRange(free, frames), limit)
    return tuple(clips)


def shown_whole(
    clips: Sequence[Clip], rests: Sequence[TimeRange], fps: Fraction
) -> tuple[TimeRange, ...]:
    """The frames of rests in which a character shows the whole expression of a clip."""
    least = max(1, round(SHORTEST * fps))
    seen = (rest.clamped(clip.span) for clip in clips for rest in _touching(rests, clip.span))
    return tuple(span for span in seen if span.length >= least)


def _touching(spans: Sequence[TimeRange], room: TimeRange) -> Sequence[TimeRange]:
    """Those of some ranges in order that touch another: speech of an hour has thousands."""
    first = bisect_right(spans, room.start, key=lambda span: span.end)
    last = bisect_left(spans, room.end, key=lambda span: span.start)
    return spans[first:last]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Where faces are seen."""

    rests: Sequence[TimeRange]
    said: Sequence[TimeRange]
    #: Expressions whose eyes and brows do nothing.
    calm: frozenset[str]
    #: Of each expression the share of the way to it on which nothing is felt yet.
    begun: Mapping[str, float]
    fps: Fraction

    def clips(self, change: FaceChange, free: TimeRange, limit: float) -> Iterator[Clip]:
        """The clip of a change, where it is seen before the next one; none for one to neutral.

        A short pause before or after what is said has one of its own: it gets a smaller smile.
        """
        fps = self.fps
        moment = round(change.time * fps)
        begin = max(moment - round(EARLIEST * fps), free.start)
        room = TimeRange(begin, max(begin, min(round(limit * fps), free.end)))
        if change.expression == NEUTRAL:
            return
        spans = self._seen(room)
        sentence = self._sentence(change, moment)
        if sentence is not None:
            yield from self._through(change, spans, room, moment, sentence)
        elif spans:
            after = next((span for span in spans if span.start >= moment), spans[0])
            end = min(after.end, after.start + round(LONGEST * fps))
            yield self._clip(change, TimeRange(spans[0].start, end), spans)

    def _seen(self, room: TimeRange) -> list[TimeRange]:
        """The rests in which a face can be seen."""
        least = max(1, round(SHORTEST * self.fps))
        spans = (rest.clamped(room) for rest in _touching(self.rests, room))
        return [span for span in spans if span.length >= least]

    def _sentence(self, change: FaceChange, moment: int) -> TimeRange | None:
        """The sentence in which a face is felt, whose eyes and brows speech can have."""
        if change.expression in self.calm:
            return None
        return next((span for span in self.said if span.end > moment), None)

    def _through(
        self,
        change: FaceChange,
        spans: Sequence[TimeRange],
        room: TimeRange,
        moment: int,
        sentence: TimeRange,
    ) -> Iterator[Clip]:
        """The clips of a face that is felt to the end of a sentence."""
        least = max(1, round(SHORTEST * self.fps))
        start = min(max(moment, room.start), spans[0].start if spans else moment, room.end)
        end = min(max(sentence.end, start), room.end)
        after = [span for span in spans if span.end > end or span.start >= end][:1]
        if after and after[0].start <= end + least:
            end = min(after[0].end, after[0].start + round(LONGEST * self.fps))
        first = [span for span in spans if span.start == start and span.length < SHORT * self.fps]
        taken_up = TAKEN_UP_SECONDS * self.fps
        last = [span for span in after if span.start < end and span.length < taken_up]
        edges = sorted({start, end, *(one.end for one in first), *(one.start for one in last)})
        if min((part - past for past, part in pairwise(edges)), default=0) < least:
            edges = [start, end]
        for past, part in pairwise(edges):
            if part - past >= least:
                yield self._clip(change, TimeRange(past, part), spans)

    def _clip(self, change: FaceChange, span: TimeRange, spans: Sequence[TimeRange]) -> Clip:
        """A clip, as strong as the time in which it is shown allows."""
        fps = self.fps
        seen = [rest for rest in spans if rest.start < span.end]
        speaks = change.expression not in self.calm and bool(self.said)
        shown = span.length if speaks else max(rest.length for rest in seen)
        first = seen[0].length if seen and seen[0].start == span.start else span.length
        return Clip(
            id=f"{TrackName.EXPRESSIONS}-{span.start}",
            span=span,
            value=change.expression,
            strength=self._strength(change, min(1.0, shown / float(fps) / WHOLE)),
            transition=min(max(1, round(CHANGE_SECONDS * fps)), first // 2),
            note=change.note,
        )

    def _strength(self, change: FaceChange, share: float) -> float:
        """How far an expression goes that shows this share of what is felt.

        What does not tell it, as the mouth on the way to it, comes first.
        """
        felt, begun = change.strength * share, self.begun[change.expression]
        return round(begun + (1 - begun) * felt if felt else 0.0, 2)
