"""The options of SadTalker's service (S9): read from a form, and given to whatever engine runs."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from talkies.api.errors import invalid_request
from talkies.api.seeds.sadtalker_defaults import SadTalkerDefaults
from talkies.engines.base import Capabilities
from talkies.jobs.records import Document


def _angles(value: object) -> object:
    """`-20,30,10` as numbers, as the seed writes keyframes."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()] or None


#: Degrees at keyframes that are spread over the video. Beyond a quarter turn no face is seen.
Angles: TypeAlias = Annotated[
    tuple[Annotated[int, Field(ge=-90, le=90)], ...] | None,
    BeforeValidator(_angles),
    Field(max_length=64),
]


class SadTalkerOptions(BaseModel):
    """Each with SadTalker's own range and the seed's own default (upstreams §2.1, §11)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    preprocess: Literal["crop", "extcrop", "resize", "full", "extfull"] = "full"
    enhancer: Literal["gfpgan", "RestoreFormer"] | None = None
    background_enhancer: Literal["realesrgan"] | None = None
    expression_scale: float = Field(default=1.0, ge=0, le=3, allow_inf_nan=False)
    pose_style: int = Field(default=0, ge=0, le=45)
    batch_size: int = Field(default=2, ge=1, le=64)
    still: bool = False
    input_yaw: Angles = None
    input_pitch: Angles = None
    input_roll: Angles = None
    keep_intermediate: bool = False
    #: Sent by the seed's worker; its service took no notice.
    default_size: Literal[256, 512] | None = None


#: Fields of keyframes, which a form has as text.
ANGLES: Final = ("input_yaw", "input_pitch", "input_roll")

#: What the seed calls an option, and what else an engine may call it.
OTHER_NAMES: Final = {
    "default_size": "size",
    "input_yaw": "yaw",
    "input_pitch": "pitch",
    "input_roll": "roll",
}


#: Framings that show what each way of cropping shows.
FRAMINGS: Final = {
    "crop": "head",
    "extcrop": "portrait",
    "resize": "source",
    "full": "source",
    "extfull": "source",
}

#: What has an effect on every engine, by options of our own.
ALWAYS_HEARD: Final = frozenset({"preprocess", "still"})

#: The size of video that the seed makes without being asked.
USUAL_SIZE: Final = 256

#: The seed's own defaults.
USUAL: Final = SadTalkerDefaults()


def read_options(texts: Mapping[str, str], defaults: SadTalkerDefaults = USUAL) -> SadTalkerOptions:
    """The options in a form's fields; empty ones are as good as absent.

    Raises `InvalidRequest`, naming the fields.
    """
    said = {name: text for name, text in texts.items() if text.strip()}
    given = {"preprocess": defaults.preprocess, **said}
    if given.get("default_size", "").isdecimal():
        given["default_size"] = int(given["default_size"])  # type: ignore[assignment]
    try:
        return SadTalkerOptions.model_validate(given)
    except ValidationError as error:
        problems = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise invalid_request(problems) from error


def motion_of(options: SadTalkerOptions) -> float | None:
    """`still` keeps the head where it is, as upstream repeats the first pose; None is usual."""
    return 0.0 if options.still else None


def wanted(options: SadTalkerOptions) -> dict[str, Any]:
    """What was asked for beyond the usual: the rest needs no engine's attention."""
    usual = SadTalkerOptions()
    asked = {
        name: value for name, value in options.model_dump().items() if value != getattr(usual, name)
    }
    if asked.get("default_size") == USUAL_SIZE:
        del asked["default_size"]
    return asked


def engine_options(
    options: SadTalkerOptions, engine: Capabilities, defaults: SadTalkerDefaults = USUAL
) -> Document:
    """The part that this engine has options for, by its own names."""
    asked = {
        "preprocess": options.preprocess,
        "default_size": defaults.size,
        "old_version": defaults.use_old_version or None,
        **wanted(options),
    }
    named = {_name_for(engine, name): value for name, value in asked.items()}
    return {
        name: _plain(value)
        for name, value in named.items()
        if name is not None and value is not None
    }


def ignored(options: SadTalkerOptions, engine: Capabilities) -> tuple[str, ...]:
    """A warning for each option that was asked for and has no effect on this engine."""
    return tuple(
        f"The engine {engine.id} has no option `{name}`: it was ignored."
        for name in wanted(options)
        if name not in ALWAYS_HEARD and _name_for(engine, name) is None
    )


def _name_for(engine: Capabilities, name: str) -> str | None:
    """What the engine calls an option; None where it has none."""
    known = engine.option_schema.get("properties", {})
    other = OTHER_NAMES.get(name, name)
    return next((each for each in (name, other) if each in known), None)


def _plain(value: Any) -> Any:
    """Keyframes as the text that engines take."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else value
