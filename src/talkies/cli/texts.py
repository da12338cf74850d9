"""Text that an option names: a file, or standard input."""

import sys
from pathlib import Path

from talkies.errors import InvalidOption
from talkies.studio.texts import LONGEST_TEXT, decode_text, read_text

#: The name that stands for standard input.
STANDARD_INPUT = "-"


def text_of(name: str) -> str:
    """The text of a file, or of standard input where the name is `-`."""
    if name != STANDARD_INPUT:
        return read_text(Path(name))
    return decode_text(sys.stdin.buffer.read(LONGEST_TEXT + 1), "Standard input")


def one_text(text: str | None, file: str | None) -> str | None:
    """The text that was given on the command line or in a file."""
    if text is not None and file is not None:
        raise InvalidOption("There is both a text and a file of text.", hint="Give one of the two.")
    return text if file is None else text_of(file)
