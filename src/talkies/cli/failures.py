"""How a failure is told: one block on the error stream, or one line of JSON, and a status."""

import json
import os
import traceback
from typing import TYPE_CHECKING, Any

from talkies.cli.streams import painted, say, tell
from talkies.errors import Canceled, TalkiesError

if TYPE_CHECKING:
    import typer

#: Set to anything but "" or "0", it shows where a failure came from.
DEBUG_VARIABLE = "TALKIES_DEBUG"

#: Exit status after Ctrl-C: 128 and the signal's number.
INTERRUPTED = 130

#: Exit status of a command line that cannot be understood.
USAGE = 2


def report(error: TalkiesError, *, as_json: bool) -> int:
    """Tell of a failure that has a code."""
    if _debugging():
        traceback.print_exception(error)
    if as_json:
        say(json.dumps(error_event(error)))
    else:
        _tell(error.message, error.hint, f"{error.code}, exit status {error.exit_status}")
    return error.exit_status


def report_usage(error: "typer.TyperException", *, as_json: bool) -> int:
    """Tell of a command line that cannot be understood."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "talkies"
    message, hint = error.format_message(), f"`{path} --help` lists what there is."
    if as_json:
        say(json.dumps(_event("USAGE", message, hint, USAGE)))
    else:
        _tell(message, hint, f"USAGE, exit status {USAGE}")
    return USAGE


def report_interrupt(*, as_json: bool) -> int:
    """Tell that Ctrl-C was understood."""
    message = "Stopped. No unfinished file was left behind."
    return report(Canceled(message, hint="Run the same command again."), as_json=as_json)


def report_crash(error: BaseException, *, as_json: bool) -> None:
    """Tell of a failure that nobody foresaw; Python then ends with status 1."""
    kind = type(error)
    message = f"Something failed that should not have: {kind.__name__}: {error}"
    hint = f"Run it again with {DEBUG_VARIABLE}=1 to see where, and report it with that output."
    if _debugging():
        traceback.print_exception(error)
    if as_json:
        say(json.dumps(_event(TalkiesError.code, message, hint, TalkiesError.exit_status)))
    else:
        _tell(message, hint, f"{TalkiesError.code}, exit status {TalkiesError.exit_status}")


def error_event(error: TalkiesError) -> dict[str, Any]:
    """The JSON line of a failure that has a code."""
    event = _event(error.code, error.message, error.hint, error.exit_status)
    return event | {"retryable": error.retryable, "details": error.details}


def _event(code: str, message: str, hint: str, status: int) -> dict[str, Any]:
    return {
        "event": "error",
        "code": code,
        "message": message,
        "hint": hint,
        "exit_status": status,
        "retryable": False,
        "details": {},
    }


def _tell(message: str, hint: str, code: str) -> None:
    tell(f"{painted('error:', 'red')} {message}")
    if hint:
        tell(f"  {painted('hint:', 'yellow')} {hint}")
    tell(f"  {painted(f'code: {code}', 'dim')}")


def _debugging() -> bool:
    return os.environ.get(DEBUG_VARIABLE, "") not in {"", "0"}
