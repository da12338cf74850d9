"""What there is to say about an engine of another repository: all of it data, none of it code.

Built-in descriptions are the `*.toml` files of `engines/library`; an operator's lie in the folder
`engines` of the engines' root. Both are read by `reading.py` and rendered by the same engine.

Texts of a description name values in braces, as `{visual}`; conditions name them without, as
`quantised` or `mode=full|extfull`. `values.py` owns the list of values and both grammars.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from talkies.engines.base import Speed, Visual
from talkies.weights.sources import WeightSource

#: A value of an option.
Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What may be done with it."""

    #: SPDX identifiers.
    code: str
    weights: str
    commercial_use: bool
    #: In words, where the identifiers are not the whole truth.
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunking:
    """An engine that makes its video in overlapping chunks of so many frames."""

    #: Frames of a chunk; of the form 4n + 1 for video diffusion models.
    frames: int
    #: Frames that two chunks share.
    overlap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the engine takes, and what it has to be given to do well."""

    visuals: frozenset[Visual] = frozenset({Visual.PORTRAIT})
    prompt: bool = False
    #: What stands for a prompt that was not given.
    default_prompt: str = ""
    #: Sampling rate and channels of the WAV it gets.
    sound_rate: int = 16_000
    sound_channels: int = 1
    #: Speech is filled up with silence to more than this, seconds.
    least_seconds: float = 0.0
    #: Silence added after the speech and cut off the video again, seconds.
    tail_seconds: float = 0.0
    #: Longest speech that it does well in one run, seconds; longer speech is cut at silences.
    segment_seconds: float | None = None
    #: Frames by which two segments overlap, to check and soften the seam.
    segment_overlap: int = 8
    #: Whether noise at -80 dBFS is laid under digital silence, which some feature extractors
    #: cannot take.
    dither: bool = False
    #: Frame sizes (width, height) that its frames come in, by the value of the option that chooses
    #: a list, or "" for the only one; empty where it takes any.
    sizes: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    #: The option that chooses a list of `sizes`.
    sizes_by: str = ""
    #: Sides are multiples of this.
    size_multiple: int = 2
    #: Longest side in pixels; larger pictures are scaled down.
    longest_side: int | None = None
    chunking: Chunking | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Where its code comes from."""

    url: str
    #: Commit.
    revision: str
    #: A file that is there when the checkout is whole.
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The virtual environment that its code runs in."""

    #: "3.10".
    python: str
    #: File of pinned requirements beside the description.
    requirements: str
    #: Modules that have to import.
    imports: tuple[str, ...] = ()
    #: Programs that have to be on the PATH.
    programs: tuple[str, ...] = ("ffmpeg",)
    #: Variables it runs with: texts with values.
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of the engine, as `POST /v1/videos` and `--option` take it."""

    type: Literal["string", "integer", "number", "boolean"]
    default: Scalar
    description: str
    choices: tuple[Scalar, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    #: Regular expression that the whole of a string matches. A string with neither choices nor a
    #: pattern is free text.
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetDescription:
    """Values of options that go together."""

    summary: str
    options: Mapping[str, Scalar]
    speeds: tuple[Speed, ...]
    #: The preset to fall back to when the GPU's memory is too small.
    smaller: str | None = None
    #: The variant of the weights that it needs; see `weights.sources`.
    weights: str = ""

    @property
    def vram_gib(self) -> float:
        """The least GPU memory that somebody got by with, GiB."""
        return min(speed.vram_gib for speed in self.speeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """Part of a command line."""

    #: Texts with values.
    words: tuple[str, ...]
    #: Left out where this condition does not hold; "" always holds.
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One run of its program."""

    arguments: tuple[Argument, ...]
    #: Working directory: "scratch" is private to the run, "repository" is the checkout's.
    cwd: Literal["scratch", "repository"] = "scratch"
    #: Folders made in the scratch folder first.
    folders: tuple[str, ...] = ()
    #: Symbolic links made first: name in the scratch folder, or a path in the checkout where
    #: nothing is yet, and what it leads to. Both are texts with values.
    links: Mapping[str, str] = field(default_factory=dict)
    #: Files written into the scratch folder first: name, and text with values.
    files: Mapping[str, str] = field(default_factory=dict)


class ProgressKind(StrEnum):
    #: A line that says a phase has begun.
    BEGINS = "begins"
    #: A bar of tqdm that runs once.
    BAR = "bar"
    #: A bar of tqdm that runs once for each chunk; `total` says which bars are meant.
    CHUNKED_BAR = "chunked_bar"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressPhase:
    """A part of the work that its output shows."""

    name: str
    kind: ProgressKind
    #: Regular expression; a bar's has the groups `done` and `total`.
    pattern: str
    #: Share of the work; all shares of the phases that apply are scaled to 1.
    share: float
    #: The total of the bars that are meant, as a text with values; "" for any.
    total: str = ""
    #: It applies where this condition holds; "" always holds.
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchdog:
    """When a run is given up."""

    #: Seconds without any output; a line that only repeats the one before is none.
    silence_seconds: float = 900.0
    #: How often a line that is a known failure may come in a row before the run is ended by it.
    repeats: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FailurePattern:
    """A sign of what went wrong, and the code of the error that it is."""

    #: Regular expression, searched for in single lines; the latest line wins.
    pattern: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRule:
    """Where the video is: a pattern of `Path.glob` in the scratch folder that fits one file."""

    #: A text with values.
    glob: str
    #: Frames a second of the video.
    fps: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmDescription:
    """How its models stay in memory: see `engines/hosts`."""

    #: Module of `engines/hosts` that knows its code.
    adapter: str
    #: What `load` is given, texts with values that do not change from order to order; a change of
    #: it means another load.
    load: Mapping[str, str] = field(default_factory=dict)
    #: What `render` is given besides the order itself: texts with values.
    render: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """An engine of another repository."""

    id: str
    summary: str
    quality: int
    licence: Licence
    intake: Intake
    repository: Repository
    environment: Environment
    #: The first is the default.
    presets: Mapping[str, PresetDescription]
    command: Command
    output: OutputRule
    weights: tuple[WeightSource, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)
    progress: tuple[ProgressPhase, ...] = ()
    watchdog: Watchdog = Watchdog()
    failures: tuple[FailurePattern, ...] = ()
    warm: WarmDescription | None = None
    #: Seconds to load the models from a local disk.
    load_seconds: float = 60.0
    #: Longest speech in all, seconds.
    most_seconds: float | None = None

    @property
    def default_preset(self) -> str:
        """Its name."""
        return next(iter(self.presets))
