"""A timeline of what is said: measured and directed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from talkies.core.alignment import Alignment
from talkies.core.direction.direct import Style, direct
from talkies.core.direction.feelings import FaceChange
from talkies.core.direction.phrases import Prosody
from talkies.core.pitch import melody
from talkies.core.rig.model import RigConfig
from talkies.core.timeline.document import Timeline, TimelineSound
from talkies.core.timing import SPEECH_RATE, frame_count
from talkies.media.samples import SoundSource
from talkies.speech.loudness import loudness_curve


def goes_on() -> None:
    """For those whom nobody stops."""


class Planner(Protocol):
    """A model that plans the face to what is said."""

    def __call__(
        self,
        alignment: Alignment,
        config: RigConfig,
        warn: Callable[[str], None],
        going: Callable[[], object] = goes_on,
        /,
    ) -> Sequence[FaceChange] | None:
        """None where it could not, and `warn` has heard why: the built-in rules plan it then.

        `going` is called now and then, and may raise to stop.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a timeline shall be, besides what is said in it."""

    timeline_id: str
    #: Name or id of the character, and its words.
    character: str
    config: RigConfig
    fps: Fraction
    seed: int = 0
    style: Style = field(default_factory=Style)


def directed(
    sound: SoundSource,
    alignment: Alignment,
    order: Order,
    *,
    source: TimelineSound,
    plan: Sequence[FaceChange] | None = None,
) -> Timeline:
    """The timeline of what is said.

    Args:
        sound: what is heard.
        alignment: what is said in it, and when.
        order: what the timeline shall be.
        source: where the timeline finds the sound.
        plan: changes of the face that another has planned; left out, rules plan them.

    Raises:
        InvalidOption: the seed is negative.
    """
    frames = max(1, frame_count(sound.frames, sound.rate, order.fps))
    tracks = direct(
        alignment,
        fps=order.fps,
        frames=frames,
        config=order.config,
        seed=order.seed,
        prosody=measured(sound, order.fps, frames),
        faces=plan,
        style=order.style,
    )
    return Timeline(
        id=order.timeline_id,
        character=order.character,
        fps=order.fps,
        frames=frames,
        sound=source,
        speech=alignment,
        tracks=tracks,
        seed=order.seed,
    )


def measured(sound: SoundSource, fps: Fraction, frames: int) -> Prosody:
    """How a sound goes up and down, on `frames` frames."""
    samples = sound.mono_at(SPEECH_RATE)
    return Prosody(
        loudness=loudness_curve(samples, SPEECH_RATE, fps, frames),
        melody=melody(samples, SPEECH_RATE, fps, frames),
    )
