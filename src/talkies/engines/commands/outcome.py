"""Whether a run that ended well made a video: a file that opens and lasts as long as it should."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from talkies.engines.commands.description import Description
from talkies.engines.commands.failures import error_of, failure_of
from talkies.engines.commands.orders import Order
from talkies.engines.commands.values import Values, written
from talkies.errors import EngineNoOutput, InvalidInput, TalkiesError
from talkies.media.video import VideoInfo, probe

#: Frames that may be missing: engines round down to their own grid, such as 4n + 1.
FRAMES_MISSING: Final = 4


def checked_video(
    order: Order, description: Description, values: Values, lines: Sequence[str]
) -> Path:
    """The video of a run that said it went well; `lines` are the end of its log.

    Raises what the log says, else `EngineNoOutput`: there is none, more than one, an empty one, one
    that does not open, or one that is too short.
    """
    pattern = written(description.output.glob, values)
    found = sorted(path for path in order.scratch.glob(pattern) if path.is_file())
    wrong = _wrong_files(found, pattern) or _wrong_video(found[0], order, description)
    if not wrong:
        return found[0]
    raise _failure(description, lines, wrong)


def _wrong_files(found: Sequence[Path], pattern: str) -> str:
    if len(found) != 1:
        what = ", ".join(path.name for path in found) or "nothing"
        return f"where one file {pattern} was expected there was {what}"
    return "" if found[0].stat().st_size else f"{found[0].name} is empty"


def _wrong_video(path: Path, order: Order, description: Description) -> str:
    try:
        info = probe(path)
    except InvalidInput as error:
        return f"{path.name} is no video: {error.message}"
    seconds = _seconds(info, description.output.fps)
    least = (order.frames - FRAMES_MISSING) / description.output.fps
    if seconds < least:
        return f"{path.name} lasts {seconds:.2f} s instead of {order.seconds:.2f} s"
    return ""


def _seconds(info: VideoInfo, fps: int) -> float:
    if info.frames is not None:
        return info.frames / float(info.fps or fps)
    return info.seconds or 0.0


def _failure(description: Description, lines: Sequence[str], wrong: str) -> TalkiesError:
    message = f"{description.id} ended well but made no usable video: {wrong}."
    return failure_of(description, lines, 0) or error_of(
        EngineNoOutput, description, lines, message
    )
