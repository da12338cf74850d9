"""From what a caller asks of an export to checked options, and what each format is on the web."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from talkies.core.timeline.document import Timeline
from talkies.core.timeline.formats.captions import captions_of
from talkies.errors import InvalidOption, MediaTooLarge
from talkies.face.framing.options import Resolution
from talkies.media.sounds import SECONDS_MAX
from talkies.rigs.export.options import (
    TRANSPARENT,
    TRANSPARENT_FORMATS,
    Background,
    CaptionPlace,
    ExportFormat,
    ExportOptions,
)
from talkies.studio import values
from talkies.studio.submissions import Source
from talkies.studio.timelines.rates import frame_rate
from talkies.studio.timelines.requests import ExportSubmission

ExportFormatName: TypeAlias = Literal["mp4", "webm", "mov", "gif", "apng", "png"]
ExportResolutionName: TypeAlias = Literal["480p", "720p", "1080p", "source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How the file of a format goes out."""

    #: Of its name.
    ending: str
    content_type: str


#: A folder of pictures goes out as one archive.
DELIVERED: Final[Mapping[ExportFormat, Delivered]] = {
    ExportFormat.MP4: Delivered(ending=".mp4", content_type="video/mp4"),
    ExportFormat.WEBM: Delivered(ending=".webm", content_type="video/webm"),
    ExportFormat.MOV: Delivered(ending=".mov", content_type="video/quicktime"),
    ExportFormat.GIF: Delivered(ending=".gif", content_type="image/gif"),
    ExportFormat.APNG: Delivered(ending=".apng", content_type="image/apng"),
    ExportFormat.PNG: Delivered(ending=".zip", content_type="application/zip"),
}


def require_exportable(submission: ExportSubmission, timeline: Timeline) -> None:
    """Raise for what cannot be made of this timeline, whatever the files hold.

    Raises:
        InvalidOption: an option, or two that do not go together.
        MediaTooLarge: the timeline is too long.
    """
    if timeline.seconds > SECONDS_MAX:
        raise MediaTooLarge(
            f"The timeline lasts over {SECONDS_MAX / 60:.0f} minutes.",
            hint="Cut it into parts.",
            details={"limit_seconds": SECONDS_MAX},
        )
    options = options_of(submission, Path("background"))
    if options.background == TRANSPARENT and options.format not in TRANSPARENT_FORMATS:
        raise InvalidOption(
            f"An {options.format} video cannot be transparent.",
            hint=f"Choose one of: {', '.join(sorted(TRANSPARENT_FORMATS))}.",
            details={"option": "background"},
        )
    if options.draft and options.format is not ExportFormat.MP4:
        raise InvalidOption(
            "Only an mp4 can be a draft.",
            hint="Leave `draft` out, or let `format` be mp4.",
            details={"option": "draft"},
        )
    if options.captions != "off" and not captions_of(timeline):
        raise InvalidOption(
            "The timeline has no captions.",
            hint="Align it with its transcript, or add clips to its track `captions`.",
            details={"option": "captions"},
        )


def options_of(
    submission: ExportSubmission, picture: Path, *, reuse: Path | None = None
) -> ExportOptions:
    """The options of the export itself, with the background's picture in a file.

    Raises `InvalidOption`.
    """
    resolution = submission.resolution or Resolution.SOURCE.value
    captions: CaptionPlace = values.chosen("captions", submission.captions, get_args(CaptionPlace))
    return ExportOptions(
        format=values.member("format", submission.format, ExportFormat),
        fps=None if submission.fps is None else frame_rate(submission.fps),
        resolution=values.member("resolution", resolution, Resolution).shorter_side,
        background=_background(submission.background, picture),
        captions=captions,
        draft=submission.draft,
        reuse=reuse,
    )


def _background(given: str | Source | None, picture: Path) -> Background:
    if given is None:
        return None
    if isinstance(given, Source):
        return picture
    require_colour(given)
    known = values.background(given)
    if isinstance(known, str):
        return TRANSPARENT
    return known


def require_colour(background: str) -> None:
    """Raise `InvalidOption` for a path of this server's, which is no background for a caller."""
    name = background.strip().lower()
    if name != values.TRANSPARENT and any(sign in background for sign in "./\\"):
        raise InvalidOption(
            f"`background` cannot be “{background}”.",
            hint="Give a colour, “transparent”, or a picture as a file, a URL or an asset.",
            details={"option": "background", "value": background},
        )
