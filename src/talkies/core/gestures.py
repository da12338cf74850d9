"""Gestures that speech leaves free: blinks, head motion, breath and brows, from a seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from talkies.core.mouth.grid import Samples, smooth_step
from talkies.core.prosody import Emphasis, Pause

#: Seconds of a blink's parts (measured means: Evinger 1991, VanderWerf 2003).
CLOSE_SECONDS = 0.09
HOLD_SECONDS = 0.04
OPEN_SECONDS = 0.16
BLINK_SECONDS = CLOSE_SECONDS + HOLD_SECONDS + OPEN_SECONDS
#: Seconds from one blink to the next; people who speak blink 13 to 27 times a minute.
BLINK_INTERVALS = (2.2, 4.8)
#: No blink begins in the first seconds: a video's first picture becomes its thumbnail.
FIRST_BLINK_SECONDS = 0.4
#: How often a blink is followed at once by a second one.
DOUBLE_BLINK_CHANCE = 0.08
#: A blink begins this many seconds into a pause.
BLINK_INTO_PAUSE = 0.06


def blink_times(
    silences: Sequence[Pause], seconds: float, dice: np.random.Generator
) -> list[float]:
    """When blinks begin, in seconds: by chance, at the end of a phrase where one is due."""
    low, high = BLINK_INTERVALS
    ends = [pause.start + BLINK_INTO_PAUSE for pause in silences]
    times: list[float] = []
    due = FIRST_BLINK_SECONDS + dice.uniform(0.0, high - low)
    window = (FIRST_BLINK_SECONDS, FIRST_BLINK_SECONDS + high - low)
    while due + BLINK_SECONDS < seconds:
        near = [end for end in ends if window[0] <= end <= min(window[1], seconds - BLINK_SECONDS)]
        begin = min(near, key=lambda end: abs(end - due), default=due)
        times.append(begin)
        second = begin + BLINK_SECONDS
        if dice.random() < DOUBLE_BLINK_CHANCE and second + BLINK_SECONDS < seconds:
            times.append(second)
        window = (times[-1] + low, times[-1] + high)
        due = dice.uniform(*window)
    return times


def blinks(begins: Sequence[float], times: Samples) -> Samples:
    """How far the lids are closed, 0 to 1, at `times` (seconds); every blink shuts on a frame."""
    curve = np.zeros(len(times))
    for begin in begins:
        near = _between(times, begin, begin + BLINK_SECONDS)
        shut = smooth_step((times[near] - begin) / CLOSE_SECONDS)
        opened = smooth_step((times[near] - begin - CLOSE_SECONDS - HOLD_SECONDS) / OPEN_SECONDS)
        curve[near] = np.maximum(curve[near], shut - opened)
        middle = np.searchsorted(times, begin + CLOSE_SECONDS + HOLD_SECONDS / 2)
        curve[min(int(middle), len(times) - 1)] = 1.0
    return curve


def _between(times: Samples, start: float, end: float) -> slice:
    """The part of `times` from `start` to `end`: gestures are short and videos may be long."""
    return slice(*np.searchsorted(times, (start, end)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wander:
    """Smooth noise: how far, and around which frequency."""

    #: Largest deflection, in the unit of the curve.
    amplitude: float
    #: Hz.
    frequency: float


#: At motion 1; in radians. Larger turns would show that a flat picture has no sides.
YAW = Wander(amplitude=0.03, frequency=0.42)
PITCH = Wander(amplitude=0.015, frequency=0.55)
ROLL = Wander(amplitude=0.015, frequency=0.48)
#: Radians that a strong emphasis adds to the pitch.
NOD = 0.012
#: Waves that make up one noise, and how far their frequencies spread about the middle one.
_WAVES = 7
_SPREAD = (0.3, 1.5)


def wandering(wander: Wander, times: Samples, dice: np.random.Generator) -> Samples:
    """Band-limited noise within +-amplitude at `times` (seconds)."""
    frequencies = wander.frequency * dice.uniform(*_SPREAD, _WAVES)
    phases = dice.uniform(0, 2 * np.pi, _WAVES)
    waves = np.sin(2 * np.pi * frequencies * times[:, None] + phases)
    noise: Samples = np.tanh(0.8 * waves.sum(axis=1) / np.sqrt(_WAVES / 2))
    return wander.amplitude * noise


#: Seconds before and after an emphasis in which a gesture rises and returns.
_RISE_SECONDS = 0.18
_RETURN_SECONDS = 0.38


def emphatic(emphases: Sequence[Emphasis], times: Samples) -> Samples:
    """A bump of an emphasis' strength at each, at `times` (seconds)."""
    curve = np.zeros(len(times))
    for emphasis in emphases:
        near = _between(times, emphasis.time - _RISE_SECONDS, emphasis.time + _RETURN_SECONDS)
        rise = smooth_step(1 + (times[near] - emphasis.time) / _RISE_SECONDS)
        fall = smooth_step(1 - (times[near] - emphasis.time) / _RETURN_SECONDS)
        curve[near] = np.maximum(curve[near], emphasis.strength * rise * fall)
    return curve


#: Breath: rise of the chest in D, cycles per second, and the deeper draught before a phrase.
BREATH_RISE = 0.006
BREATH_FREQUENCY = 0.27
INHALE_RISE = 0.004
_INHALE_SECONDS = 0.5
_EXHALE_SECONDS = 1.2


def breathing(silences: Sequence[Pause], times: Samples) -> Samples:
    """Rise of the chest in D at `times` (seconds), 0 at the start."""
    calm = 0.5 - 0.5 * np.cos(2 * np.pi * BREATH_FREQUENCY * times)
    deep = np.zeros(len(times))
    for pause in silences:
        near = _between(times, pause.end - _INHALE_SECONDS, pause.end + _EXHALE_SECONDS)
        rise = smooth_step(1 + (times[near] - pause.end) / _INHALE_SECONDS)
        fall = smooth_step(1 - (times[near] - pause.end) / _EXHALE_SECONDS)
        deep[near] = np.maximum(deep[near], rise * fall)
    return BREATH_RISE * calm + INHALE_RISE * deep


#: How far a strong emphasis raises the brows, on the scale -1 to 1, and how strong it must be.
BROW_RAISE = 0.5
_BROW_THRESHOLD = 0.85


def raised_brows(emphases: Sequence[Emphasis], times: Samples) -> Samples:
    """Brows raised on the strongest emphases, at `times` (seconds)."""
    strong = [emphasis for emphasis in emphases if emphasis.strength >= _BROW_THRESHOLD]
    return BROW_RAISE * emphatic(strong, times)
