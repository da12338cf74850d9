"""What a caller of the service asks for: one video, before any byte of it was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

from talkies.engines.base import Visual
from talkies.errors import InvalidOption, InvalidRequest
from talkies.jobs.records import Document
from talkies.speech.text import cleaned
from talkies.studio.progress import Reporter
from talkies.studio.speaking import Script, voice_of
from talkies.studio.submissions import Source, Submission, require_caller
from talkies.studio.values import TRANSPARENT
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.planning import plan
from talkies.studio.videos.request import VideoRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """What the video looks like; None takes the default of `VideoOptions`."""

    resolution: str | None = None
    framing: str | None = None
    aspect: str | None = None
    fit: str | None = None
    fps: str | float | None = None
    format: str | None = None
    #: A colour, or "transparent"; a picture is a `Source`.
    background: str | Source | None = None
    captions: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSubmission(Submission):
    """One request for a video, by the names of `POST /v1/videos`."""

    portrait: Source | None = None
    #: For engines that give a video's lips a new speech.
    source_video: Source | None = None
    #: Id of a character, or the name of an installed one.
    character: str | None = None
    #: Id of a timeline, which the character plays; its sound is the video's.
    timeline: str | None = None
    #: The character as a job keeps it, and the timeline as it was when it was asked for.
    character_ref: Document = field(default_factory=dict)
    timeline_document: Source | None = None
    audio: Source | None = None
    transcript: str | None = None
    text: str | None = None
    voice: str | None = None
    speed: float | None = None
    pitch: float | None = None
    language: str | None = None
    engine: str = "auto"
    prompt: str | None = None
    face: int | None = None
    motion: float | None = None
    emotion: str | None = None
    output: OutputOptions = OutputOptions()
    seed: int | None = None
    #: Measure the lip sync of the finished video.
    score: bool = True
    #: The engine's own options.
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    #: Why `auto` took the engine; for whoever asks about the job.
    engine_reason: str = ""
    #: What a seed's contract has to remember of its own; kept as it is, and read by nobody else.
    seed_options: Document = field(default_factory=dict)

    @property
    def sources(self) -> Mapping[str, Source]:
        """The inputs that are files, by their roles."""
        backdrop = self.output.background
        given = {
            "portrait": self.portrait,
            "source_video": self.source_video,
            "audio": self.audio,
            "background": backdrop if isinstance(backdrop, Source) else None,
            "timeline": self.timeline_document,
        }
        return {role: source for role, source in given.items() if source is not None}

    @property
    def inputs(self) -> Mapping[str, Source]:
        """The sources, and the bundle of a character: what has to stay as long as the job."""
        bundle = self.character_ref.get("sha256")
        known = {} if bundle is None else {"character": Source(sha256=bundle)}
        return {**self.sources, **known}

    @property
    def visual(self) -> Visual:
        """What is made to talk."""
        if self.character is not None:
            return Visual.CHARACTER
        return Visual.PORTRAIT if self.source_video is None else Visual.SOURCE_VIDEO

    @property
    def format(self) -> str:
        return self.output.format or "mp4"

    def with_sources(self, sources: Mapping[str, Source]) -> "VideoSubmission":
        """The same with other sources for the roles that are named."""
        output = self.output
        if "background" in sources:
            output = replace(output, background=sources["background"])
        return replace(
            self,
            portrait=sources.get("portrait", self.portrait),
            source_video=sources.get("source_video", self.source_video),
            audio=sources.get("audio", self.audio),
            timeline_document=sources.get("timeline", self.timeline_document),
            output=output,
        )


def require_possible(submission: VideoSubmission) -> None:
    """Raise for everything that can be known to be wrong without an engine or a byte.

    Raises:
        InvalidOption, InvalidRequest, InvalidInput, UnknownLanguage.
    """
    _require_visual(submission)
    if isinstance(submission.output.background, str):
        _require_colour(submission.output.background)
    planned(submission, {role: Path(role) for role in submission.sources})
    require_caller(submission)


def require_voice(submission: VideoSubmission) -> None:
    """Raise for a text that no voice of this installation can say.

    Raises:
        UnknownVoice, UnknownLanguage, InvalidOption, InvalidInput, MissingDependency.
    """
    script = planned(submission, {role: Path(role) for role in submission.sources}).speech
    if isinstance(script, Script):
        cleaned(script.text)
        voice_of(script, Reporter())


def planned(submission: VideoSubmission, files: Mapping[str, Path]) -> VideoRequest:
    """The request for the pipeline, with the inputs in these files by their roles.

    Raises as `planning.plan`.
    """
    options = options_of(submission, files)
    portrait = files.get("portrait") or (Path("portrait") if submission.portrait else None)
    request = plan(portrait, files.get("audio"), Path(f"video.{submission.format}"), options)
    return replace(request, timeline=files.get("timeline"))


def options_of(submission: VideoSubmission, files: Mapping[str, Path]) -> VideoOptions:
    """The options as every front names them, with the inputs in these files by their roles."""
    named = VideoOptions.__annotations__
    own = {name: getattr(submission, name) for name in named if hasattr(submission, name)}
    if submission.character is not None:
        own["character"] = files.get("character", Path("character"))
    if submission.source_video is not None:
        own["source_video"] = files.get("source_video", Path("source_video"))
    output = {f.name: getattr(submission.output, f.name) for f in fields(OutputOptions)}
    colour = submission.output.background
    background = colour if isinstance(colour, str) else files.get("background")
    given = {**own, **output, "background": background}
    chosen = {name: value for name, value in given.items() if value is not None}
    return cast("VideoOptions", chosen)  # `plan` checks each value


def _require_visual(submission: VideoSubmission) -> None:
    visuals = (submission.portrait, submission.source_video, submission.character)
    if not any(visual is not None for visual in visuals):
        raise InvalidRequest(
            "There is no portrait.",
            hint="Send `portrait` as a file, a URL or an asset's id, or name a `character`.",
            details={"fields": ["portrait"]},
        )


def _require_colour(background: str) -> None:
    """A path of this server's is no background for a caller of the service."""
    if background.strip().lower() != TRANSPARENT and any(sign in background for sign in "./\\"):
        raise InvalidOption(
            f"`background` cannot be “{background}”.",
            hint="Give a colour, “transparent”, or a picture as a file, a URL or an asset.",
            details={"option": "background", "value": background},
        )


def submission_from(document: Document) -> VideoSubmission:
    """The request in a job's record, but for what has columns of its own."""
    given: dict[str, Any] = dict(document)
    for name in ("portrait", "source_video", "audio", "timeline_document"):
        if name in given:
            given[name] = Source(**given[name])
    output = dict(given.pop("output", {}))
    if isinstance(output.get("background"), Mapping):
        output["background"] = Source(**output["background"])
    return VideoSubmission(output=OutputOptions(**output), **given)
