"""A short timeline with something on every track, for the character of `small_character`."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from talkies.core.timeline.document import Clip, Timeline, TimelineSound, TrackName, View
from talkies.core.timing import SOUND_RATE, TimeRange
from talkies.core.visemes import Viseme
from talkies.media.samples import Sound

FPS = Fraction(25)

MOUTHS = (Viseme.AA, Viseme.E, Viseme.OU, Viseme.PP, Viseme.OH, Viseme.FF)


def clip(name: str, start: int, end: int, value: str | View = "", transition: int = 0) -> Clip:
    return Clip(id=name, span=TimeRange(start, end), value=value, transition=transition)


def played(frames: int = 50, *, mouths: bool = True, **tracks: tuple[Clip, ...]) -> Timeline:
    """Mouth shapes five times in two seconds; `tracks` are further ones, by name."""
    shapes = tuple(
        clip(f"v{start}", start, start + 6, MOUTHS[start // 10 % len(MOUTHS)].value, 3)
        for start in range(2, frames - 6, 10)
    )
    all_tracks = {TrackName.VISEMES: shapes if mouths else ()}
    all_tracks |= {TrackName(name): clips for name, clips in tracks.items()}
    return Timeline(id="line", character="small", fps=FPS, frames=frames, tracks=all_tracks)


def with_sound(timeline: Timeline, source: str, length: int) -> Timeline:
    return replace(timeline, sound=TimelineSound(source=source, length=length))


def clicks(seconds: float, *, every: float = 0.5) -> Sound:
    """Silence with a click every half a second, the first after a quarter."""
    samples = np.zeros((round(seconds * SOUND_RATE), 1), np.float32)
    samples[SOUND_RATE // 4 :: round(every * SOUND_RATE)] = 0.9
    return Sound(samples, SOUND_RATE)
