"""The poses track: small tilts and nods, from the voice and a seed.

A character turns its head through its neutral face, so a turn in the middle of a word would close
its mouth. Turns therefore begin and end where the mouth rests: a tilt holds for a whole phrase, and
a nod lies in the pause after one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

import numpy as np

from talkies.core.direction.phrases import Phrase
from talkies.core.rig.model import CENTER, RigConfig
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timing import TimeRange

#: Seconds of a turn, where the rest has room for it: small head movements in conversation take
#: 0.2 to 0.4 s (Hadar, Steiner and Rose 1985), from the first drawing to the last; a head that is
#: quicker seems to snap. From one side to the other takes two turns.
TURN_SECONDS = (0.16, 0.32)
#: Turns begin at least this many seconds apart, so that the head is not restless.
LEAST_APART = 2.0
#: A head that turns for less than this many seconds and back twitches.
SHORTEST = 0.8
#: No tilt lasts longer, in seconds, and no raised head.
LONGEST = 10.0
LONGEST_RAISED = 3.0
#: Seconds for which the head stays down in a nod.
NOD_HOLD = 0.08
#: How often a phrase that nothing marks is said with a tilt: a head that never moves looks dead,
#: and one that moves at every phrase looks wound up.
TILT_CHANCE = 0.6
#: Nor is it still for longer than this, in seconds, where a rest has room for a turn.
LONGEST_STILL = 4.0
#: A phrase this much louder than the others (standard deviations) is underlined with a nod.
NOD_LOUD = 1.0
#: A phrase that ends this many semitones higher is a question, whatever its mark.
QUESTION_RISE = 3.0


#: Marks of a question in any script, and what may stand behind one.
_QUESTION_MARKS = ("?", "\N{FULLWIDTH QUESTION MARK}", "\N{ARABIC QUESTION MARK}")
_WRAPPING = "\"'\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}»)]"


class Turn(StrEnum):
    """What a pose does with the head, by words in its name."""

    LEFT = "tilt_left"
    RIGHT = "tilt_right"
    DOWN = "nod_down"
    UP = "nod_up"


_SIDES = (Turn.LEFT, Turn.RIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A phrase to be said with the head turned, or followed by a nod."""

    phrase: Phrase
    note: str = "a new phrase"
    #: What is better than a tilt.
    turn: Turn | None = None


def pose_clips(
    found: Sequence[Phrase],
    rests: Sequence[TimeRange],
    config: RigConfig,
    *,
    fps: Fraction,
    dice: np.random.Generator,
    busy: Sequence[TimeRange] = (),
) -> tuple[Clip, ...]:
    """Clips that begin and end in rests of the mouth, and leave the head at center.

    What marks a phrase is shown first, and plain phrases are tilted for in between. `rests` are
    frames in order; in `busy` ones the face shows something, and the head does not nod. The same
    dice give the same clips. A character without other poses gets none.
    """
    least = max(1, round(TURN_SECONDS[0] * fps))
    room = [rest for rest in rests if rest.length >= least]
    stage = _Stage(room=room, rests=rests, config=config, fps=fps, busy=busy, least=least)
    side = Turn.LEFT if dice.integers(2) else Turn.RIGHT
    chances = dice.random(len(found)).tolist()
    clips: list[Clip] = []
    for wish in (wish for phrase in found if (wish := _marked(phrase)) is not None):
        stage.keep(clips, wish, side)
    for phrase, chance in zip(found, chances, strict=True):
        if chance < TILT_CHANCE or _still(phrase, clips, fps) > LONGEST_STILL:
            stage.keep(clips, _Wish(phrase=phrase), side)
    return tuple(clips)


def _marked(phrase: Phrase) -> _Wish | None:
    if phrase.text.rstrip(_WRAPPING).endswith(_QUESTION_MARKS):
        return _Wish(phrase=phrase, note="a question")
    if phrase.rise >= QUESTION_RISE:
        return _Wish(phrase=phrase, note="a rising voice", turn=Turn.UP)
    if phrase.loud >= NOD_LOUD:
        return _Wish(phrase=phrase, note="an emphasised phrase", turn=Turn.DOWN)
    return None


def _still(phrase: Phrase, clips: Sequence[Clip], fps: Fraction) -> float:
    """Seconds from the last turn before the end of a phrase to that end."""
    begun = _before(clips, phrase.end * fps)
    return phrase.end - (clips[begun - 1].span.end / float(fps) if begun else 0.0)


