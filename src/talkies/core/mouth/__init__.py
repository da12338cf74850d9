"""Mouth curves: from phonemes in time to what the lips do on every frame.

A chain of pure passes: targets, coarticulation, smoothing, contacts, frames, loudness, pins,
speed.
`docs/decisions/0003-mouth-curves.md` says why each is there.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkies.core.alignment import Alignment
from talkies.core.mouth import coarticulation
from talkies.core.mouth.contacts import MOVES, TUCKED_OPENING, contacts, drawn
from talkies.core.mouth.frames import pinned, pins, sampled
from talkies.core.mouth.grid import GRID_RATE, Samples, smooth_step, smoothed
from talkies.core.mouth.loudness import opening_gain
from talkies.core.mouth.speed import within_lip_speed
from talkies.core.mouth.targets import REST, Segment, segments
from talkies.core.performance import Mouth

__all__ = ["mouth_curves"]

#: Standard deviations in seconds of the smoothing after coarticulation.
_OPENING_SMOOTHING = 0.018
_SHAPE_SMOOTHING = 0.025
#: Seconds of rest before the first and after the last sound.
_MARGIN_SECONDS = 1.0
#: Seconds in which a recording that begins with a sound opens and shapes the mouth: the first
#: frame shows the picture's own, closed lips.
_FIRST_OPENING = 0.08
_FIRST_SHAPE = 0.16
#: The widest opening in D that a render can draw.
_MAX_OPENING = 0.2
_WIDTH_LIMITS = (-0.3, 0.2)


def mouth_curves(
    alignment: Alignment,
    fps: Fraction,
    frames: int,
    loudness: NDArray[np.float32] | None = None,
) -> Mouth:
    """The mouth on every frame of a video of `frames` frames.

    Args:
        alignment: phonemes in time.
        fps: frames per second; frame `i` shows the middle of [i / fps, (i + 1) / fps).
        frames: length of every curve.
        loudness: shape (frames,), 0 to 1: louder sounds open the mouth wider. Left out, every
            vowel opens as its target says.

    Every /p b m/ closes and every /f v/ tucks on at least one frame. Deterministic.
    """
    if frames <= 0:
        raise ValueError(f"a video has frames, not {frames}")
    track = _with_rests(segments(alignment), alignment.seconds)
    cells = int((max(alignment.seconds, frames / float(fps)) + _MARGIN_SECONDS) * GRID_RATE)
    fine = _blended(track, cells) | {kind: drawn(track, kind, cells) for kind in MOVES}
    curves = {name: sampled(curve, fps, frames) for name, curve in fine.items()}
    press, tuck = _reached(track, curves["press"], curves["tuck"], fps)
    times = np.arange(frames) / float(fps)
    opened = smooth_step(times / _FIRST_OPENING) * opening_gain(loudness, fps, frames)
    opening = _touched(curves["opening"] * opened, press, tuck)
    shaped = smooth_step(times / _FIRST_SHAPE)
    return Mouth(
        opening=_curve(within_lip_speed(opening, fps), 0.0, _MAX_OPENING),
        width=_curve(curves["width"] * shaped, *_WIDTH_LIMITS),
        pucker=_curve(curves["pucker"] * shaped, 0.0, 1.0),
        press=_curve(press, 0.0, 1.0),
        tuck=_curve(tuck, 0.0, 1.0),
        tongue=_curve(curves["tongue"] * (1 - press), 0.0, 1.0),
    )


def _blended(track: Sequence[Segment], cells: int) -> dict[str, Samples]:
    return {
        "opening": smoothed(coarticulation.opening(track, cells), _OPENING_SMOOTHING),
        "width": smoothed(coarticulation.width(track, cells), _SHAPE_SMOOTHING),
        "pucker": smoothed(coarticulation.pucker(track, cells), _SHAPE_SMOOTHING),
    }


def _reached(
    track: Sequence[Segment], press: Samples, tuck: Samples, fps: Fraction
) -> tuple[Samples, Samples]:
    """Press and tuck, each at its peak on a frame of its own for every contact."""
    closed = pins(contacts(track, "press"), fps, len(press))
    tucked = pins(contacts(track, "tuck"), fps, len(tuck), taken=frozenset(closed))
    parted = pinned(press, closed)
    parted[list(tucked)] = 0.0
    return parted, pinned(tuck * (1 - parted), tucked)


def _with_rests(spoken: Sequence[Segment], seconds: float) -> tuple[Segment, ...]:
    """The sounds between two rests, so that a recording cut tight still opens and closes."""
    before = Segment(start=-_MARGIN_SECONDS, end=0.0, target=REST, silent=True)
    after = Segment(start=seconds, end=seconds + _MARGIN_SECONDS, target=REST, silent=True)
    return (before, *spoken, after)


def _touched(opening: Samples, press: Samples, tuck: Samples) -> Samples:
    tucked = opening * (1 - tuck) + np.minimum(opening, TUCKED_OPENING) * tuck
    return tucked * (1 - press)


def _curve(samples: Samples, low: float, high: float) -> NDArray[np.float32]:
    return np.clip(samples, low, high).astype(np.float32)
