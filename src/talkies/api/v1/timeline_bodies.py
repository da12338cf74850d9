"""What the routes of timelines take, as JSON or as a form."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from talkies.api.form_fields import checked, document_of, require_known
from talkies.api.models import Body
from talkies.api.uploads import Received
from talkies.api.v1.job_bodies import JobBody
from talkies.core.timeline.validate import SEED_MAX
from talkies.errors import InvalidRequest, MediaTooLarge
from talkies.rigs.export.options import CaptionPlace
from talkies.speech.text import TEXT_MAX
from talkies.studio.access.principal import Principal
from talkies.studio.submissions import Source
from talkies.studio.timelines.export_options import (
    ExportFormatName,
    ExportResolutionName,
)
from talkies.studio.timelines.orders import DOCUMENT_BYTES
from talkies.studio.timelines.requests import (
    AgainSubmission,
    DocumentSubmission,
    EmotionsName,
    ExportSubmission,
    TimelineSubmission,
)

#: Fields that may be files in a form.
ROLES: Final = ("audio", "document")
EXPORT_ROLES: Final = ("background",)

#: Fields of a form whose text is JSON.
AS_JSON: Final = frozenset({"document", "metadata", "webhook_events"})

#: Edits of one request.
EDITS_MOST: Final = 1_000

SOURCE: Final = "A file (in a form), an `https://` URL, or an asset's id."
EMOTIONS: Final = (
    "Who decides what the face feels: the built-in rules, a model that reads the text, or nobody."
)


class TimelineBody(JobBody):
    """A timeline: one that was made, or speech to make one of."""

    document: dict[str, Any] | None = Field(
        default=None,
        description="A timeline as its own document (`talkies.timeline/1`); kept at once.",
    )
    character: str | None = Field(
        default=None,
        max_length=100,
        description="Id of a character, or the name of an installed one.",
        examples=["robin"],
    )
    audio: str | None = Field(default=None, max_length=8_000, description=SOURCE)
    transcript: str | None = Field(
        default=None, max_length=TEXT_MAX, description="What `audio` says, where known."
    )
    text: str | None = Field(
        default=None,
        max_length=TEXT_MAX,
        description="What is said, in place of `audio`.",
        examples=["Hello there."],
    )
    voice: str | None = Field(default=None, max_length=200, description="Who says it.")
    speed: float | None = Field(default=None, description="0.5 to 2.")
    pitch: float | None = Field(default=None, description="0.5 to 2.")
    language: str | None = Field(default=None, max_length=50, examples=["en"])
    fps: float | str | None = Field(default=None, examples=[25], union_mode="left_to_right")
    seed: int | None = Field(default=None, ge=0, le=SEED_MAX)
    emotions: EmotionsName = Field(default="rules", description=EMOTIONS)

    def submission(self, who: Principal, files: Mapping[str, Source]) -> TimelineSubmission:
        """The timeline to be made; raises `Forbidden` and `InvalidRequest`."""
        if not self.character:
            problem = {"pointer": "/character", "message": "It is missing."}
            raise InvalidRequest("There is no character.", details={"fields": [problem]})
        plain = self.model_dump(exclude={"document", "audio", *JobBody.model_fields})
        return TimelineSubmission(
            **plain, **self.callers(who), audio=_source(self.audio, files.get("audio"))
        )

    def brought(self, document: str, files: Mapping[str, Source]) -> DocumentSubmission:
        """The timeline that was brought, as JSON text; raises `InvalidRequest`."""
        own = set(TimelineBody.model_fields) - set(_WITH_DOCUMENT)
        for name in (name for name in TimelineBody.model_fields if name in own):
            if getattr(self, name) != TimelineBody.model_fields[name].get_default(
                call_default_factory=True
            ):
                problem = {"pointer": f"/{name}", "message": "There is a `document`."}
                raise InvalidRequest(
                    f"`{name}` has no use: a timeline that is brought along is kept as it is.",
                    details={"fields": [problem]},
                )
        return DocumentSubmission(
            document=document,
            character=self.character,
            sound=_source(self.audio, files.get("audio")),
            user_id=self.user_id,
        )


#: What may stand beside a document.
_WITH_DOCUMENT: Final = ("document", "character", "audio", "user_id")


class EditBody(Body):
    """Edits of a timeline, all or none."""

    edits: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=EDITS_MOST,
        description="In their order; each has an `op`. The documentation of timelines lists them.",
        examples=[[{"op": "move", "id": "poses-12", "start": 40}]],
    )
    revision: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="Edit this one only; as `If-Match`."
    )


class AgainBody(JobBody):
    """Parts of a timeline to be made anew; clips that were set by hand stay."""

    transcript: str | None = Field(
        default=None, max_length=TEXT_MAX, description="Else the words that it has."
    )
    language: str | None = Field(default=None, max_length=50, examples=["en"])
    seed: int | None = Field(default=None, ge=0, le=SEED_MAX, description="Else its own.")
    emotions: EmotionsName = Field(default="rules", description=EMOTIONS)

    def submission(self, who: Principal) -> AgainSubmission:
        """What the studio is asked for; raises `Forbidden`."""
        plain = self.model_dump(exclude={*JobBody.model_fields})
        return AgainSubmission(**plain, **self.callers(who))


class ExportBody(JobBody):
    """A video of a timeline as it is now."""

    format: ExportFormatName = "mp4"
    fps: float | str | None = Field(
        default=None, description="Else its own.", examples=[24], union_mode="left_to_right"
    )
    resolution: ExportResolutionName | None = Field(
        default=None, description="`Np`: the shorter side has N pixels. Else the character's."
    )
    background: str | None = Field(
        default=None,
        max_length=8_000,
        description="A colour (`#204060`), `transparent`, or a picture: `https://…`, an asset's "
        "id, or the file `background` of a form.",
    )
    captions: CaptionPlace = "off"
    draft: bool = Field(default=False, description="Quick and rough, for a look at it.")

    def submission(self, who: Principal, files: Mapping[str, Source]) -> ExportSubmission:
        """What the studio is asked for; raises `Forbidden` and `InvalidRequest`."""
        plain = self.model_dump(exclude={"background", *JobBody.model_fields})
        given = self.background
        picture = given is not None and ("://" in given or given.startswith("ast_"))
        named = Source.named(given) if given is not None and picture else given
        return ExportSubmission(
            **plain, **self.callers(who), background=files.get("background", named)
        )


def timeline_body(received: Received) -> tuple[TimelineBody, str | None]:
    """The body of either kind, checked, and the document as text where one was brought.

    Raises `InvalidRequest` and `MediaTooLarge`.
    """
    if received.document is not None:
        body = checked(TimelineBody, received.document)
    else:
        require_known(received.form.files, ROLES)
        body = checked(TimelineBody, document_of(received.form, AS_JSON))
    if "document" in received.form.files:
        return body, _text_of(received.form.files["document"].path)
    return body, None if body.document is None else json.dumps(body.document)


def export_body(received: Received) -> ExportBody:
    """The body of either kind, checked; raises `InvalidRequest`."""
    if received.document is not None:
        return checked(ExportBody, received.document)
    require_known(received.form.files, EXPORT_ROLES)
    return checked(ExportBody, document_of(received.form, AS_JSON))


def _text_of(path: Path) -> str:
    if path.stat().st_size > DOCUMENT_BYTES:
        raise MediaTooLarge(
            f"`document` has more than {DOCUMENT_BYTES:,} bytes.",
            details={"max_bytes": DOCUMENT_BYTES},
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        problem = {"pointer": "/document", "message": "It is not UTF-8."}
        raise InvalidRequest("`document` is no text.", details={"fields": [problem]}) from None


def _source(text: str | None, sent: Source | None) -> Source | None:
    if sent is not None:
        return sent
    return Source.named(text) if text else None
