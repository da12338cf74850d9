"""The two streams of a command: results on standard output, everything else on standard error."""

import io
import os
import sys

#: Exit status when the reader of the output has gone, as of a process that SIGPIPE ends.
READER_GONE = 141

#: Escape codes (ECMA-48, select graphic rendition).
STYLES = {"red": "31;1", "yellow": "33", "green": "32", "dim": "2", "bold": "1"}


def prepare() -> None:
    """Let any text and any file name be printed, whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def say(line: str) -> None:
    """Print one line of result at once. Ends the command quietly when nobody reads any more."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes again at its end; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(READER_GONE) from None


def tell(line: str) -> None:
    """Print one line for the person at the terminal."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def painted(text: str, style: str, *, on_output: bool = False) -> str:
    """The text in a style, where the error stream (or the output) is a terminal that shows it."""
    stream = sys.stdout if on_output else sys.stderr
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m"
