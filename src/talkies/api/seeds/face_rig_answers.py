"""What the seed's routes of characters (S22) are sent and answer, by its names, and failures."""

import json
from typing import Annotated, Any, Final, Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from talkies.api.errors import answer
from talkies.api.models import Answer, require_storable
from talkies.api.seeds.sadtalker_errors import OF_THE_BODY
from talkies.core.json_reading import JsonAt
from talkies.core.timeline.formats.seed import TIME_MAX, SeedKeyframe, track_at
from talkies.core.timeline.refusal import file_invalid
from talkies.errors import InvalidRequest, TalkiesError, Unavailable

#: Keyframes of one request: a day of speech at one each 50 ms would be too much for a browser.
KEYFRAMES_MAX: Final = 100_000

#: Characters of a text: as long as speech that is answered at once.
TEXT_MAX: Final = 10_000

#: Frames a second: what timelines take as whole numbers.
FPS_MAX: Final = 240


class EmptyTimeline(InvalidRequest):
    """The timeline is empty."""

    status = 400


class NotYet(Unavailable):
    """The video takes longer than a request may."""

    default_hint = "Send the same request again: it waits for the same video."


def worded(error: TalkiesError, request_id: str) -> JSONResponse:
    """The answer that carries an error: the seed's `detail` beside our `error`."""
    plain = answer(error, request_id)
    body = {"detail": error.message, **json.loads(bytes(plain.body))}
    headers = {name: value for name, value in plain.headers.items() if name not in OF_THE_BODY}
    return JSONResponse(body, status_code=error.status, headers=headers)


class SeedBody(BaseModel):
    """A body of the seed's clients; fields that we do not know are passed over, as there."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, document: Any) -> Any:
        require_storable(document)
        return document


class SeedKeyframeBody(SeedBody):
    """From this time on the character goes to a state."""

    time_ms: float = Field(ge=0, le=TIME_MAX, examples=[620])
    target_expr: str | None = Field(default=None, examples=["speaking_ee"])
    target_pose: str | None = Field(default=None, examples=["center"])
    transition_duration_ms: float | None = Field(default=None, ge=0, le=TIME_MAX, examples=[150])
    phoneme: str | None = Field(default=None, examples=["hello (EH)"])


Keyframes = Annotated[list[SeedKeyframeBody], Field(max_length=KEYFRAMES_MAX)]


def keyframes_of(bodies: list[SeedKeyframeBody]) -> tuple[SeedKeyframe, ...]:
    """The keyframes in order of time."""
    records = [body.model_dump(exclude_none=True) for body in bodies]
    return track_at(JsonAt(records, file_invalid))


class RegenerateBody(SeedBody):
    """Which drawing of a sequence."""

    t: float = Field(examples=[0.5])


class EmotionsBody(SeedBody):
    """A speech, and when its words are said."""

    transcript: str = Field(max_length=TEXT_MAX, examples=["What a wonderful day!"])
    phoneme_timeline: Keyframes = Field(default_factory=list)
    total_duration_ms: float = Field(ge=0, le=TIME_MAX, examples=[3300])


class SpeechBody(SeedBody):
    """A text to be said."""

    transcript: str = Field(min_length=1, max_length=TEXT_MAX, examples=["Good morning."])
    voice_id: str = Field(default="21m00Tcm4TlvDq8ikWAM", max_length=200)


class ExportBody(SeedBody):
    """A video to be made."""

    combined_timeline: Keyframes
    audio_url: str | None = Field(default=None, max_length=2_000, examples=["/audio/upload_1.wav"])
    format: Literal["mp4", "webm"] = "mp4"
    fps: int = Field(default=24, ge=1, le=FPS_MAX)
    background: str | None = Field(
        default=None,
        max_length=40,
        description="Ours: a colour behind the character; an mp4's is white.",
        examples=["#ffffff"],
    )


class FrameAnswer(Answer):
    """One drawing of a sequence."""

    t: float = Field(examples=[0.5])
    file: str = Field(examples=["050.png"])


class SequenceAnswer(Answer):
    """The manifest of a sequence."""

    path_id: str = Field(examples=["neutral_to_blink__center"])
    expr_start: str = Field(examples=["neutral"])
    expr_end: str = Field(examples=["blink_closed"])
    pose: str = Field(examples=["center"])
    frames: list[FrameAnswer]


class KeyframeAnswer(Answer):
    """One keyframe."""

    time_ms: int = Field(examples=[620])
    target_expr: str = Field(examples=["speaking_ee"])
    target_pose: str = Field(examples=["center"])
    transition_duration_ms: int = Field(examples=[150])
    phoneme: str = Field(examples=["hello (EH)"])


class TimelineAnswer(Answer):
    """The keyframes of a speech."""

    id: str = Field(examples=["word_animation_620"])
    keyframes: list[KeyframeAnswer]
    total_duration_ms: int = Field(examples=[3300])


class FaceAnswer(Answer):
    """From this time on the face shows an expression."""

    time_ms: int = Field(examples=[1200])
    target_expr: str = Field(examples=["happy_soft"])
    reason: str


class EmotionsAnswer(Answer):
    """The expressions of a speech."""

    keyframes: list[FaceAnswer]


class UploadedAnswer(Answer):
    """A sound that is kept."""

    filename: str = Field(examples=["upload_1732233600000.wav"])
    path: str = Field(
        description="Where this server gives it out.", examples=["/audio/upload_1732233600000.wav"]
    )


class SpeechAnswer(UploadedAnswer):
    """Speech that is kept, as WAV (16 kHz, mono)."""

    duration: float = Field(description="Seconds.", examples=[1.42])
    original_mp3: str = Field(examples=["tts_1732233600000.mp3"])
