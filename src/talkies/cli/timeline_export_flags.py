"""The options of `talkies timeline export`."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from talkies.cli.flags import OUTPUT, PICTURE
from talkies.studio.timelines.film_options import ExportFormatName
from talkies.studio.videos.options import CaptionsName, ResolutionName


def _option(help_text: str, *names: str, metavar: str | None = None, group: str = OUTPUT) -> Any:
    return typer.Option(
        *names, help=help_text, metavar=metavar, rich_help_panel=group, show_default=False
    )


Document: TypeAlias = Annotated[
    Path,
    typer.Argument(help="A timeline: line.timeline.json.", metavar="TIMELINE", show_default=False),
]
Character: TypeAlias = Annotated[
    str | None,
    _option(
        "Who plays it: a name, or a folder.  [default: the timeline's]",
        "--character",
        metavar="CHARACTER",
        group=PICTURE,
    ),
]
Audio: TypeAlias = Annotated[
    Path | None,
    _option(
        "The sound, where it is not where the timeline says.",
        *("--audio", "-a"),
        metavar="FILE",
        group=PICTURE,
    ),
]
Background: TypeAlias = Annotated[
    str | None,
    _option(
        "What stands behind the character: a colour such as #204060 or white, a picture, a video, "
        "or transparent.  [default: transparent, in an mp4 white]",
        "--background",
        metavar="WHAT",
        group=PICTURE,
    ),
]
Output: TypeAlias = Annotated[
    str | None,
    _option(
        "Video to write: .mp4, .webm, .mov (ProRes 4444), .gif, .apng, or frames/ for a folder of "
        "PNGs.",
        *("--output", "-o"),
        metavar="FILE",
    ),
]
Format: TypeAlias = Annotated[
    ExportFormatName | None,
    _option("What the output's ending says, or png.  [default: by the ending]", "--format"),
]
Fps: TypeAlias = Annotated[
    str | None,
    _option(
        "Frames per second, 1 to 240, as in 25 or 30000/1001.  [default: the timeline's]",
        "--fps",
        metavar="RATE",
    ),
]
Resolution: TypeAlias = Annotated[
    ResolutionName | None,
    _option("Shorter side of the video.  [default: source]", "--resolution"),
]
Captions: TypeAlias = Annotated[
    CaptionsName | None,
    _option("Captions: in files beside the video, or in the picture.", "--captions"),
]
Draft: TypeAlias = Annotated[
    bool,
    _option(
        "Join pictures that earlier drafts encoded: thousands of frames a second, in a large mp4.",
        "--draft",
    ),
]
Reuse: TypeAlias = Annotated[
    Path | None,
    _option(
        "An mp4 of an earlier export, whose unchanged seconds are copied.  [default: the output, "
        "where it is replaced]",
        "--reuse",
        metavar="FILE",
    ),
]
