"""The line that is written for every request that was answered."""

import logging
from typing import Final

log = logging.getLogger("talkies.access")

#: Routes that are asked every few seconds by machines; written at `DEBUG` while all is well.
PROBES: Final = frozenset({"/health", "/healthz", "/livez", "/readyz", "/metrics"})


def answered(
    *, method: str, route: str, status: int, milliseconds: float, sent: int, received: int
) -> None:
    """Write what was asked, by its route and never by its path or query, and how it went.

    `sent` and `received` are bytes of the bodies.
    """
    level = logging.DEBUG if route in PROBES and status < 400 else logging.INFO  # noqa: PLR2004
    log.log(
        logging.ERROR if status >= 500 else level,  # noqa: PLR2004 - HTTP's own border
        "%s %s %d",
        method,
        route,
        status,
        extra={
            "method": method,
            "route": route,
            "status": status,
            "ms": round(milliseconds, 1),
            "bytes": sent,
            "received": received,
        },
    )
