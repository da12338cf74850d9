"""What the audio routes take: OpenAI's fields of speech, and ours of jobs."""

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import Field

from talkies.api.form_fields import checked, document_of, require_known
from talkies.api.models import Body
from talkies.api.uploads import Received
from talkies.api.v1.job_bodies import JobBody
from talkies.errors import InvalidRequest
from talkies.speech.text import TEXT_MAX
from talkies.studio.access.principal import Principal
from talkies.studio.audio.requests import AlignmentSubmission, SpeechSubmission
from talkies.studio.submissions import Source

#: Characters of a text that is spoken while the caller waits; longer ones are jobs. Ten minutes.
SPEECH_LONGEST: Final = 10_000


SOUND: Final = "A file (in a form), an `https://` URL, or an asset's id."

FormatName = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]


class SpeechBody(Body):
    """A text to be spoken, as OpenAI's clients send it."""

    input: str = Field(min_length=1, max_length=SPEECH_LONGEST, examples=["Hello there."])
    model: str = Field(
        default="tts-1",
        max_length=100,
        description="OpenAI's names are taken; all mean the best voice there is.",
    )
    voice: str | None = Field(
        default=None,
        max_length=200,
        description="One of `/v1/voices`, or of OpenAI's. null: the language's standard voice.",
        examples=["alloy"],
    )
    response_format: FormatName = "mp3"
    speed: float = Field(default=1.0, ge=0.25, le=4.0, description="Beyond 0.5 to 2: as near.")
    language: str | None = Field(
        default=None, max_length=50, description="Of the text; else guessed.", examples=["en"]
    )
    instructions: str | None = Field(
        default=None, max_length=10_000, description="Taken from OpenAI's clients, and not used."
    )
    stream_format: Literal["audio"] = Field(
        default="audio", description="The bytes of the file as they are made."
    )


class SpeechJobBody(JobBody):
    """A text to be spoken as a job, with its timing beside it."""

    input: str = Field(min_length=1, max_length=TEXT_MAX, examples=["Once upon a time…"])
    model: str = Field(default="tts-1", max_length=100)
    voice: str | None = Field(default=None, max_length=200, examples=["heart"])
    response_format: FormatName = "mp3"
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    language: str | None = Field(default=None, max_length=50)

    def submission(self, who: Principal) -> SpeechSubmission:
        """What the studio is asked for; raises `Forbidden`."""
        return SpeechSubmission(
            input=self.input,
            model=self.model,
            voice=self.voice,
            response_format=self.response_format,
            speed=self.speed,
            language=self.language,
            **self.callers(who),
        )


class AlignmentBody(JobBody):
    """A recording to be timed."""

    audio: str | None = Field(default=None, max_length=8_000, description=SOUND)
    transcript: str | None = Field(
        default=None, max_length=TEXT_MAX, description="What it says, where known."
    )
    language: str | None = Field(default=None, max_length=50, description="Of the transcript.")
    as_job: bool = Field(
        default=False, description="Answer at once with a job, however short the recording is."
    )

    def submission(self, who: Principal, files: Mapping[str, Source]) -> AlignmentSubmission:
        """What the studio is asked for; raises `Forbidden` and `InvalidRequest`."""
        return AlignmentSubmission(
            audio=self._source(files),
            transcript=self.transcript,
            language=self.language,
            **self.callers(who),
        )

    def _source(self, files: Mapping[str, Source]) -> Source:
        if "audio" in files:
            return files["audio"]
        if not self.audio:
            problem = {"pointer": "/audio", "message": "It is missing."}
            raise InvalidRequest("There is no recording.", details={"fields": [problem]})
        return Source.named(self.audio)


#: Fields of a form whose text is JSON.
_AS_JSON: Final = frozenset({"metadata", "webhook_events"})

#: Fields that may be files in a form.
ROLES: Final = ("audio",)


def alignment_body(received: Received) -> AlignmentBody:
    """The body of either kind, checked; raises `InvalidRequest`."""
    document = received.document
    if document is None:
        require_known(received.form.files, ROLES)
        document = document_of(received.form, _AS_JSON)
    return checked(AlignmentBody, document)
