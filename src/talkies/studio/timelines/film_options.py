"""The options of an export as a user writes them."""

from pathlib import Path
from typing import Literal, TypeAlias, TypedDict

from talkies.studio.videos.options import CaptionsName, ResolutionName

ExportFormatName: TypeAlias = Literal["mp4", "webm", "mov", "gif", "apng", "png"]


class TimelineExportOptions(TypedDict, total=False):
    """Everything about an export but its timeline, its character and its output.

    The command line and the Python API use these names. None is as good as absent.
    """

    #: By default the one that the output's ending names.
    format: ExportFormatName | None
    #: Frames per second, as in 25, "29.97" or "30000/1001"; by default the timeline's own.
    fps: str | float | None
    #: Pixels of the shorter side; by default the character's own size.
    resolution: ResolutionName | None
    #: "#204060", the name of a colour, a picture's or a video's path, or "transparent".
    background: str | Path | None
    captions: CaptionsName | None
    #: Join pictures that were encoded before: at once, in a large file.
    draft: bool | None
    #: An mp4 of an earlier export, whose unchanged parts are taken over; by default the output.
    reuse: str | Path | None
    #: The sound, where the timeline does not say where it is, or it is elsewhere now.
    audio: str | Path | None
    #: Replace outputs that exist.
    overwrite: bool | None
