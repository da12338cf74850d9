"""The two streams of a command: results on standard output, everything else on standard error."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from talkies.cli.tables import plain

#: Exit status when the reader of the output has gone, as of a process that SIGPIPE ends.
READER_GONE = 141

#: Escape codes (ECMA-48, select graphic rendition).
STYLES = {"red": "31;1", "yellow": "33", "green": "32", "dim": "2", "bold": "1"}


def prepare() -> None:
    """Let any text and any file name be printed, whatever the locale says, also to nobody."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def say(line: str) -> None:
    """Print one line of result at once. Ends the command quietly when nobody reads any more.

    Raises:
        DiskFull, OutputUnwritable: the output is a file that takes no more.
    """
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up(sys.stdout)
        raise SystemExit(READER_GONE) from None
    except OSError as error:
        from talkies.kit.files import unwritable  # noqa: PLC0415 - the help page comes at once

        _give_up(sys.stdout)
        raise unwritable(Path("Standard output"), error) from None


def say_event(event: str, facts: dict[str, Any]) -> None:
    """Print one JSON line, in ASCII: it is valid whatever is in a file's name."""
    say(json.dumps({"event": event, **facts}, allow_nan=False))


def tell(line: str) -> None:
    """Print one line for the person at the terminal; nothing stops where there is none."""
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:
        _give_up(sys.stderr)


def tell_warning(sentence: str) -> None:
    """Print one warning for the person at the terminal; it may quote a stranger's name."""
    tell(f"{painted('warning:', 'yellow')} {plain(sentence)}")


def _give_up(stream: TextIO) -> None:
    """Let what is still written go nowhere: Python flushes again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def painted(text: str, style: str, *, on_output: bool = False) -> str:
    """The text in a style, where the error stream (or the output) is a terminal that shows it."""
    stream = sys.stdout if on_output else sys.stderr
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m"
