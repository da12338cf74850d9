"""Starting and ending the process: signals, failures, the exit status."""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import NoReturn

from talkies import __version__
from talkies.cli import failures
from talkies.cli.overview import overview
from talkies.cli.streams import prepare, say
from talkies.errors import TalkiesError

#: Set by the shell when it asks how to complete a line.
COMPLETION_VARIABLE = "_TALKIES_COMPLETE"

#: Exit status that the command line library gives a Ctrl-C.
INTERRUPTED = failures.SIGNALLED + signal.SIGINT


class _Terminated(BaseException):
    """Another process asked this one to end; no handler of errors shall take it for one."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command `talkies`; returns its exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    # The command line may be one that cannot be parsed, and still asks for JSON.
    as_json = "--json" in words
    prepare()
    sys.excepthook = lambda _, error, __: failures.report_crash(error, as_json=as_json)
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGHUP, _terminate)
    try:
        status = _run(words)
    except TalkiesError as error:
        return failures.report(error, as_json=as_json)
    except _Terminated as stop:
        return failures.report_stop(stop.args[0], as_json=as_json)
    except KeyboardInterrupt:
        status = INTERRUPTED
    if status == INTERRUPTED:
        return failures.report_stop(signal.SIGINT, as_json=as_json)
    return status


def _run(words: list[str]) -> int:
    """Answer at once what needs no library; the command line library takes most of the start."""
    if COMPLETION_VARIABLE not in os.environ:
        if words in ([], ["--help"], ["-h"]):
            say(overview())
            return 0
        if words == ["--version"]:
            say(f"talkies {__version__}")
            return 0
    status: int = import_module("talkies.cli.app").run_app(words)
    return status


def _terminate(number: int, _: FrameType | None) -> NoReturn:
    """End by the way of an exception, so that partial files are removed."""
    raise _Terminated(number)
