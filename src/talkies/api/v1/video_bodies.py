"""What `POST /v1/videos` and `POST /v1/estimates` take, as JSON or as a form."""

from collections.abc import Collection, Mapping
from typing import Final

from pydantic import Field

from talkies.api.form_fields import checked, document_of, require_known
from talkies.api.models import Body
from talkies.api.uploads import Received
from talkies.api.v1.job_bodies import JobBody
from talkies.errors import InvalidRequest
from talkies.studio.access.principal import Principal
from talkies.studio.submissions import Source
from talkies.studio.videos.options import (
    CaptionsName,
    EmotionName,
    FitName,
    FormatName,
    FramingName,
    ResolutionName,
)
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

#: Fields that may be files in a form, by the name of the file.
ROLES: Final = ("portrait", "audio", "background", "source_video")

#: Fields of a form whose text is JSON.
AS_JSON: Final = frozenset({"output", "metadata", "options", "webhook_events"})

SOURCE: Final = "A file (in a form), an `https://` URL, or an asset's id."


class OutputBody(Body):
    """What the video looks like."""

    resolution: ResolutionName | None = Field(
        default=None, description="`Np`: the shorter side has N pixels.", examples=["720p"]
    )
    framing: FramingName | None = None
    aspect: str | None = Field(
        default=None, max_length=20, description="Width to height.", examples=["9:16"]
    )
    fit: FitName | None = Field(
        default=None, description="Where the aspect is another: crop, or bars."
    )
    fps: float | str | None = Field(default=None, examples=[25], union_mode="left_to_right")
    format: FormatName | None = Field(default=None, examples=["mp4"])
    background: str | None = Field(
        default=None,
        max_length=8_000,
        description="A colour (`#204060`), `transparent` (webm, gif), or a picture: "
        "`https://…`, an asset's id, or the file `background` of a form.",
    )
    captions: CaptionsName | None = Field(default=None, examples=["sidecar"])


class VideoBody(JobBody):
    """One video to make: one visual, one speech, and how it shall look."""

    portrait: str | None = Field(
        default=None, description=SOURCE, examples=["https://example.com/face.jpg"]
    )
    source_video: str | None = Field(
        default=None, description=f"For engines that give a video a new speech. {SOURCE}"
    )
    character: str | None = Field(
        default=None,
        max_length=100,
        description="Id of a character, or the name of an installed one, in place of `portrait`.",
    )
    timeline: str | None = Field(
        default=None,
        max_length=40,
        description="Id of a timeline, which the character plays; its sound is the video's.",
    )
    audio: str | None = Field(default=None, description=SOURCE)
    transcript: str | None = Field(default=None, description="What `audio` says, where known.")
    text: str | None = Field(
        default=None, description="What is said, in place of `audio`.", examples=["Hello there."]
    )
    voice: str | None = Field(default=None, description="Who says it.", max_length=200)
    speed: float | None = Field(default=None, description="0.5 to 2.")
    pitch: float | None = Field(default=None, description="0.5 to 2.")
    language: str | None = Field(default=None, max_length=50, examples=["en"])
    engine: str = Field(default="auto", max_length=60)
    prompt: str | None = Field(default=None, description="For engines that take one.")
    face: int | None = Field(default=None, ge=1, le=1_000, description="1 is the largest.")
    motion: float | None = Field(default=None, ge=0, le=1, description="How much the head moves.")
    emotion: EmotionName | None = None
    output: OutputBody = OutputBody()
    seed: int | None = Field(default=None, ge=0, le=2**53 - 1)
    score: bool = Field(default=True, description="Measure the lip sync of the finished video.")
    options: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="The engine's own, by its schema in `/v1/engines`."
    )

    def submission(self, who: Principal, files: Mapping[str, Source]) -> VideoSubmission:
        """What the studio is asked for; raises `Forbidden` and `InvalidRequest`."""
        plain = self.model_dump(exclude={*_NOT_PLAIN, *JobBody.model_fields})
        return VideoSubmission(
            **plain,
            **self.callers(who),
            portrait=self._source("portrait", files),
            audio=self._source("audio", files),
            source_video=self._source("source_video", files),
            output=self._look(files),
        )

    def _source(self, name: str, files: Mapping[str, Source]) -> Source | None:
        text: str | None = getattr(self, name)
        if name in files:
            return files[name]
        return Source.named(text) if text else None

    def _look(self, files: Mapping[str, Source]) -> OutputOptions:
        plain = self.output.model_dump(exclude={"background"})
        given = self.output.background
        picture = given is not None and ("://" in given or given.startswith("ast_"))
        named = Source.named(given) if given is not None and picture else given
        return OutputOptions(**plain, background=files.get("background", named))


_NOT_PLAIN: Final = ("portrait", "audio", "source_video", "output")


def video_body(received: Received) -> VideoBody:
    """The body of either kind, checked; raises `InvalidRequest`."""
    if received.document is not None:
        return checked(VideoBody, received.document)
    require_known(received.form.files, ROLES)
    document = document_of(received.form, AS_JSON)
    # In a form, what belongs to `output` may stand beside it.
    beside = {name: document.pop(name) for name in OutputBody.model_fields if name in document}
    output = document.get("output", {})
    if beside and isinstance(output, dict):
        _require_once(beside.keys() & output.keys())
        document["output"] = {**output, **beside}
    return checked(VideoBody, document)


def _require_once(twice: Collection[str]) -> None:
    for name in sorted(twice):
        problem = {"pointer": f"/output/{name}", "message": "It was given twice."}
        raise InvalidRequest(
            f"`{name}` was given both in `output` and beside it.", details={"fields": [problem]}
        )
