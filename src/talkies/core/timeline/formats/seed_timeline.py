"""Between the seed's keyframes and a timeline: states that last, and clips that say them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from talkies.core.arpabet import IPA_TO_ARPABET
from talkies.core.rig.model import CENTER, NEUTRAL, RigConfig
from talkies.core.rig.playback import Keyframe
from talkies.core.timeline.document import Clip, Timeline, TrackName
from talkies.core.timeline.formats.seed import RELAX, SeedFile, SeedKeyframe
from talkies.core.timeline.keyframes import keyframes
from talkies.core.timeline.placing import covering
from talkies.core.timeline.validate import TEXT_LENGTH
from talkies.core.timing import SPEECH_RATE, TimeRange, convert
from talkies.core.visemes import Viseme

_MILLISECONDS = 1000


def timeline_of(file: SeedFile, *, id_: str, character: str, fps: Fraction) -> Timeline:
    """A timeline that asks for what a keyframe file does, on frames of this rate.

    Faces become clips of the track of expressions, each until the next keyframe, with its phoneme
    as a note; poses become clips where they are not the center. Times go to the nearest frame, and
    of several keyframes in one frame the last one counts for each half of the state.
    """
    ends = [convert(keyframe.time, _MILLISECONDS, fps) + 1 for keyframe in file.keyframes]
    frames = max(1, convert(file.length, _MILLISECONDS, fps), *ends[-1:])
    faces = [_step(one, one.expression, fps) for one in file.keyframes]
    turns = [_step(one, one.pose, fps) for one in file.keyframes]
    return Timeline(
        id=id_,
        character=character,
        fps=fps,
        frames=frames,
        tracks={
            TrackName.EXPRESSIONS: tuple(_clips(TrackName.EXPRESSIONS, faces, NEUTRAL, frames)),
            TrackName.POSES: tuple(_clips(TrackName.POSES, turns, CENTER, frames)),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One half of a keyframe."""

    frame: int
    #: None leaves it as it is.
    value: str | None
    transition: int
    note: str


def _step(keyframe: SeedKeyframe, value: str | None, fps: Fraction) -> _Step:
    return _Step(
        frame=convert(keyframe.time, _MILLISECONDS, fps),
        value=value,
        transition=convert(keyframe.transition, _MILLISECONDS, fps),
        note=(keyframe.phoneme or "")[:TEXT_LENGTH],
    )


def _clips(track: TrackName, steps: Iterable[_Step], rest: str, frames: int) -> Iterator[Clip]:
    """Clips from each change to the next; nothing before the first one away from rest."""
    by_frame = {step.frame: step for step in steps if step.value is not None}
    changes: list[_Step] = []
    for step in by_frame.values():
        if step.value != (changes[-1].value if changes else rest):
            changes.append(step)
    ends = [*(step.frame for step in changes), frames][1:]
    for number, (step, end) in enumerate(zip(changes, ends, strict=True)):
        yield Clip(
            id=f"{track.value}-{number + 1}",
            span=TimeRange(step.frame, end),
            value=str(step.value),
            transition=step.transition,
            note=step.note,
        )


def file_of(timeline: Timeline, config: RigConfig) -> SeedFile:
    """The keyframes that a timeline asks of a character, as a keyframe file.

    Strengths, blinks, camera, captions and sound are lost; times go to the nearest millisecond.

    Raises:
        TimelineInvalid: as `keyframes`.
    """
    return SeedFile(
        id=timeline.id,
        keyframes=tuple(_keyframe(one, timeline) for one in keyframes(timeline, config)),
        length=convert(timeline.frames, timeline.fps, _MILLISECONDS),
    )


def _keyframe(keyframe: Keyframe, timeline: Timeline) -> SeedKeyframe:
    return SeedKeyframe(
        time=convert(keyframe.frame, timeline.fps, _MILLISECONDS),
        expression=keyframe.state.expression,
        pose=keyframe.state.pose,
        transition=convert(keyframe.transition, timeline.fps, _MILLISECONDS),
        phoneme=_phoneme(keyframe.frame, timeline),
    )


def _phoneme(frame: int, timeline: Timeline) -> str:
    """What is said there, as the seed labels it: "hello (EH)"; without a word, the mouth shape.

    A timeline without mouth shapes was made of keyframes, whose labels are its notes.
    """
    if not timeline.track(TrackName.VISEMES):
        face = covering(timeline.track(TrackName.EXPRESSIONS), frame)
        return RELAX if face is None or face.span.start != frame else face.note or RELAX
    clip = covering(timeline.track(TrackName.VISEMES), frame)
    if clip is None or clip.value == Viseme.SIL.value:
        return RELAX
    speech = timeline.speech
    if speech is None:
        return f"({clip.value})"
    tick = convert(clip.span.middle, timeline.fps, SPEECH_RATE)
    word, sound = covering(speech.words, tick), covering(speech.phonemes, tick)
    symbol = str(clip.value) if sound is None else IPA_TO_ARPABET.get(sound.symbol, clip.value)
    return f"{word.text} ({symbol})" if word is not None else f"({symbol})"
