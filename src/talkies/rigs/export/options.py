"""What an export shall be: its format, rate, size, background and captions."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal, TypeAlias

from talkies.errors import InvalidOption

#: See through where the character does not cover.
TRANSPARENT: Final = "transparent"

#: None is what the format can best do; else an RGB colour, a picture or a video, or `TRANSPARENT`.
Background: TypeAlias = tuple[int, int, int] | Path | Literal["transparent"] | None

#: What stands behind a character in a format without transparency.
PAPER: Final = (255, 255, 255)


class ExportFormat(StrEnum):
    """What is written."""

    MP4 = "mp4"
    WEBM = "webm"
    #: ProRes 4444, for editing programs.
    MOV = "mov"
    GIF = "gif"
    APNG = "apng"
    #: A folder of numbered pictures, and the sound.
    PNG = "png"


#: Formats that can be transparent.
TRANSPARENT_FORMATS: Final = frozenset(ExportFormat) - {ExportFormat.MP4}

#: Formats that have no place for sound.
SILENT_FORMATS: Final = frozenset({ExportFormat.GIF, ExportFormat.APNG})

#: Where captions go: nowhere, into files beside the video, or into its pictures.
CaptionPlace: TypeAlias = Literal["off", "sidecar", "burned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """How a timeline is written as a video."""

    #: None is the one that the output's ending names.
    format: ExportFormat | None = None
    #: Frames a second; None is the timeline's own.
    fps: Fraction | None = None
    #: Pixels of the shorter side; None is the character's own size.
    resolution: int | None = None
    background: Background = None
    captions: CaptionPlace = "off"
    #: Join pictures that were encoded before, at once and in a large file: mp4 only.
    draft: bool = False
    #: An mp4 of an earlier export, whose unchanged parts are taken over; None is the output itself.
    reuse: Path | None = None


def format_of(output: Path, given: ExportFormat | None, *, folder: bool = False) -> ExportFormat:
    """The format of an output: what is given, or what its ending names.

    `folder` says that the name was written as a folder's, with a slash at its end.

    Raises:
        InvalidOption: the ending names none, or another than is given.
    """
    suffix = output.suffix.lower().lstrip(".")
    if folder or given is ExportFormat.PNG:
        if given not in {None, ExportFormat.PNG}:
            raise _contradiction(output, str(given))
        return ExportFormat.PNG
    named = {known.value: known for known in ExportFormat if known is not ExportFormat.PNG}
    if suffix not in named:
        raise InvalidOption(
            f"{output.name} does not end in the name of a format that can be written.",
            hint=f"Let the output end in {', '.join('.' + name for name in named)}, "
            "or in / for a folder of pictures.",
            details={"option": "output", "value": suffix, "choices": list(named)},
        )
    if given not in {None, named[suffix]}:
        raise _contradiction(output, str(given))
    return named[suffix]


def _contradiction(output: Path, wanted: str) -> InvalidOption:
    return InvalidOption(
        f"{output.name} does not end in .{wanted}, which `format` asks for.",
        hint="Leave `format` out, or let the output end in it.",
        details={"option": "format", "value": wanted},
    )


def require_draftable(form: ExportFormat, options: ExportOptions) -> None:
    """Raise `InvalidOption` for a draft in a format that has none."""
    if options.draft and form is not ExportFormat.MP4:
        raise InvalidOption(
            f"There are no drafts in {form}.",
            hint="Let the output end in .mp4, or leave `draft` out.",
            details={"option": "draft"},
        )
