"""Directing: the tracks of a timeline for what is said, by rules and a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from talkies.core.alignment import Alignment
from talkies.core.direction.blinks import blink_clips, eyes_busy
from talkies.core.direction.captions import caption_clips
from talkies.core.direction.expressions import expression_clips, shown_whole
from talkies.core.direction.feelings import FaceChange, plan_faces
from talkies.core.direction.lips import lips
from talkies.core.direction.lips.shape import Role, Shape
from talkies.core.direction.phrases import Prosody, phrases, sentences
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
    mouth = lips(alignment, fps, frames, None if prosody is None else prosody.loudness)
    scene = _Scene(
        alignment=alignment,
        fps=fps,
        frames=frames,
        config=config,
        prosody=prosody,
        rests=tuple(shape.span for shape in mouth if shape.role is Role.REST),
    )
    shown = scene.expressions(faces) if wanted.expressions else ()
    turned = scene.poses(shown, _dice(seed, 1)) if wanted.poses else ()
    busy = eyes_busy(shown, turned, config, scene.rests, fps)
    tracks = {
        TrackName.VISEMES: viseme_clips(mouth),
        TrackName.EXPRESSIONS: shown,
        TrackName.POSES: turned,
        TrackName.BLINKS: scene.blinks(busy, _dice(seed, 2)) if wanted.blinks else (),
        TrackName.CAPTIONS: scene.captions() if wanted.captions else (),
    }
    return {name: clips for name, clips in tracks.items() if clips}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What every part of the direction looks at."""

    alignment: Alignment
    fps: Fraction
    frames: int
    config: RigConfig
    prosody: Prosody | None
    #: Frames in which the mouth rests.
    rests: tuple[TimeRange, ...]

    def expressions(self, planned: Sequence[FaceChange] | None) -> tuple[Clip, ...]:
        if planned is None:
            planned = plan_faces(self.alignment, self.config, fps=self.fps, prosody=self.prosody)
        said = sentences(phrases(self.alignment, self.fps, self.prosody))
        return expression_clips(
            planned,
            self.rests,
            self.config,
            fps=self.fps,
            frames=self.frames,
            said=[
                TimeRange(round(one.start * self.fps), round(one.end * self.fps)) for one in said
            ],
        )

    def poses(self, shown: Sequence[Clip], dice: np.random.Generator) -> tuple[Clip, ...]:
        said = phrases(self.alignment, self.fps, self.prosody)
        busy = shown_whole(shown, self.rests, self.fps)
        return pose_clips(said, self.rests, self.config, fps=self.fps, dice=dice, busy=busy)

    def blinks(self, busy: Sequence[TimeRange], dice: np.random.Generator) -> tuple[Clip, ...]:
        silences = pauses(self.alignment)
        return blink_clips(silences, fps=self.fps, frames=self.frames, dice=dice, busy=busy)

    def captions(self) -> tuple[Clip, ...]:
        return caption_clips(self.alignment, fps=self.fps, frames=self.frames)


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
