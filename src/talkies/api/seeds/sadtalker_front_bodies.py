"""What `/api/sadtalker/create` takes (S10): a JSON object, or a form with both files."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from talkies.api.errors import invalid_request
from talkies.api.multipart import Form
from talkies.api.seeds.forms import require_text
from talkies.api.seeds.sadtalker_defaults import SadTalkerDefaults
from talkies.api.seeds.sadtalker_options import SadTalkerOptions, read_options

#: Files of the form, with their meanings.
FILES: Final = {"source_image": "The portrait.", "driven_audio": "What is said."}

#: Whose job it is where a form does not say, as in the seed.
NOBODY: Final = "web-client"

#: What the seed's front calls an option, and its service calls otherwise.
SNAKE: Final = {
    "enhancer": "enhancer",
    "backgroundEnhancer": "background_enhancer",
    "preprocess": "preprocess",
    "poseStyle": "pose_style",
    "expressionScale": "expression_scale",
    "still": "still",
    "batchSize": "batch_size",
    "inputYaw": "input_yaw",
    "inputPitch": "input_pitch",
    "inputRoll": "input_roll",
}


#: Fields of the form, as schemas; the options have the service's own names.
TEXTS: Final[Mapping[str, Any]] = {
    **{own: {"type": "string"} for own in SNAKE.values()},
    "resolution": {"type": "string", "enum": ["256p", "512p"]},
    **{name: {"type": "string", "maxLength": 200} for name in ("userId", "requestId")},
    "webhookUrl": {"type": "string", "description": "Is sent the `JobResponse` at the end."},
}


class FrontOptions(BaseModel):
    """SadTalker's options by the front's names; each means what the service's own means."""

    model_config = ConfigDict(extra="ignore")

    resolution: Literal["256p", "512p"] | None = None
    enhancer: str | None = None
    backgroundEnhancer: str | None = None  # noqa: N815
    preprocess: str | None = None
    poseStyle: int | str | None = None  # noqa: N815
    expressionScale: float | str | None = None  # noqa: N815
    still: bool | None = None
    batchSize: int | str | None = None  # noqa: N815
    inputYaw: list[int] | str | None = None  # noqa: N815
    inputPitch: list[int] | str | None = None  # noqa: N815
    inputRoll: list[int] | str | None = None  # noqa: N815


class FrontBody(BaseModel):
    """One video. A form has `source_image` and `driven_audio` in place of the addresses."""

    model_config = ConfigDict(extra="ignore")

    imageUrl: str | None = Field(default=None, max_length=8_000)  # noqa: N815
    audioUrl: str | None = Field(default=None, max_length=8_000)  # noqa: N815
    userId: str = Field(min_length=1, max_length=200)  # noqa: N815
    requestId: str | None = Field(default=None, min_length=1, max_length=200)  # noqa: N815
    webhookUrl: str | None = Field(default=None, max_length=8_000)  # noqa: N815
    metadata: dict[str, Any] = Field(default_factory=dict)
    options: FrontOptions = Field(default_factory=FrontOptions)

    def read_options(self, defaults: SadTalkerDefaults) -> SadTalkerOptions:
        """The options as the service reads them. Raises `InvalidRequest`, naming the fields."""
        said = self.options.model_dump()
        texts = {SNAKE[name]: _text(said[name]) for name in SNAKE if said[name] is not None}
        if self.options.resolution is not None:
            texts["default_size"] = self.options.resolution.removesuffix("p")
        return read_options(texts, defaults)


def read_body(document: Mapping[str, Any]) -> FrontBody:
    """The body in a JSON object; null is as good as absent. Raises `InvalidRequest`."""
    given = {name: value for name, value in document.items() if value is not None}
    for name, value in given.items():
        require_text(name, value)
    try:
        return FrontBody.model_validate(given)
    except ValidationError as error:
        problems = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise invalid_request(problems) from error


def body_of_form(form: Form) -> FrontBody:
    """The body in a form, whose options have the service's names."""
    options: dict[str, Any] = {
        front: form.text(own) for front, own in SNAKE.items() if form.text(own)
    }
    named = {name: form.text(name) for name in ("userId", "requestId", "webhookUrl")}
    return read_body(
        {
            "userId": NOBODY,
            **{name: text for name, text in named.items() if text},
            "options": {**options, **({"resolution": r} if (r := form.text("resolution")) else {})},
        }
    )


def _text(value: Any) -> str:
    """A value as the service's form would have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
