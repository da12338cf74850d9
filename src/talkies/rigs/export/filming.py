"""What an export's frames are made of: its size, and what stands behind the character."""

from pathlib import Path
from typing import Final

from talkies.errors import InvalidOption
from talkies.rigs.export.backdrops import Backdrop, MovingBackdrop, backdrop_of
from talkies.rigs.export.drawings import Drawings
from talkies.rigs.export.options import (
    PAPER,
    TRANSPARENT,
    TRANSPARENT_FORMATS,
    ExportFormat,
    ExportOptions,
)
from talkies.rigs.export.pictures import Film, canvas_of, even
from talkies.rigs.export.planning import Performed

#: Shorter sides, in pixels, that a video may be scaled to.
RESOLUTIONS: Final = (16, 4_096)


def film_of(
    performed: Performed, drawings: Drawings, form: ExportFormat, options: ExportOptions
) -> tuple[Film, tuple[str, ...]]:
    """What the frames are made of, and what the user should know of it.

    Raises:
        InvalidOption: a size that cannot be.
        FileMissing, UnsupportedMedia, CorruptMedia, MediaTooLarge: the background.
    """
    size = size_of(drawings, options.resolution)
    background, warnings = _background(drawings, form, options)
    canvas = canvas_of(drawings, size, performed.views)
    backdrop: Backdrop | None = None
    if background is not None:
        backdrop = backdrop_of(background, canvas, performed.fps)
    if options.draft and isinstance(backdrop, MovingBackdrop):
        raise InvalidOption(
            "A draft cannot have a video behind the character: none of its pictures comes twice.",
            hint="Leave `draft` out, or choose a picture or a colour.",
            details={"option": "draft"},
        )
    film = Film(
        drawings=drawings,
        playback=performed.playback,
        size=size,
        fps=performed.fps,
        views=performed.views,
        backdrop=backdrop,
        cues=performed.captions if options.captions == "burned" else (),
    )
    return film, warnings


def size_of(drawings: Drawings, resolution: int | None) -> tuple[int, int]:
    """Width and height of the video: those of the drawings, or with this shorter side."""
    width, height = drawings.width, drawings.height
    if resolution is None:
        return width, height
    lowest, highest = RESOLUTIONS
    if not lowest <= resolution <= highest:
        raise InvalidOption(
            f"`resolution` cannot be {resolution}.",
            hint=f"Choose a shorter side of {lowest} to {highest} pixels.",
            details={"option": "resolution", "value": resolution},
        )
    share = resolution / min(width, height)
    return even(width * share), even(height * share)


def _background(
    drawings: Drawings, form: ExportFormat, options: ExportOptions
) -> tuple[tuple[int, int, int] | Path | None, tuple[str, ...]]:
    """What stands behind the character, None for nothing, and what is to be said of that."""
    asked = options.background
    if not drawings.transparent:
        if asked is None:
            return None, ()
        return None, ("The character's drawings are opaque: no background is seen.",)
    if isinstance(asked, tuple | Path):
        return asked, ()
    if form in TRANSPARENT_FORMATS:
        return None, ()
    if asked == TRANSPARENT:
        return PAPER, (f"An {form} cannot be transparent: the background is white.",)
    return PAPER, ()
