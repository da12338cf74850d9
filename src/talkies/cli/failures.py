"""How a failure is told: one block on the error stream, or one line of JSON, and a status."""

import os
import traceback
from typing import TYPE_CHECKING, Any

from talkies.cli.streams import painted, say_event, tell
from talkies.cli.tables import plain
from talkies.errors import Canceled, TalkiesError

if TYPE_CHECKING:
    import typer

#: Set to anything but "" or "0", it shows where a failure came from.
DEBUG_VARIABLE = "TALKIES_DEBUG"

#: Exit status after a signal: its number and this.
SIGNALLED = 128

#: Exit status of a command line that cannot be understood.
USAGE = 2


def report(error: TalkiesError, *, as_json: bool) -> int:
    """Tell of a failure that has a code."""
    if _debugging():
        traceback.print_exception(error)
    _report(error_facts(error), as_json=as_json)
    return error.exit_status


def report_usage(error: "typer.TyperException", *, as_json: bool) -> int:
    """Tell of a command line that cannot be understood."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "talkies"
    message, hint = error.format_message(), f"`{path} --help` lists what there is."
    _report(_facts("USAGE", message, hint, USAGE), as_json=as_json)
    return USAGE


def report_stop(number: int, *, as_json: bool) -> int:
    """Tell that a signal, such as Ctrl-C's, was understood."""
    message, hint = "Stopped. No unfinished file was left behind.", "Run the same command again."
    status = SIGNALLED + number
    _report(_facts(Canceled.code, message, hint, status), as_json=as_json)
    return status


def report_crash(error: BaseException, *, as_json: bool) -> None:
    """Tell of a failure that nobody foresaw; Python then ends with status 1."""
    kind = type(error)
    message = f"Something failed that should not have: {kind.__name__}: {error}"
    hint = f"Run it again with {DEBUG_VARIABLE}=1 to see where, and report it with that output."
    if _debugging():
        traceback.print_exception(error)
    facts = _facts(TalkiesError.code, message, hint, TalkiesError.exit_status)
    _report(facts, as_json=as_json)


def error_facts(error: TalkiesError) -> dict[str, Any]:
    """A failure that has a code, as plain values."""
    facts = _facts(error.code, error.message, error.hint, error.exit_status)
    return facts | {"retryable": error.retryable, "details": error.details}


def _facts(code: str, message: str, hint: str, status: int) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "hint": hint,
        "exit_status": status,
        "retryable": False,
        "details": {},
    }


def _report(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_event("error", facts)
        return
    tell(f"{painted('error:', 'red')} {_quiet(facts['message'])}")
    if facts["hint"]:
        tell(f"  {painted('hint:', 'yellow')} {_quiet(facts['hint'])}")
    code = f"code: {facts['code']}, exit status {facts['exit_status']}"
    tell(f"  {painted(code, 'dim')}")


def _quiet(text: str) -> str:
    """The lines of a text that may quote a stranger's name, without what a terminal obeys."""
    return "\n".join(plain(line) for line in text.split("\n"))


def _debugging() -> bool:
    return os.environ.get(DEBUG_VARIABLE, "") not in {"", "0"}
