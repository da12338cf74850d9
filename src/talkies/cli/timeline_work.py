"""What the commands about timelines do: all that is slow to load stands here."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from talkies.cli.character_place import character_folder
from talkies.cli.progress import showing
from talkies.cli.streams import painted, say, say_event, tell
from talkies.cli.texts import one_text, text_of
from talkies.core.timeline.document import Timeline
from talkies.errors import InvalidOption
from talkies.rigs.tree.opening import open_character
from talkies.studio.timelines.options import TimelineOptions, timeline_request
from talkies.studio.timelines.saving import TimelineResult, save_timeline
from talkies.wiring.library import ears
from talkies.wiring.models import planner

#: Options of the command that are the timeline's own, by the same names.
_OPTIONS = ("voice", "speed", "pitch", "language", "fps", "seed", "emotions")
_SWITCHES = ("poses", "blinks", "captions", "overwrite")


def create(given: Mapping[str, Any]) -> None:
    """Make one timeline; `given` has every option by its name."""
    if given["output"] is None:
        raise InvalidOption(
            "There is no output.", hint="Name a timeline to write: -o line.timeline.json"
        )
    character = open_character(character_folder(given["character"], given["root"]))
    request = timeline_request(
        character, given["audio"], given["output"], _options(given), called=given["character"]
    )
    with showing(as_json=given["json"], quiet=given["quiet"]) as listener, ExitStack() as parts:
        model = parts.enter_context(planner()) if request.asks_model else None
        result = save_timeline(request, ears(), planner=model, listener=listener)
    _show(result, as_json=given["json"], quiet=given["quiet"])


def _options(given: Mapping[str, Any]) -> TimelineOptions:
    options = TimelineOptions(text=one_text(given["text"], given["text_file"]))
    if given["transcript"] is not None:
        options["transcript"] = text_of(given["transcript"])
    for name in (*_OPTIONS, *_SWITCHES):
        options[name] = given[name]  # type: ignore[literal-required]
    return options


def _show(result: TimelineResult, *, as_json: bool, quiet: bool) -> None:
    """The paths of what was written; to a person also what is in it."""
    timeline = result.timeline
    if as_json:
        facts = {
            "output": str(result.path),
            "sound": None if result.sound is None else str(result.sound),
            "character": timeline.character,
            "fps": str(timeline.fps),
            "frames": timeline.frames,
            "seconds": round(timeline.frames / float(timeline.fps), 3),
            "clips": {name.value: len(clips) for name, clips in timeline.tracks.items()},
            "warnings": list(result.warnings),
        }
        say_event("result", facts)
        return
    for path in (result.path, result.sound):
        if path is not None:
            say(str(path))
    if not quiet:
        tell(painted(summary(timeline), "dim"))


def summary(timeline: Timeline) -> str:
    """One line about a timeline."""
    seconds = timeline.frames / float(timeline.fps)
    clips = (f"{name.value} {len(found)}" for name, found in timeline.tracks.items())
    return ", ".join([f"{seconds:.1f} s", f"{float(timeline.fps):g} fps", *clips])
