"""What an engine is: data about itself, and one function from inputs to a video file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from talkies.core.captions import Cue
from talkies.core.performance import Performance


class VideoFormat(StrEnum):
    """Containers a video can be delivered in."""

    MP4 = "mp4"
    WEBM = "webm"
    GIF = "gif"


class Visual(StrEnum):
    """What an engine makes talk."""

    #: One still picture.
    PORTRAIT = "portrait"
    #: A video whose lips get another speech.
    SOURCE_VIDEO = "source_video"
    #: The drawings of a character, which play a timeline.
    CHARACTER = "character"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How long a preset takes on one GPU, as somebody published or measured it."""

    #: "A100 80 GB", "any CPU".
    device: str
    #: Seconds of work for each second of video, models loaded.
    seconds_per_video_second: float
    #: GPU memory it takes, GiB; 0 on a CPU.
    vram_gib: float
    #: Who says so: "authors' table", "derived from …", "measured by `talkies bench`".
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One of the settings that an engine's makers or users found to work."""

    name: str
    summary: str
    speeds: tuple[Speed, ...]

    @property
    def vram_gib(self) -> float:
        """The least GPU memory that somebody got by with, GiB."""
        return min((speed.vram_gib for speed in self.speeds), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an engine can do and what it asks for."""

    id: str
    #: One sentence for a list.
    summary: str
    #: Whether it follows a `Performance`; otherwise it listens to the sound itself.
    follows_performance: bool
    formats: frozenset[VideoFormat]
    #: SPDX identifier of the code and of its weights.
    licence: str
    commercial_use: bool
    #: GPU memory in GiB; 0 for an engine that runs on a CPU.
    vram_gib: float
    #: Published or measured seconds of work per second of video at 720p, for the first ETA.
    seconds_per_video_second: float
    #: JSON Schema (an object) of the engine's own options.
    option_schema: Mapping[str, Any] = field(default_factory=dict)
    #: Whether it does something with a prompt.
    takes_prompt: bool = False
    visuals: frozenset[Visual] = frozenset({Visual.PORTRAIT})
    #: How lifelike its videos are, 0 to 100, by our own judgement: what `auto` prefers.
    quality: int = 50
    #: What the licence means in words, where the identifier is not the whole truth.
    licence_note: str = ""
    #: Its option `preset` chooses among them; the first is the default.
    presets: tuple[Preset, ...] = ()
    #: Seconds to bring its models into memory; not part of the speeds.
    load_seconds: float = 0.0
    #: Longest that it may say nothing while it works, seconds.
    silence_seconds: float = 300.0
    #: Longest speech of one video, seconds; None is as long as anybody likes.
    most_seconds: float | None = None

    @property
    def needs_gpu(self) -> bool:
        return self.vram_gib > 0

    def preset(self, name: str | None = None) -> Preset | None:
        """The preset of that name, or else the default; None where there are none."""
        named = (preset for preset in self.presets if preset.name == name)
        return next(named, next(iter(self.presets), None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether an engine can render on this machine; true where it can."""

    #: Why not; empty where it can.
    reason: str = ""
    #: The one command that mends it.
    mend: str = ""

    def __bool__(self) -> bool:
        return not self.reason


#: An engine that can render.
READY = Readiness()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequest:
    """One video to make. Files are ours: normalised, private and trusted."""

    #: RGB or RGBA PNG, already framed and scaled to the video's width and height (both even). Of a
    #: `source_video`, its first frame; of a `character`, the drawing of it at rest.
    portrait: Path
    #: 48 kHz PCM WAV, the sound the video shall carry.
    sound: Path
    performance: Performance
    #: A video at 25 frames a second of the same size, where there is one: its lips get the sound.
    source_video: Path | None = None
    #: The folder of a character, where one plays, and what it does: a timeline as JSON.
    character: Path | None = None
    timeline: Path | None = None
    #: What happens in the picture, in words; empty for nothing in particular.
    prompt: str = ""
    #: Which face of the portrait speaks, largest first; None is the largest.
    face: int | None = None
    fps: Fraction = Fraction(25)
    format: VideoFormat = VideoFormat.MP4
    #: None keeps the portrait's own background; an RGB colour; a picture; or "transparent".
    background: tuple[int, int, int] | Path | str | None = None
    #: Captions to burn into the picture; empty for none.
    captions: tuple[Cue, ...] = ()
    seed: int = 0
    #: The engine's own options.
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)


class RenderContext(Protocol):
    """What an engine is given to work with while it renders."""

    @property
    def work_dir(self) -> Path:
        """A private folder, removed afterwards; the video is written into it."""
        ...

    @property
    def preview(self) -> Path | None:
        """Where a fragmented MP4 of the video may grow while it is rendered; None for nowhere.

        An engine that cannot make one leaves it alone.
        """
        ...

    def progress(self, done: int, total: int) -> None:
        """Say that `done` of `total` frames are finished. Raises `Canceled` when asked to stop."""
        ...

    def warn(self, *messages: str) -> None:
        """Tell the user what is other than was asked for."""
        ...


class Engine(Protocol):
    """A renderer. Made without cost; `load` may take its time and memory."""

    @property
    def capabilities(self) -> Capabilities: ...

    def readiness(self) -> Readiness:
        """Whether it can render on this machine, at the cost of looking at a few files."""
        ...

    def check(self, request: RenderRequest) -> tuple[str, ...]:
        """Warnings about this request. Raises `InvalidInput` where a render would be no use."""
        ...

    def load(self) -> None:
        """Bring models into memory; does nothing the second time."""
        ...

    def render(self, request: RenderRequest, context: RenderContext) -> Path:
        """The finished video, inside `context.work_dir`; no partial file is left on failure."""
        ...

    def unload(self) -> None:
        """Let go of what `load` brought; also ends what runs beside. Does nothing when unloaded."""
        ...
