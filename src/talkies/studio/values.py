"""From what a user wrote to a checked value, one small function each."""

import difflib
import math
import re
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from talkies.core.colours import rgb_of
from talkies.errors import InvalidOption

#: Frames per second that a mouth needs and that players take.
FPS_RANGE = (Fraction(8), Fraction(60))

#: The names of rates that are written in decimals and meant as fractions (SMPTE 12M).
BROADCAST_RATES = {
    "23.976": Fraction(24_000, 1_001),
    "23.98": Fraction(24_000, 1_001),
    "29.97": Fraction(30_000, 1_001),
    "59.94": Fraction(60_000, 1_001),
}

COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "gray": (128, 128, 128),
    "red": (255, 0, 0),
    "green": (0, 177, 64),
    "blue": (0, 71, 187),
    "yellow": (255, 215, 0),
    "navy": (32, 48, 96),
}

TRANSPARENT = "transparent"

_Name = TypeVar("_Name", bound=str)
_Member = TypeVar("_Member", bound=StrEnum)


def chosen(option: str, value: _Name, choices: Sequence[str]) -> _Name:
    """The value, which has to be one of the choices."""
    if value not in choices:
        raise InvalidOption(
            f"`{option}` cannot be “{value}”.",
            hint=f"Choose one of: {', '.join(choices)}.",
            details={"option": option, "value": value, "choices": list(choices)},
        )
    return value


def member(option: str, value: str, kind: type[_Member]) -> _Member:
    """The member of an enumeration that has this value."""
    return kind(chosen(option, str(value), [known.value for known in kind]))


def within(option: str, value: float, low: float, high: float) -> float:
    """The value, which has to lie between two limits, themselves included."""
    if not low <= value <= high:  # also refuses nan
        raise InvalidOption(
            f"`{option}` cannot be {_exact(value)}.",
            hint=f"Choose a number from {_exact(low)} to {_exact(high)}.",
            details={"option": option, "value": value},
        )
    return value


def known_name(name: str, known: Sequence[str]) -> str:
    """A hint about a name that is not known: one that is like it, or all there are."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean “{near[0]}”?" if near else f"There are {', '.join(known)}."


def frame_rate(value: str | float, limits: tuple[Fraction, Fraction] = FPS_RANGE) -> Fraction:
    """Frames per second, exact, from a number, its decimal text or a fraction's."""
    text = f"{value:g}" if isinstance(value, float) else str(value).strip()
    rate = BROADCAST_RATES.get(text) or _fraction(text)
    low, high = limits
    if rate is None or not low <= rate <= high:
        raise InvalidOption(
            f"`fps` cannot be “{text}”.",
            hint=f"Choose a rate from {low} to {high}, as in 25 or 29.97.",
            details={"option": "fps", "value": text},
        )
    return rate.limit_denominator(1_001)


def background(value: str | Path) -> tuple[int, int, int] | Path | str:
    """An RGB colour, a picture, or `TRANSPARENT`."""
    if isinstance(value, Path):
        return value
    name = value.strip().lower()
    if name == TRANSPARENT:
        return TRANSPARENT
    if name in COLOURS:
        return COLOURS[name]
    colour = rgb_of(re.sub(r"^#(.)(.)(.)$", r"#\1\1\2\2\3\3", name))
    if colour is not None:
        return colour
    if name.startswith("#") or not re.search(r"[./\\]", value):
        raise InvalidOption(
            f"`background` cannot be “{value}”.",
            hint="Write a colour as #204060 or by name "
            f"({', '.join(COLOURS)}), a picture's path, or {TRANSPARENT}.",
            details={"option": "background", "value": value},
        )
    return Path(value)


def _exact(number: float) -> str:
    """A number as people write it, every digit of a whole one."""
    whole = math.isfinite(number) and number == int(number)
    return str(int(number)) if whole else f"{number:.10g}"


def _fraction(text: str) -> Fraction | None:
    """The number that "a", "a.b" or "a/b" writes, or None."""
    number = r"\d{1,6}(?:\.\d{1,6})?"
    found = re.fullmatch(rf"({number})(?:/({number}))?", text.strip())
    if found is None or (found[2] and not Fraction(found[2])):
        return None
    return Fraction(found[1]) / Fraction(found[2] or 1)
