"""From the tracks of a timeline to what the character is asked: one state at a time.

Speech beats the expression: where a mouth shape other than `sil` is on, the character shows it, and
its expression in the rests that are long enough to see it. A turn of the head beats speech, because
it leads through neutral: while it lasts no other keyframe interrupts it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from talkies.core.rig.model import CENTER, NEUTRAL, REST, RigConfig, State
from talkies.core.rig.mouths import mouth_of
from talkies.core.rig.playback import Keyframe
from talkies.core.rig.upper_face import calm
from talkies.core.timeline.document import Clip, Timeline, TrackName
from talkies.core.timeline.placing import covering
from talkies.core.timeline.validate import validate
from talkies.core.timing import TimeRange
from talkies.core.visemes import Viseme

#: Seconds in which a mouth comes to rest where no clip follows (the seed's relaxing).
RELEASE_SECONDS: Final = Fraction(1, 10)
#: Seconds of a rest in which an expression from before it is taken up again: in a shorter one it
#: would only flash between two words.
TAKEN_UP_SECONDS: Final = Fraction(1, 2)

#: Frames in which eyes and brows change at least while the mouth speaks: in fewer they twitch.
CHANGE_FRAMES: Final = 3


def keyframes(timeline: Timeline, config: RigConfig) -> tuple[Keyframe, ...]:
    """What a character with these words is asked, in order of frames, at most once a frame.

    Before the first keyframe it is at `REST`. No keyframe asks for what the one before it did.

    Raises:
        TimelineInvalid: the timeline breaks a rule, or has an expression or a pose that the
            character does not know.
    """
    validate(timeline, config)
    faces, turns = _faces(timeline, config), _turns(timeline)
    found: list[Keyframe] = []
    shown, pose, free = faces[0], REST.pose, 0
    for turn in turns:
        for face in _changes(faces, shown, free, turn.frame):
            found.append(_keyframe(face, pose))
            shown = face
        arrived = _arrived(faces, turn)
        shown, pose = replace(arrived, frame=turn.frame, transition=turn.transition), turn.pose
        found.append(_keyframe(shown, pose))
        free = max(turn.arrival, turn.frame + 1)
    found += [_keyframe(face, pose) for face in _changes(faces, shown, free, timeline.frames)]
    return tuple(found)


def upper_keyframes(timeline: Timeline, config: RigConfig) -> tuple[Keyframe, ...]:
    """What is asked of the eyes and brows alone: the expressions, also while the mouth speaks.

    None where nothing is said, or nothing but the mouth is asked for. A clip that begins under
    speech takes `CHANGE_FRAMES` at least.
    """
    still = calm(config)
    felt = [clip for clip in timeline.track(TrackName.EXPRESSIONS) if str(clip.value) not in still]
    said = [clip for clip in timeline.track(TrackName.VISEMES) if clip.value != Viseme.SIL.value]
    if not felt or not said:
        return ()
    slow = tuple(
        replace(clip, transition=max(clip.transition, CHANGE_FRAMES))
        if covering(said, clip.span.start)
        else clip
        for clip in timeline.track(TrackName.EXPRESSIONS)
    )
    return keyframes(
        timeline.with_tracks({TrackName.VISEMES: (), TrackName.EXPRESSIONS: slow}), config
    )


def blinks(timeline: Timeline) -> tuple[TimeRange, ...]:
    """The frames in which the lids are closed."""
    return tuple(clip.span for clip in timeline.track(TrackName.BLINKS))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Face:
    """What the face is to show from a frame on."""

    frame: int
    expression: str = NEUTRAL
    strength: float = 1.0
    #: Frames in which it is reached.
    transition: int = 0
    #: Frames in which it is left where no clip begins after it.
    release: int = 0
    #: Whether it is a mouth of speech.
    speaks: bool = False

    def shows(self, other: "_Face") -> bool:
        return (self.expression, self.strength) == (other.expression, other.strength)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """Where the head is to be from a frame on."""

    frame: int
    pose: str
    transition: int
    #: The frame in which it is there, or in which the next one begins.
    arrival: int


def _keyframe(face: _Face, pose: str) -> Keyframe:
    return Keyframe(
        frame=face.frame,
        state=State(face.expression, pose),
        strength=face.strength,
        transition=face.transition,
    )


def _changes(faces: Sequence[_Face], shown: _Face, start: int, end: int) -> Iterator[_Face]:
    """Changes in frames [start, end) from what is shown before.

    One that was due earlier, while the head turned, is made up for at `start`.
    """
    if start >= end:
        return
    for number in range(_at(faces, start), len(faces)):
        face = faces[number]
        if face.frame >= end:
            return
        if not face.shows(shown):
            shown = replace(face, frame=max(face.frame, start))
            yield shown


def _at(faces: Sequence[_Face], frame: int) -> int:
    """The number of the face that is on in a frame."""
    return bisect_right(faces, frame, key=lambda face: face.frame) - 1


def _arrived(faces: Sequence[_Face], turn: _Turn) -> _Face:
    """What the way of a turn leads to: what is on when the head arrives.

    An expression that speech ends in that moment is not: the mouth would open for it, and close
    again for the first sound.
    """
    number = _at(faces, max(turn.frame, turn.arrival - 1))
    face, following = faces[number], faces[_at(faces, turn.arrival)]
    return _Face(frame=0) if following.speaks and not face.speaks else face


def _faces(timeline: Timeline, config: RigConfig) -> list[_Face]:
    """Changes of the face, the first at frame 0: none shows what the one before it did."""
    visemes = timeline.track(TrackName.VISEMES)
    expressions = timeline.track(TrackName.EXPRESSIONS)
    rests = _Rests(visemes, timeline)
    release = max(1, round(RELEASE_SECONDS * timeline.fps))
    faces = [_Face(frame=0)]
    for frame in _edges((*visemes, *expressions), timeline.frames):
        mouth, expression = covering(visemes, frame), covering(expressions, frame)
        if mouth is None or mouth.value == Viseme.SIL.value:
            seen = expression if rests.show(expression, frame) else None
            face, causes = _resting(seen), [mouth, seen]
        else:
            face, causes = _speaking(mouth, config, release), [mouth]
        begun = [
            clip.transition for clip in causes if clip is not None and clip.span.start == frame
        ]
        transition = begun[0] if begun else max(faces[-1].release, face.release)
        if not face.shows(faces[-1]):
            faces.append(replace(face, frame=frame, transition=transition))
    return faces


class _Rests:
    """The ranges of frames between the mouth shapes of speech."""

    def __init__(self, visemes: Sequence[Clip], timeline: Timeline) -> None:
        said = [clip.span for clip in visemes if clip.value != Viseme.SIL.value]
        self._begins = [0, *(span.end for span in said)]
        self._ends = [*(span.start for span in said), timeline.frames]
        self._least = TAKEN_UP_SECONDS * timeline.fps

    def show(self, expression: Clip | None, frame: int) -> bool:
        """Whether an expression is seen in the rest around a frame."""
        number = bisect_right(self._begins, frame) - 1
        begin, end = self._begins[number], self._ends[number]
        return expression is not None and (
            expression.span.start >= begin or end - begin >= self._least
        )


def _resting(expression: Clip | None) -> _Face:
    if expression is None or expression.strength == 0:
        return _Face(frame=0)
    return _Face(
        frame=0,
        expression=str(expression.value),
        strength=1.0 if expression.value == NEUTRAL else expression.strength,
        release=expression.transition,
    )


def _speaking(mouth: Clip, config: RigConfig, release: int) -> _Face:
    expression, share = mouth_of(Viseme(str(mouth.value)), config)
    strength = share * mouth.strength
    if expression == NEUTRAL or strength == 0:
        return _Face(frame=0, release=release, speaks=True)
    return _Face(frame=0, expression=expression, strength=strength, release=release, speaks=True)


def _turns(timeline: Timeline) -> list[_Turn]:
    """Changes of the pose: where no clip says one it is the center."""
    poses = timeline.track(TrackName.POSES)
    turns: list[_Turn] = []
    pose, release = REST.pose, 0
    for frame in _edges(poses, timeline.frames):
        clip = covering(poses, frame)
        wanted = CENTER if clip is None else str(clip.value)
        transition = release if clip is None else clip.transition
        if wanted != pose:
            turns.append(
                _Turn(frame=frame, pose=wanted, transition=transition, arrival=frame + transition)
            )
        pose, release = wanted, transition
    ends = [*(turn.frame for turn in turns), timeline.frames][1:]
    return [
        replace(turn, arrival=min(turn.arrival, end)) for turn, end in zip(turns, ends, strict=True)
    ]


def _edges(clips: Iterable[Clip], frames: int) -> list[int]:
    """The frames where a clip begins or has ended."""
    edges = {frame for clip in clips for frame in (clip.span.start, clip.span.end)}
    return sorted(edges - {frames})
