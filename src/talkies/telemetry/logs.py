"""Logs: one JSON object a line for machines, a short line for people, nothing secret in either."""

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from talkies.telemetry.context import NAMES, current
from talkies.telemetry.redaction import redacted, redacted_value

#: What every record of `logging` has; all else came by `extra=` and is a field.
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

#: Fields that libraries put on their records, and nobody needs.
_NOISE: Final = frozenset(
    {
        *("applicationID", "applicationVersion", "executorID", "operationUUID"),
        "color_message",
    }
)

#: Loggers that bring handlers of their own, and would write past ours.
_TAKEN_OVER: Final = ("dbos", "uvicorn", "uvicorn.error", "uvicorn.access", "alembic")

#: Loggers that speak of every request they send or answer; we write lines of our own.
_CHATTY: Final = ("httpx", "httpcore", "boto3", "botocore", "s3transfer", "urllib3", "alembic")

#: Seconds in which a flooding logger may say the same thing once. The queue's library logs a
#: traceback a second from every thread while its database is away.
QUIET_SECONDS: Final = 60.0

#: Different things that are remembered as said.
KINDS_KEPT: Final = 1_000


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "message", ids…, fields…}`, one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
            **current(),
            **fields_of(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class ForPeople(logging.Formatter):
    """`12:03:22 INFO message  name=value`, for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%H:%M:%S", time.localtime(record.created))
        known = {**current(), **fields_of(record)}
        facts = "".join(f"  {name}={value}" for name, value in known.items())
        line = f"{moment} {record.levelname:7} {redacted(record.getMessage())}{facts}"
        if record.exc_info and record.exc_info[0] is not None:
            line += "\n" + redacted(self.formatException(record.exc_info))
        return line


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What was given by `extra=`, without secrets; an id there wins over the context's."""
    given = {
        name: value
        for name, value in vars(record).items()
        if name not in _OWN and name not in _NOISE and not name.startswith("_")
    }
    return {
        name: value if name in NAMES else redacted_value(name, value)
        for name, value in given.items()
    }


class Damper(logging.Filter):
    """Lets a flooding logger say the same thing once a minute, and without its traceback."""

    def __init__(self, *loggers: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._loggers = loggers
        self._clock = clock
        self._last: dict[tuple[str, int, str], float] = {}
        self._held: dict[tuple[str, int, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written; says how many like it were held back."""
        if not record.name.startswith(self._loggers) or record.levelno < logging.WARNING:
            return True
        kind = (record.name, record.levelno, _gist(record))
        now = self._clock()
        if now - self._last.get(kind, -QUIET_SECONDS) < QUIET_SECONDS:
            self._held[kind] = self._held.get(kind, 0) + 1
            return False
        if len(self._last) >= KINDS_KEPT:
            self._last.clear()
        self._last[kind] = now
        held = self._held.pop(kind, 0)
        if held:
            record.held_back = held
        if record.exc_info and record.exc_info[1] is not None:
            record.cause = str(record.exc_info[1]).partition("\n")[0]
            record.exc_info = None
        return True


def _gist(record: logging.LogRecord) -> str:
    """What a record says, without the numbers that differ each time."""
    first = str(record.msg).partition("\n")[0][:80]
    return "".join("#" if letter.isdigit() else letter for letter in first)


def configure(
    level: str = "INFO",
    *,
    as_json: bool | None = None,
    stream: TextIO | None = None,
) -> None:
    """Send every log of this process to one place, in one form.

    Args:
        level: `DEBUG` to `CRITICAL`, in any case.
        as_json: None writes JSON where the stream is no terminal.
        stream: standard error where none is given.

    Raises:
        ValueError: there is no such level.
    """
    target = sys.stderr if stream is None else stream
    plain = target.isatty() if as_json is None else not as_json
    handler = logging.StreamHandler(target)
    handler.setFormatter(ForPeople() if plain else JsonLines())
    handler.addFilter(Damper("dbos", "sqlalchemy"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TAKEN_OVER:
        # A handler of ours, not propagation: the queue's library adds one where there is none.
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # Its lines hold whole URLs with their queries; `talkies.access` writes ours.
    logging.getLogger("uvicorn.access").disabled = True
