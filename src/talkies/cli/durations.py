"""Lengths of time as a person writes them: `90d`, `12h`, `30m`, `45s`."""

import re
from typing import Final

from talkies.errors import InvalidOption

SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}

#: Longest that can be meant: 100 years.
MOST: Final = 36_525 * SECONDS["d"]

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")


def seconds_of(text: str, option: str) -> float:
    """The seconds of a length of time. Raises `InvalidOption`, which names the option."""
    found = _DURATION.fullmatch(text.strip().lower())
    seconds = float(found[1]) * SECONDS[found[2]] if found else -1.0
    if not 0 <= seconds <= MOST:
        raise InvalidOption(
            f"{option} cannot be {text}.", hint="Write a length of time as 90d, 12h, 30m or 45s."
        )
    return seconds
