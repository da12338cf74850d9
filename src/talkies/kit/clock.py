"""The time of day as one value: UTC milliseconds since 1970."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeAlias

#: Milliseconds.
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR

#: Gives the present moment in UTC milliseconds; a test passes its own.
Clock: TypeAlias = Callable[[], int]


def now() -> int:
    """The present moment."""
    return time.time_ns() // 1_000_000


def rfc3339(moment: int | None) -> str | None:
    """The moment as RFC 3339 text in UTC, with milliseconds."""
    if moment is None:
        return None
    text = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
