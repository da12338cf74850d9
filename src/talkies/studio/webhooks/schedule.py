"""When a delivery that failed is tried again."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

#: Mean seconds between the 8 tries: about 23 hours from the first to the last, so that a receiver
#: may be down for a night.
WAITS: Final = (5.0, 30.0, 120.0, 900.0, 3_600.0, 21_600.0, 57_600.0)

TRIES: Final = len(WAITS) + 1

#: A receiver may ask to wait this many seconds, not longer.
LONGEST_RETRY_AFTER: Final = 6 * 3_600.0


def wait_seconds(failed: int, chance: float, retry_after: float | None = None) -> float | None:
    """Seconds from the try that made it `failed` ones to the next; None when it was the last.

    `chance`, 0 to 1, spreads receivers that failed together over half to one and a half times
    the mean wait. `retry_after` makes it longer, never shorter.
    """
    if failed > len(WAITS):
        return None
    wait = WAITS[failed - 1] * (0.5 + chance)
    return max(wait, min(retry_after or 0.0, LONGEST_RETRY_AFTER))


def read_retry_after(text: str | None, at: int) -> float | None:
    """Seconds that a `Retry-After` header asks for (RFC 9110 §10.2.3), seen at `at` (UTC ms)."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - at / 1000)
