"""Directing: the tracks of a timeline for what is said, by rules and a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from talkies.core.alignment import Alignment
from talkies.core.direction.blinks import blink_clips
from talkies.core.direction.captions import caption_clips
from talkies.core.direction.expressions import expression_clips
from talkies.core.direction.feelings import FaceChange, plan_faces
from talkies.core.direction.lips import lips
from talkies.core.direction.lips.shape import Role, Shape
from talkies.core.direction.phrases import Prosody, phrases
from talkies.core.direction.poses import pose_clips
from talkies.core.prosody import pauses
from talkies.core.rig.model import RigConfig
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timing import TimeRange
from talkies.errors import InvalidOption

Tracks = Mapping[TrackName, tuple[Clip, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What is directed besides the lips."""

    expressions: bool = True
    poses: bool = True
    blinks: bool = True
    captions: bool = True


def direct(
    alignment: Alignment,
    *,
    fps: Fraction,
    frames: int,
    config: RigConfig,
    seed: int = 0,
    prosody: Prosody | None = None,
    faces: Sequence[FaceChange] | None = None,
    style: Style | None = None,
) -> Tracks:
    """What a character does while this is said: clips of every track but the camera's.

    Args:
        alignment: what is said, and when.
        fps: frames per second of the timeline.
        frames: its length; clips lie within it.
        config: the words of the character; nothing that it cannot do is asked of it.
        seed: the same one gives the same clips.
        prosody: how it sounds, on the same frames; without it words alone decide.
        faces: changes of the face that another has planned; left out, rules plan them.
        style: what is wanted; all of it where it is left out.

    Raises:
        InvalidOption: the seed is negative.
    """
    if seed < 0:
        raise InvalidOption(f"The seed is {seed}, but cannot be negative.")
    wanted = style or Style()
    silences = pauses(alignment)
    mouth = lips(alignment, fps, frames, None if prosody is None else prosody.loudness)
    rests = [shape.span for shape in mouth if shape.role is Role.REST]
    tracks = {TrackName.VISEMES: viseme_clips(mouth)}
    if wanted.expressions:
        if faces is None:
            faces = plan_faces(alignment, config, fps=fps, prosody=prosody)
        tracks[TrackName.EXPRESSIONS] = expression_clips(
            faces, rests, config, fps=fps, frames=frames
        )
    if wanted.poses:
        said = phrases(alignment, fps, prosody)
        busy = [clip.span for clip in tracks.get(TrackName.EXPRESSIONS, ())]
        tracks[TrackName.POSES] = pose_clips(
            said, rests, config, fps=fps, dice=_dice(seed, 1), busy=busy
        )
    if wanted.blinks:
        tracks[TrackName.BLINKS] = blink_clips(
            silences, fps=fps, frames=frames, dice=_dice(seed, 2)
        )
    if wanted.captions:
        tracks[TrackName.CAPTIONS] = caption_clips(alignment, fps=fps, frames=frames)
    return {name: clips for name, clips in tracks.items() if clips}


def viseme_clips(mouth: Sequence[Shape]) -> tuple[Clip, ...]:
    """The shapes of a mouth as clips; where it rests there is none."""
    return tuple(
        Clip(
            id=f"{TrackName.VISEMES}-{shape.span.start}",
            span=TimeRange(shape.span.start, shape.span.end),
            value=shape.viseme.value,
            strength=shape.strength,
            transition=shape.transition,
        )
        for shape in mouth
        if shape.role is not Role.REST
    )


def _dice(seed: int, number: int) -> np.random.Generator:
    """Dice of one pass: to leave another out does not change how these fall."""
    return np.random.default_rng((seed, number))
