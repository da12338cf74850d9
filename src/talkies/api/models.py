"""The shapes that every resource's answers share."""

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from talkies.kit.clock import rfc3339

Item = TypeVar("Item")

#: UTC milliseconds inside, RFC 3339 outside.
Moment: TypeAlias = Annotated[
    int,
    PlainSerializer(rfc3339, return_type=str, when_used="json-unless-none"),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-11-21T16:00:00.000Z"]}
    ),
]


class Answer(BaseModel):
    """A body that we send."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """A body that we are sent: nothing unknown is passed over in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, document: Any) -> Any:
        require_storable(document)
        return document


def require_storable(document: object) -> None:
    """Raise `ValueError` for what JSON can say and neither database can keep.

    That is U+0000 and halves of characters in texts, and numbers that are not finite.
    """
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and not _is_storable(value):
            raise ValueError("Text may hold neither U+0000 nor half a surrogate pair")
        if isinstance(value, float) and not isfinite(value):
            raise ValueError("Numbers have to be finite")
        if isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= mark <= "\udfff" for mark in text)


class ErrorRecord(Answer):
    """What went wrong, and what to do next."""

    code: str = Field(description="Stable: match on this.", examples=["NOT_FOUND"])
    message: str = Field(examples=["There is no job vid_01… of this key."])
    details: dict[str, Any] = Field(
        default_factory=dict,
        description="Facts behind the message. INVALID_REQUEST lists `fields` (pointer, message).",
    )
    request_id: str = Field(examples=["req_01k9zzy0c0m5ysfcvd4cb4k4w1"])
    retryable: bool = Field(description="Whether the same request may succeed later, unchanged.")
    hint: str = Field(description="The next step.", examples=["Check the id."])


class ErrorAnswer(Answer):
    """The body of every answer that is no success."""

    error: ErrorRecord


class Page(Answer, Generic[Item]):
    """One page of a list, newest first."""

    object: str = "list"
    data: list[Item]
    has_more: bool = Field(description="Whether a next page exists.")
    next_after: str | None = Field(
        default=None, description="`after` of the next page; null on the last one."
    )
