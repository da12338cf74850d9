"""How long a render may take before it is given up, and what it fails with then."""

from collections.abc import Mapping
from typing import Any, Final

from talkies.engines.base import Capabilities
from talkies.engines.terms import TOO_LONG, RenderTerms
from talkies.errors import ChildTimedOut, EngineFailure, EngineStalled
from talkies.studio.maker_process import Patience
from talkies.studio.videos.speeds import preset_in

#: A machine without a GPU may be so many times slower than the one that an engine's speed is from:
#: 1080p at 60 frames a second instead of 720p at 25.
SLOWER: Final = 4.0

#: Seconds by which an engine that watches its own program is quicker to end it, and knows more.
MARGIN: Final = 30.0

#: Lines of the log that an error carries.
LINES_KEPT: Final = 60


def patience_with(
    engine: Capabilities, options: Mapping[str, Any], media_seconds: float, terms: RenderTerms
) -> Patience:
    """What a render of so many seconds of speech is given."""
    expected = engine.load_seconds + speed_of(engine, options) * media_seconds
    return Patience(
        wall_seconds=terms.seconds_for(expected) + (MARGIN if stays_in_memory(engine) else 0.0),
        silence_seconds=engine.load_seconds + engine.silence_seconds,
    )


def speed_of(engine: Capabilities, options: Mapping[str, Any]) -> float:
    """Seconds of work for a second of video, on the slowest GPU of which the speed is known."""
    preset = engine.preset(preset_in(options))
    if preset is None or not preset.speeds:
        return SLOWER * engine.seconds_per_video_second
    return max(speed.seconds_per_video_second for speed in preset.speeds)


def stays_in_memory(engine: Capabilities) -> bool:
    """Whether it is worth keeping for the next job: its models take a while to load."""
    return engine.load_seconds > 0 or engine.needs_gpu


def given_up(engine: Capabilities, patience: Patience, error: ChildTimedOut) -> EngineFailure:
    """What a render fails with that was ended; the end of its log comes along.

    One that was only silent may do better the next time; one that was at work would not.
    """
    lines = str(error.details.get("stderr") or "").splitlines()[-LINES_KEPT:]
    details: dict[str, Any] = {"engine": engine.id, "log": lines}
    if error.details.get("limit") == "silence":
        silent = f"{engine.id} said nothing new for {patience.silence_seconds:.0f} s"
        return EngineStalled(f"{silent}, and was ended.", details=details)
    return EngineFailure(
        f"{engine.id} took longer than the {patience.wall_seconds:.0f} s that it may take, and was "
        "ended.",
        hint=TOO_LONG,
        details=details,
    )
