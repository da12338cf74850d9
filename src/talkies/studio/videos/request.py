"""What one video shall be: checked values in place of what a user wrote."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from talkies.core.acting import Emotion
from talkies.engines.base import VideoFormat, Visual
from talkies.face.framing.options import FramingOptions
from talkies.studio.speaking import Script
from talkies.studio.videos.options import CaptionsName

#: None is the picture's own; else an RGB colour, a picture, or "transparent".
Background: TypeAlias = tuple[int, int, int] | Path | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Speech that was recorded."""

    path: Path
    #: What it says, where that is known.
    transcript: str | None = None
    #: Of the transcript; None is guessed.
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the video looks like."""

    framing: FramingOptions = field(default_factory=FramingOptions)
    fps: Fraction = Fraction(25)
    background: Background = None
    captions: CaptionsName = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """How the face plays it."""

    motion: float = 1.0
    emotion: Emotion | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecars:
    """Which files are written beside the video."""

    timing: bool = True
    score: bool = False
    contact_sheet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRequest:
    """One video to make."""

    #: Exactly one of these three is given; a character is a folder.
    portrait: Path | None
    source_video: Path | None = None
    character: Path | None = None
    #: What the character does, as JSON; None is decided by what is said.
    timeline: Path | None = None
    speech: Recording | Script
    output: Path
    format: VideoFormat = VideoFormat.MP4
    engine: str = "auto"
    #: Why `auto` took it, where there was a choice.
    engine_reason: str = ""
    #: What happens in the picture, in words, for engines that take that.
    prompt: str = ""
    #: Which face speaks, largest first; None is the largest, with a warning where there are more.
    face: int | None = None
    look: Look = Look()
    acting: Acting = Acting()
    sidecars: Sidecars = Sidecars()
    #: The engine's own options.
    engine_options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    #: A PNG to write of the faces that were found.
    show_faces: Path | None = None
    overwrite: bool = False

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Every file that is read."""
        recording = self.speech.path if isinstance(self.speech, Recording) else None
        backdrop = self.look.background
        picture = backdrop if isinstance(backdrop, Path) else None
        every = (self.portrait, self.source_video, self.timeline, recording, picture)
        return tuple(path for path in every if path is not None)

    @property
    def visual(self) -> Visual:
        """What is made to talk."""
        if self.character is not None:
            return Visual.CHARACTER
        return Visual.PORTRAIT if self.source_video is None else Visual.SOURCE_VIDEO
