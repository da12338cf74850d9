"""The poses track: small tilts and nods, from the voice and a seed.

A character turns its head through its neutral face, so a turn in the middle of a word would close
its mouth. Turns therefore begin and end where the mouth rests: a tilt holds for a whole phrase, and
a nod lies in the pause after one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np

from talkies.core.direction.phrases import Phrase
from talkies.core.rig.model import CENTER, RigConfig
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timing import TimeRange

#: Seconds of a turn, where the rest has room for it: small head movements in conversation take
#: 0.2 to 0.4 s (Hadar, Steiner and Rose 1985); a head that is quicker seems to snap.
TURN_SECONDS = (0.2, 0.3)
#: Turns begin at least this many seconds apart, so that the head is not restless.
LEAST_APART = 2.0
#: No tilt lasts longer, in seconds, and no raised head.
LONGEST = 8.0
LONGEST_RAISED = 3.0
#: Seconds for which the head stays down in a nod.
NOD_HOLD = 0.08
#: How often a phrase that nothing marks is said with a tilt: a head that never moves looks dead,
#: and one that moves at every phrase looks wound up.
TILT_CHANCE = 0.6
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A phrase to be said with the head turned, or followed by a nod."""

    phrase: Phrase
    #: What fits is done, the first first.
    turns: tuple[Turn, ...]
    note: str


def pose_clips(
    found: Sequence[Phrase],
    rests: Sequence[TimeRange],
    config: RigConfig,
    *,
    fps: Fraction,
    dice: np.random.Generator,
    busy: Sequence[TimeRange] = (),
) -> tuple[Clip, ...]:
    """Clips that begin and end in rests of the mouth (frames), and leave the head at center.

    In `busy` frames the face shows something, and the head does not nod. The same dice give the
    same clips. A character without other poses gets none.
    """
    clips: list[Clip] = []
    for wish in _wishes(found, dice):
        earliest = 0
        if clips:
            earliest = max(clips[-1].span.start + round(LEAST_APART * fps), clips[-1].span.end)
        found_clips = _clips(wish, rests, config, fps)
        clip = next((one for one in found_clips if not _nods_in(one, busy)), None)
        if clip is not None and clip.span.start >= earliest:
            clips.append(clip)
    return tuple(clips)


def _nods_in(clip: Clip, busy: Sequence[TimeRange]) -> bool:
    nods = Turn.DOWN in str(clip.value)
    return nods and any(clip.span.clamped(frames).length for frames in busy)


def _wishes(found: Sequence[Phrase], dice: np.random.Generator) -> Iterator[_Wish]:
    side = int(dice.integers(2))
    for phrase in found:
        tilts = (Turn.LEFT, Turn.RIGHT) if side else (Turn.RIGHT, Turn.LEFT)
        chance = float(dice.random())
        if phrase.text.rstrip(_WRAPPING).endswith(_QUESTION_MARKS):
            yield _Wish(phrase=phrase, turns=tilts, note="a question")
        elif phrase.rise >= QUESTION_RISE:
            yield _Wish(phrase=phrase, turns=(Turn.UP, *tilts), note="a rising voice")
        elif phrase.loud >= NOD_LOUD:
            yield _Wish(phrase=phrase, turns=(Turn.DOWN, *tilts), note="an emphasised phrase")
        elif chance < TILT_CHANCE:
            yield _Wish(phrase=phrase, turns=tilts, note="a new phrase")
        else:
            continue
        side = 1 - side


def _clips(
    wish: _Wish, rests: Sequence[TimeRange], config: RigConfig, fps: Fraction
) -> Iterator[Clip]:
    """The turns of a wish that the character has and the rests have room for, best first."""
    begin, finish = round(wish.phrase.start * fps), round(wish.phrase.end * fps)
    before = max((rest for rest in rests if rest.start < begin), default=None)
    after = min((rest for rest in rests if rest.end > finish), default=None)
    for turn in wish.turns:
        pose = next((name for name in config.poses if turn in name), CENTER)
        if pose == CENTER:
            continue
        span, frames = TimeRange(0, 0), 0
        if turn is Turn.DOWN and after is not None:
            span, frames = _nod(after, fps)
        elif before is not None and after is not None:
            span, frames = _held(before, after, LONGEST_RAISED if turn is Turn.UP else LONGEST, fps)
        if frames:
            id_ = f"{TrackName.POSES}-{span.start}"
            yield Clip(id=id_, span=span, value=pose, transition=frames, note=wish.note)


def _held(
    before: TimeRange, after: TimeRange, longest: float, fps: Fraction
) -> tuple[TimeRange, int]:
    """From the end of one rest to the beginning of another, and the frames of the turn.

    No frames where it does not fit.
    """
    least, most = (max(1, round(seconds * fps)) for seconds in TURN_SECONDS)
    frames = min(most, before.length, after.length)
    if frames < least or after.start < before.end:
        return TimeRange(0, 0), 0
    span = TimeRange(before.end - frames, after.start)
    return (span, frames) if span.length <= longest * fps else (TimeRange(0, 0), 0)


def _nod(rest: TimeRange, fps: Fraction) -> tuple[TimeRange, int]:
    """Down, held, and up again within one rest, and the frames of each way."""
    least, most = (max(1, round(seconds * fps)) for seconds in TURN_SECONDS)
    hold = max(1, round(NOD_HOLD * fps))
    frames = min(most, (rest.length - hold) // 2)
    if frames < least:
        return TimeRange(0, 0), 0
    return TimeRange(rest.start, rest.start + frames + hold), frames
