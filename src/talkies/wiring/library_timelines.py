"""The Python API of timelines: gives the use cases their parts."""

from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from talkies.kit.files import plain_path
from talkies.rigs.tree.opening import open_character
from talkies.studio.progress import Listener, ignore
from talkies.studio.timelines.create import Planner
from talkies.studio.timelines.exporting import TimelineExport, export_to_file
from talkies.studio.timelines.film_options import TimelineExportOptions
from talkies.studio.timelines.options import TimelineOptions, timeline_request
from talkies.studio.timelines.saving import TimelineResult, save_timeline
from talkies.wiring.library import ears

if TYPE_CHECKING:
    from collections.abc import Callable


def create_timeline(
    character: str | Path,
    audio: str | Path | None = None,
    *,
    output: str | Path,
    progress: Listener = ignore,
    **options: Unpack[TimelineOptions],
) -> TimelineResult:
    """Make a timeline of speech: what a character does while it says it, as a JSON file.

    Args:
        character: the folder of a character.
        audio: a recording of speech; or a `text` that a `voice` says, whose sound comes beside the
            timeline.
        output: the .timeline.json to write.
        progress: hears `Progress` and `Warned` events; it may raise `Canceled` to stop.
        **options: `TimelineOptions`, the same as those of the command line.

    Raises:
        TalkiesError: whatever stands in the way, with a code and a hint; nothing is left behind.
    """
    folder = plain_path(character)
    request = timeline_request(open_character(folder), audio, output, options)
    with ExitStack() as parts:
        model = parts.enter_context(_asking()) if request.asks_model else None
        return save_timeline(request, ears(), planner=model, listener=progress)


def export_timeline(
    timeline: str | Path,
    character: str | Path,
    output: str | Path,
    *,
    progress: Listener = ignore,
    **options: Unpack[TimelineExportOptions],
) -> TimelineExport:
    """Make a video of a timeline, played by a character.

    Args:
        timeline: the .timeline.json.
        character: the folder of the character.
        output: the video; its ending names the format: .mp4, .webm, .mov, .gif or .apng. A name
            that ends in a slash is a folder of PNGs.
        progress: hears `Progress` and `Warned` events; it may raise `Canceled` to stop.
        **options: `TimelineExportOptions`, the same as those of the command line.

    Raises:
        TalkiesError: whatever stands in the way, with a code and a hint; nothing is left behind.
    """
    folder = plain_path(character)
    return export_to_file(Path(timeline), folder, output, options, progress)


def _asking() -> AbstractContextManager[Planner]:
    """The model of the settings; by name, because the library starts without what asks it."""
    planner: Callable[[], AbstractContextManager[Planner]]
    planner = import_module("talkies.wiring.models").planner
    return planner()
