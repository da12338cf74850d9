"""From a timeline and a character to what every frame of an export shows."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from talkies.core.captions import Cue, cues
from talkies.core.rig.graph import RigGraph
from talkies.core.rig.playback import Playback
from talkies.core.rig.playing import play
from talkies.core.timeline.document import Timeline, TrackName, View
from talkies.core.timeline.keyframes import blinks, keyframes
from talkies.core.timeline.resample import resample
from talkies.core.timing import SOUND_RATE, SPEECH_RATE, TimeRange, convert, frame_count
from talkies.media.samples import SoundSource
from talkies.rigs.character import Character
from talkies.rigs.export.camera import WHOLE, views
from talkies.rigs.pack.opening import open_pack

_LATE: Final = "The sound is {0:.2f} s longer than the timeline: the last picture is held."


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """A timeline as a character plays it, on the frames of the video."""

    fps: Fraction
    playback: Playback
    #: What the camera shows in each frame; empty where it shows everything.
    views: tuple[View, ...]
    captions: tuple[Cue, ...]
    #: In sentences.
    warnings: tuple[str, ...]


def perform(
    timeline: Timeline, character: Character, *, fps: Fraction | None, sound: SoundSource | None
) -> Performed:
    """Play a timeline at a rate, its own where none is given, until all its sound was heard.

    Raises:
        TimelineInvalid: it cannot be played, or not at this rate.
        CharacterInvalid: the character has no drawings.
    """
    moved = timeline if fps is None else resample(timeline, fps)
    frames, warnings = moved.frames, []
    if sound is not None:
        heard = frame_count(sound.frames, SOUND_RATE, moved.fps)
        if heard > frames:
            warnings.append(_LATE.format(float((heard - frames) / moved.fps)))
            frames = heard
    with open_pack(character, drawings=()) as pack:
        lid_poses = tuple(pack.lid_boxes)
    playback = play(
        RigGraph(character.rig),
        keyframes(moved, character.rig.config),
        frames,
        blinks(moved),
        lid_poses,
        fps=moved.fps,
    )
    seen = views(moved.track(TrackName.CAMERA), frames)
    return Performed(
        fps=moved.fps,
        playback=playback,
        views=() if set(seen) <= {WHOLE} else seen,
        captions=captions_of(moved),
        warnings=(*warnings, *playback.warnings),
    )


def captions_of(timeline: Timeline) -> tuple[Cue, ...]:
    """The captions of a timeline: its own track, or where that is empty what is said."""
    clips = timeline.track(TrackName.CAPTIONS)
    if not clips and timeline.speech is not None:
        return cues(timeline.speech)
    return tuple(
        Cue(span=_on_speech_grid(clip.span, timeline.fps), text=str(clip.value)) for clip in clips
    )


def _on_speech_grid(span: TimeRange, fps: Fraction) -> TimeRange:
    return TimeRange(convert(span.start, fps, SPEECH_RATE), convert(span.end, fps, SPEECH_RATE))
