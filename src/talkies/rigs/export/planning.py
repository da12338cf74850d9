"""From a timeline and a character to what every frame of an export shows."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from talkies.core.captions import Cue, cues
from talkies.core.rig.graph import RigGraph
from talkies.core.rig.model import BLINK
from talkies.core.rig.playback import Playback
from talkies.core.rig.playing import play
from talkies.core.timeline.document import Timeline, TrackName, View
from talkies.core.timeline.keyframes import blinks, keyframes, upper_keyframes
from talkies.core.timeline.resample import resample
from talkies.core.timing import SOUND_RATE, SPEECH_RATE, TimeRange, convert, frame_count
from talkies.media.gif import FPS_MAX as GIF_FPS_MAX
from talkies.media.samples import SoundSource
from talkies.rigs.export.camera import WHOLE, views
from talkies.rigs.export.options import ExportFormat
from talkies.rigs.pack.opening import PackMaker
from talkies.rigs.pack.overlays import overlay_drawings

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

    @property
    def drawings(self) -> frozenset[str]:
        """Paths in the tree of all drawings that are shown."""
        cels = self.playback.cels
        return frozenset(name for cel in cels for name in cel.drawings)


def perform(
    timeline: Timeline,
    packs: PackMaker,
    form: ExportFormat,
    *,
    fps: Fraction | None = None,
    sound: SoundSource | None = None,
) -> Performed:
    """Play a timeline by the character of `packs`, until all of `sound` was heard.

    `fps` is the rate of the video: the timeline's own where none is given, and less in a GIF that
    could not have it.

    Raises:
        TimelineInvalid: it cannot be played, or not at this rate.
        CharacterInvalid: the character has no drawings.
    """
    rate, warnings = _rate(timeline.fps if fps is None else fps, form)
    moved = resample(timeline, rate)
    frames = moved.frames
    if sound is not None:
        heard = frame_count(sound.frames, SOUND_RATE, moved.fps)
        if heard > frames:
            warnings.append(_LATE.format(float((heard - frames) / rate)))
            frames = heard
    rig = packs.character.rig
    upper = upper_keyframes(moved, rig.config)
    felt = {keyframe.state for keyframe in upper}
    telling = [name for each in overlay_drawings(rig) if each.state in felt for name in each.seen]
    with packs.open(drawings=telling) as pack:
        overlays = pack.overlays
    playback = play(
        RigGraph(rig),
        keyframes(moved, rig.config),
        frames,
        blinks(moved),
        [state.pose for state in overlays if state.expression == BLINK],
        upper=upper,
        overlays=overlays,
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


def _rate(fps: Fraction, form: ExportFormat) -> tuple[Fraction, list[str]]:
    """The rate of the video, and what is to be said of it."""
    if form is not ExportFormat.GIF or fps <= GIF_FPS_MAX:
        return fps, []
    rate = fps / math.ceil(fps / GIF_FPS_MAX)
    return rate, [f"GIF players are slow: it has {float(rate):g} frames a second, not {fps}."]


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
