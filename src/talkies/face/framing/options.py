"""What a user may ask of the framing: how much of the picture, how large, in which shape."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from talkies.errors import InvalidOption

#: Aspects beyond this, or its inverse, are a mistake.
MOST_EXTREME_ASPECT = Fraction(4)


class Framing(StrEnum):
    """How much of the picture is shown."""

    #: The whole picture, or head and shoulders where the face is small in it.
    AUTO = "auto"
    #: The whole picture.
    SOURCE = "source"
    #: Head and shoulders.
    PORTRAIT = "portrait"
    #: The head alone.
    HEAD = "head"


class Fit(StrEnum):
    """What happens where the picture and the asked aspect differ."""

    #: The picture fills the frame and is cropped.
    COVER = "cover"
    #: The picture is shown whole, with bars of the background.
    CONTAIN = "contain"


class Resolution(StrEnum):
    """Size of the video: its shorter side in pixels, or that of the picture."""

    P480 = "480p"
    P720 = "720p"
    P1080 = "1080p"
    SOURCE = "source"

    @property
    def shorter_side(self) -> int | None:
        """Pixels; None where the picture decides."""
        return None if self is Resolution.SOURCE else int(self.value.removesuffix("p"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FramingOptions:
    """What was asked for."""

    framing: Framing = Framing.AUTO
    resolution: Resolution = Resolution.P720
    #: Width over height of the video; None follows the source.
    aspect: Fraction | None = None
    fit: Fit = Fit.COVER


def parse_aspect(text: str) -> Fraction:
    """The aspect written as `16:9`, `16/9` or `1.5`. Raises `InvalidOption`."""
    try:
        aspect = Fraction(text.strip().replace(":", "/"))
    except (ValueError, ZeroDivisionError):
        aspect = Fraction(0)
    if not 1 / MOST_EXTREME_ASPECT <= aspect <= MOST_EXTREME_ASPECT:
        raise InvalidOption(
            f"The aspect {text!r} cannot be used.",
            hint="Write it as width:height, such as 16:9, 1:1 or 9:16.",
            details={"option": "aspect", "given": text},
        )
    return aspect
