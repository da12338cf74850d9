"""The poses track: small tilts and nods, from the voice and a seed.

A character turns its head through its neutral face, so a turn in the middle of a word would close
its mouth. Turns therefore begin and end where the mouth rests, and hold for a whole phrase.
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
#: 0.2 to 0.4 s (Hadar, Steiner and Rose 1985).
TURN_SECONDS = (0.12, 0.3)
#: Turns begin at least this many seconds apart, so that the head is not restless.
LEAST_APART = 2.0
#: No turn lasts longer, in seconds.
LONGEST = 6.0
#: How often a phrase that nothing marks is said with a tilt.
TILT_CHANCE = 0.35
#: A phrase this much louder than the others (standard deviations) is underlined with a nod.
NOD_LOUD = 1.0
#: A phrase that ends this many semitones higher is a question, whatever its mark.
QUESTION_RISE = 3.0


class Turn(StrEnum):
    """What a pose does with the head, by words in its name."""

    LEFT = "tilt_left"
    RIGHT = "tilt_right"
    DOWN = "nod_down"
    UP = "nod_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A phrase to be said with the head turned."""

    phrase: Phrase
    turns: tuple[Turn, ...]
    note: str


def pose_clips(
    found: Sequence[Phrase],
    rests: Sequence[TimeRange],
    config: RigConfig,
    *,
    fps: Fraction,
    dice: np.random.Generator,
) -> tuple[Clip, ...]:
    """Clips that begin and end in rests of the mouth (frames), and leave the head at center.

    The same dice give the same clips. A character without other poses gets none.
    """
    clips: list[Clip] = []
    for wish in _wishes(found, dice):
        pose = next((name for turn in wish.turns for name in config.poses if turn in name), None)
        clip = None if pose in (None, CENTER) else _clip(wish, str(pose), rests, fps)
        earliest = clips[-1].span.start + LEAST_APART * fps if clips else 0
        apart = not clips or clip is None or clip.span.start >= max(earliest, clips[-1].span.end)
        if clip is not None and apart:
            clips.append(clip)
    return tuple(clips)


def _wishes(found: Sequence[Phrase], dice: np.random.Generator) -> Iterator[_Wish]:
    side = int(dice.integers(2))
    for phrase in found:
        tilts = (Turn.LEFT, Turn.RIGHT) if side else (Turn.RIGHT, Turn.LEFT)
        chance = float(dice.random())
        if phrase.text.rstrip("\"'”’»)]").endswith(("?", "？")):
            yield _Wish(phrase=phrase, turns=tilts, note="a question")
        elif phrase.rise >= QUESTION_RISE:
            yield _Wish(phrase=phrase, turns=(Turn.UP, *tilts), note="a rising voice")
        elif phrase.loud >= NOD_LOUD:
            yield _Wish(phrase=phrase, turns=(Turn.DOWN,), note="an emphasised phrase")
        elif chance < TILT_CHANCE:
            yield _Wish(phrase=phrase, turns=tilts, note="a new phrase")
        else:
            continue
        side = 1 - side


def _clip(wish: _Wish, pose: str, rests: Sequence[TimeRange], fps: Fraction) -> Clip | None:
    """The pose from the rest before a phrase to the one after; None where a rest is too short."""
    begin, finish = round(wish.phrase.start * fps), round(wish.phrase.end * fps)
    before = max((rest for rest in rests if rest.start < begin), default=None)
    after = min((rest for rest in rests if rest.end > finish), default=None)
    if before is None or after is None or after.start < before.end:
        return None
    least, most = (max(1, round(seconds * fps)) for seconds in TURN_SECONDS)
    frames = min(most, before.length, after.length)
    span = TimeRange(before.end - frames, after.start)
    if frames < least or span.length > LONGEST * fps:
        return None
    return Clip(
        id=f"{TrackName.POSES}-{span.start}",
        span=span,
        value=pose,
        transition=frames,
        note=wish.note,
    )
