"""Colours as people and files write them: `#00b140`."""

import re
from typing import Final, TypeAlias

#: Red, green and blue, 0 to 255 each.
Rgb: TypeAlias = tuple[int, int, int]

#: Least saturation of a colour that can be keyed out, of 255.
SATURATION_MIN: Final = 90

_HEX: Final = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.ASCII | re.IGNORECASE)


def rgb_of(text: str) -> Rgb | None:
    """The colour of a text such as `#00b140`; None for any other text."""
    found = _HEX.fullmatch(text)
    if found is None:
        return None
    red, green, blue = (int(part, 16) for part in found.groups())
    return red, green, blue


def hex_of(colour: Rgb) -> str:
    """The text that `rgb_of` reads."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def can_be_keyed(colour: Rgb) -> bool:
    """Whether pixels of a colour can be told from a figure: greys are in every one."""
    return max(colour) - min(colour) >= SATURATION_MIN
