"""What `talkies timeline export` does: all that is slow to load stands here."""

from collections.abc import Mapping
from typing import Any, cast

from talkies.cli.character_place import character_folder
from talkies.cli.progress import showing
from talkies.cli.streams import painted, say, say_event, tell
from talkies.errors import InvalidOption
from talkies.studio.timelines.exporting import TimelineExport, export_to_file, read_timeline
from talkies.studio.timelines.film_options import TimelineExportOptions


def export(given: Mapping[str, Any]) -> None:
    """Export one timeline; `given` has every option by its name."""
    if given["output"] is None:
        raise InvalidOption("There is no output.", hint="Name a video to write: -o line.mp4")
    options = cast(
        "TimelineExportOptions",
        {
            name: given[name]
            for name in TimelineExportOptions.__annotations__
            if given[name] is not None
        },
    )
    document = given["timeline"]
    called = given["character"] or read_timeline(document).character
    folder = character_folder(called, given["root"])
    with showing(as_json=given["json"], quiet=given["quiet"]) as listener:
        result = export_to_file(document, folder, given["output"], options, listener)
    _show(result, as_json=given["json"], quiet=given["quiet"])


def _show(result: TimelineExport, *, as_json: bool, quiet: bool) -> None:
    """The paths of what was written; to a person also how it went."""
    video = result.video
    if as_json:
        facts = {
            "output": str(video.path),
            "captions": [str(path) for path in video.captions],
            "format": video.format.value,
            "width": video.width,
            "height": video.height,
            "fps": str(video.fps),
            "frames": video.frames,
            "kept_frames": video.kept_frames,
            "seconds": round(video.seconds, 3),
            "elapsed_seconds": round(result.elapsed_seconds, 3),
            "warnings": list(result.warnings),
        }
        say_event("result", facts)
        return
    for path in (video.path, *video.captions):
        say(str(path))
    if not quiet:
        tell(painted(summary(result), "dim"))


def summary(result: TimelineExport) -> str:
    """One line about an export."""
    video = result.video
    facts = [
        f"{video.seconds:.1f} s",
        f"{video.width} x {video.height}",
        f"{float(video.fps):g} fps",
        f"made in {result.elapsed_seconds:.1f} s",
    ]
    if video.kept_frames:
        facts.append(f"{video.kept_frames} of {video.frames} frames from the last export")
    return ", ".join(facts)