def _before(clips: Sequence[Clip], frame: float) -> int:
    """How many clips, which are in order, begin before a frame."""
    return bisect_left(clips, frame, key=lambda clip: clip.span.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """Where there is room for turns, and which ones there are."""

    #: Rests of the mouth, and those in which there is time for a turn.
    rests: Sequence[TimeRange]
    room: Sequence[TimeRange]
    config: RigConfig
    fps: Fraction
    busy: Sequence[TimeRange]
    #: Fewest frames of a turn.
    least: int

    def keep(self, clips: list[Clip], wish: _Wish, side: Turn) -> None:
        """Add the best clip for a wish that those which are kept leave time for, in order."""
        for clip in self._possible(wish, _tilts(wish.phrase, clips, side, self.fps)):
            place = _before(clips, clip.span.start)
            around = [*clips[max(place - 1, 0) : place], clip, *clips[place : place + 1]]
            nods = Turn.DOWN in str(clip.value)
            hidden = nods and any(clip.span.clamped(frames).length for frames in self.busy)
            timely = all(self._has_time(*pair) for pair in pairwise(around))
            if timely and not hidden and not self._stuck(around):
                clips.insert(place, clip)
                return

    def _has_time(self, clip: Clip, following: Clip) -> bool:
        """Whether a head can do both, also where it goes from one side to the other."""
        gap = following.span.start - clip.span.end
        apart = following.span.start - clip.span.start
        slow = following.transition >= 2 * self.least - 1
        held = following.value == clip.value
        enough = gap >= clip.transition or (gap >= 0 and (slow or held))
        return enough and apart >= round(LEAST_APART * self.fps)

    @staticmethod
    def _joined(clip: Clip, following: Clip) -> bool:
        """Whether a pose is held from one clip to the next."""
        parted = following.span.start - clip.span.end >= clip.transition
        return following.value == clip.value and not parted

    def _stuck(self, clips: Sequence[Clip]) -> bool:
        """Whether clips that hold one pose after each other hold it for too long."""
        since = clips[0].span.start
        for clip, following in pairwise(clips):
            since = since if self._joined(clip, following) else following.span.start
            if following.span.end - since > LONGEST * self.fps:
                return True
        return False

    def _possible(self, wish: _Wish, tilts: Sequence[Turn]) -> Iterator[Clip]:
        """The turns of a wish that the character has and the rests have room for, best first."""
        for turn in tilts if wish.turn is None else (wish.turn, *tilts):
            pose = next((name for name in self.config.poses if turn in name), CENTER)
            nods = turn is Turn.DOWN
            span, frames = self._nod(wish.phrase) if nods else self._held(wish.phrase, turn)
            if frames and pose != CENTER:
                id_ = f"{TrackName.POSES}-{span.start}"
                yield Clip(id=id_, span=span, value=pose, transition=frames, note=wish.note)

    def _held(self, phrase: Phrase, turn: Turn) -> tuple[TimeRange, int]:
        """From the end of one rest to the beginning of another, and the frames of the turn.

        They are the nearest ones around the phrase that have room, and are far enough apart to see
        it. No frames where it does not fit.
        """
        begin, finish = round(phrase.start * self.fps), round(phrase.end * self.fps)
        left = bisect_left(self.room, begin, key=lambda rest: rest.start)
        if left == 0:
            return TimeRange(0, 0), 0
        before = self.room[left - 1]
        earliest = before.end + round(SHORTEST * self.fps)
        number = max(
            bisect_right(self.room, finish, key=lambda rest: rest.end),
            bisect_left(self.room, earliest, key=lambda rest: rest.start),
        )
        if number == len(self.room):
            return TimeRange(0, 0), 0
        after = self.room[number]
        longest = LONGEST_RAISED if turn is Turn.UP else LONGEST
        frames = min(round(TURN_SECONDS[1] * self.fps), before.length, after.length)
        span = TimeRange(before.end - frames, after.start)
        return (span, frames) if span.length <= longest * self.fps else (TimeRange(0, 0), 0)

    def _nod(self, phrase: Phrase) -> tuple[TimeRange, int]:
        """Down, held, and up again within the rest after a phrase, and the frames of each way."""
        finish = round(phrase.end * self.fps)
        number = bisect_right(self.rests, finish, key=lambda rest: rest.end)
        if number == len(self.rests):
            return TimeRange(0, 0), 0
        after, hold = self.rests[number], max(1, round(NOD_HOLD * self.fps))
        frames = min(round(TURN_SECONDS[1] * self.fps), (after.length - hold) // 2)
        if frames < self.least:
            return TimeRange(0, 0), 0
        return TimeRange(after.start, after.start + frames + hold), frames


def _tilts(phrase: Phrase, clips: Sequence[Clip], first: Turn, fps: Fraction) -> tuple[Turn, Turn]:
    """Both tilts, first the one to the other side than the last tilt before a phrase."""
    before = clips[: _before(clips, phrase.start * fps)]
    sides = (side for clip in reversed(before) for side in _SIDES if side in str(clip.value))
    last = next(sides, first)
    return (Turn.RIGHT, Turn.LEFT) if last is Turn.LEFT else (Turn.LEFT, Turn.RIGHT)
