"""Acting: one performance of an alignment, mouth and face and head together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from talkies.core import gestures
from talkies.core.alignment import Alignment
from talkies.core.mouth import mouth_curves
from talkies.core.mouth.grid import Samples, averaged, smooth_step
from talkies.core.performance import Curve, Head, Mouth, Performance
from talkies.core.prosody import Emphasis, Pause, activity, emphases, pauses
from talkies.errors import InvalidOption


class Emotion(StrEnum):
    """How a performance is coloured."""

    HAPPY = "happy"
    SAD = "sad"
    ANGRY = "angry"
    SURPRISED = "surprised"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Colour:
    """What an emotion adds to every frame, and what it multiplies."""

    brows: float = 0.0
    width: float = 0.0
    pitch: float = 0.0
    motion: float = 1.0


_COLOURS: Mapping[Emotion | None, _Colour] = MappingProxyType({
    None: _Colour(),
    Emotion.HAPPY: _Colour(brows=0.15, width=0.05, motion=1.2),
    Emotion.SAD: _Colour(brows=-0.15, width=-0.03, pitch=0.012, motion=0.6),
    Emotion.ANGRY: _Colour(brows=-0.4, pitch=0.008, motion=1.1),
    Emotion.SURPRISED: _Colour(brows=0.5, motion=1.0),
})  # fmt: skip

#: Seconds in which motion begins from the picture as it is, and returns to it at the end.
REST_SECONDS = 0.6
#: Share of head motion that is left in pauses, and seconds in which it settles.
_PAUSE_MOTION = 0.35
_SETTLE_SECONDS = 0.5


def perform(
    alignment: Alignment,
    *,
    fps: Fraction,
    frames: int,
    seed: int = 0,
    motion: float = 1.0,
    loudness: NDArray[np.float32] | None = None,
    emotion: Emotion | str | None = None,
) -> Performance:
    """What the face does on every frame of a video of this speech.

    The same `seed` gives the same performance. `motion` scales head, breath and brows from 0
    (only mouth and lids move) to 1. `loudness`, shape (frames,), 0 to 1, opens the mouth wider and
    is nodded to. `emotion` colours the whole performance.

    The first frame shows the head as the picture does, and so does the last.

    Raises:
        InvalidOption: `motion` is outside 0 to 1, `seed` is negative, or the emotion is unknown.
    """
    _check(motion, seed)
    colour = _COLOURS[_emotion(emotion)]
    times = np.arange(frames) / float(fps)
    silences = pauses(alignment)
    emphasised = emphases(alignment, fps, loudness)
    awake = _awake(frames, fps)
    dice = np.random.default_rng(seed)
    lids = gestures.blink_times(silences, frames / float(fps), dice)
    brows = motion * gestures.raised_brows(emphasised, times) + colour.brows
    return Performance(
        fps=fps,
        mouth=_coloured(mouth_curves(alignment, fps, frames, loudness), colour, awake),
        blink=_curve(gestures.blinks(lids, times), 0.0, 1.0),
        brows=_curve(awake * brows),
        head=_head(fps, silences, emphasised, motion * awake, colour, dice),
    )


def _check(motion: float, seed: int) -> None:
    if not 0 <= motion <= 1:
        raise InvalidOption(f"Motion is {motion}, but goes from 0 to 1.")
    if seed < 0:
        raise InvalidOption(f"The seed is {seed}, but cannot be negative.")


def _emotion(name: Emotion | str | None) -> Emotion | None:
    try:
        return None if name is None else Emotion(name)
    except ValueError as error:
        known = ", ".join(Emotion)
        raise InvalidOption(f"There is no emotion {name!r}.", hint=f"Use {known}.") from error


def _awake(frames: int, fps: Fraction) -> Samples:
    """0 on the first and the last frame, 1 between, shape (frames,)."""
    ramp = max(1.0, min(REST_SECONDS * float(fps), (frames - 1) / 2))
    index = np.arange(frames)
    return smooth_step(np.minimum(index, frames - 1 - index) / ramp)


def _head(
    fps: Fraction,
    silences: tuple[Pause, ...],
    emphasised: tuple[Emphasis, ...],
    motion: Samples,
    colour: _Colour,
    dice: np.random.Generator,
) -> Head:
    times = np.arange(len(motion)) / float(fps)
    lively = motion * colour.motion * _liveliness(silences, times, fps)
    yaw, roll, pitch = (
        lively * gestures.wandering(wander, times, dice)
        for wander in (gestures.YAW, gestures.ROLL, gestures.PITCH)
    )
    nods = motion * (gestures.NOD * gestures.emphatic(emphasised, times) + colour.pitch)
    return Head(
        yaw=_curve(yaw),
        pitch=_curve(pitch + nods),
        roll=_curve(roll),
        breath=_curve(motion * gestures.breathing(silences, times)),
    )


def _liveliness(silences: tuple[Pause, ...], times: Samples, fps: Fraction) -> Samples:
    """Full while someone speaks, less in pauses, without a jerk between."""
    speaking = averaged(activity(silences, times), 2 * _SETTLE_SECONDS, float(fps))
    return _PAUSE_MOTION + (1 - _PAUSE_MOTION) * speaking


def _coloured(mouth: Mouth, colour: _Colour, awake: Samples) -> Mouth:
    if not colour.width:
        return mouth
    return replace(mouth, width=_curve(mouth.width + colour.width * awake, -0.3, 0.2))


def _curve(samples: Samples, low: float = -1.0, high: float = 1.0) -> Curve:
    return np.clip(samples, low, high).astype(np.float32)
