"""What DBOS says in the log: of each complaint one line now and then."""

import logging
import threading
import time
from typing import Final

#: Seconds within which the same complaint of DBOS is logged once: while the database is out, each
#: of its threads has one every second.
QUIET_SECONDS: Final = 30.0


class _Calm(logging.Filter):
    """Keeps DBOS from logging a traceback a second while the database is out."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        record.msg, record.args = record.getMessage().split("\n", 1)[0], None
        now = time.monotonic()
        with self._lock:
            key = f"{record.module}:{record.lineno}"
            if now - self._said.get(key, -QUIET_SECONDS) < QUIET_SECONDS:
                return False
            self._said[key] = now
        return True


def quieten() -> None:
    """Let DBOS's logger be so; harmless to repeat."""
    logger = logging.getLogger("dbos")
    if any(isinstance(known, _Calm) for known in logger.filters):
        return
    logger.addFilter(_Calm())
    # A handler of ours keeps DBOS from adding one that writes to the console in its own format.
    logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.WARNING)
