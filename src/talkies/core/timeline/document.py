"""The timeline: everything a character does in one video, on tracks of clips.

Clips lie on the frame grid of the timeline's `fps`: clip [start, end) shows from the beginning of
frame `start` to that of frame `end`. What was heard (words, phonemes) stays on the speech grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction

from talkies.core.alignment import Alignment
from talkies.core.timing import TimeRange, to_seconds


class TrackName(StrEnum):
    """The tracks that are edited; clips of one track do not overlap."""

    #: Mouth shapes of speech: values are those of `core.visemes.Viseme`.
    VISEMES = "visemes"
    #: What the face shows where the mouth is at rest: ids of the character's expressions.
    EXPRESSIONS = "expressions"
    #: Where the head is: the character's poses.
    POSES = "poses"
    #: Closed lids; the value is empty.
    BLINKS = "blinks"
    #: What part of the picture is shown: `View`s.
    CAMERA = "camera"
    #: Texts.
    CAPTIONS = "captions"


class Origin(StrEnum):
    """Who set a clip. Manual ones stay when a track is generated anew, and generated ones yield."""

    MANUAL = "manual"
    GENERATED = "generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A part of the picture with the picture's own aspect."""

    #: 1 shows all, 2 half of the width and of the height.
    zoom: float = 1.0
    #: Middle of the part, as shares of the picture's width and height.
    x: float = 0.5
    y: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One thing that a track says, for a range of frames."""

    #: Unique in its timeline.
    id: str
    #: Frames.
    span: TimeRange
    #: What the track's name says.
    value: str | View
    #: Of a viseme or an expression, how far it goes, 0 to 1.
    strength: float = 1.0
    #: Frames from its start in which the character or the camera gets there; 0 is at once.
    transition: int = 0
    origin: Origin = Origin.GENERATED
    #: Why it is there, for people.
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineSound:
    """The sound of a timeline. It is never cut: a video lasts until it ends."""

    #: Path beside the timeline's file, URL, or id of an asset.
    source: str
    sha256: str | None = None
    #: Its length in ticks of `SOUND_RATE`.
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One performance of one character."""

    id: str
    #: Name or id of the character.
    character: str
    fps: Fraction
    #: Length in frames; the sound ends within it.
    frames: int
    sound: TimelineSound | None = None
    #: What is said, on the speech grid.
    speech: Alignment | None = None
    #: Clips in order of time, without overlap. A track without clips is never among them, so that
    #: equal timelines compare equal.
    tracks: Mapping[TrackName, tuple[Clip, ...]] = field(default_factory=dict)
    #: The seed of everything generated.
    seed: int = 0

    def __post_init__(self) -> None:
        tracks = {name: tuple(self.tracks[name]) for name in TrackName if self.tracks.get(name)}
        object.__setattr__(self, "tracks", tracks)

    def track(self, name: TrackName) -> tuple[Clip, ...]:
        return self.tracks.get(name, ())

    def with_tracks(self, tracks: Mapping[TrackName, tuple[Clip, ...]]) -> "Timeline":
        """This timeline with these tracks in place of its own of the same names."""
        return replace(self, tracks={**self.tracks, **tracks})

    @property
    def seconds(self) -> float:
        return to_seconds(self.frames, self.fps)
