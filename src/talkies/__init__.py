"""Talkies: a portrait and speech in, a lip-synced talking video out."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from talkies.core.alignment import Alignment
    from talkies.errors import TalkiesError
    from talkies.score.report import Score
    from talkies.studio.audio.speeches import SpeechResult
    from talkies.studio.progress import Progress, Warned
    from talkies.studio.timelines.exporting import TimelineExport
    from talkies.studio.timelines.film_options import TimelineExportOptions
    from talkies.studio.timelines.options import TimelineOptions
    from talkies.studio.timelines.saving import TimelineResult
    from talkies.studio.videos.options import VideoOptions
    from talkies.studio.videos.result import VideoResult
    from talkies.wiring.library import (
        align,
        render,
        render_many,
        score_video,
        speak,
    )
    from talkies.wiring.library_timelines import create_timeline, export_timeline

__version__ = "0.1.0"

__all__ = [
    "Alignment",
    "Progress",
    "Score",
    "SpeechResult",
    "TalkiesError",
    "TimelineExport",
    "TimelineExportOptions",
    "TimelineOptions",
    "TimelineResult",
    "VideoOptions",
    "VideoResult",
    "Warned",
    "__version__",
    "align",
    "create_timeline",
    "export_timeline",
    "render",
    "render_many",
    "score_video",
    "speak",
]

#: Where each public name lives; it is loaded when it is first used, so that importing is quick.
_HOMES = {
    "Alignment": "talkies.core.alignment",
    "Progress": "talkies.studio.progress",
    "Score": "talkies.score.report",
    "SpeechResult": "talkies.studio.audio.speeches",
    "TalkiesError": "talkies.errors",
    "TimelineExport": "talkies.studio.timelines.exporting",
    "TimelineExportOptions": "talkies.studio.timelines.film_options",
    "TimelineOptions": "talkies.studio.timelines.options",
    "TimelineResult": "talkies.studio.timelines.saving",
    "VideoOptions": "talkies.studio.videos.options",
    "VideoResult": "talkies.studio.videos.result",
    "Warned": "talkies.studio.progress",
    "align": "talkies.wiring.library",
    "create_timeline": "talkies.wiring.library_timelines",
    "export_timeline": "talkies.wiring.library_timelines",
    "render": "talkies.wiring.library",
    "render_many": "talkies.wiring.library",
    "score_video": "talkies.wiring.library",
    "speak": "talkies.wiring.library",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'talkies' has no attribute {name!r}")
    return getattr(import_module(home), name)
