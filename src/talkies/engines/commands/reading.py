"""Reads descriptions of engines from TOML files, and says exactly what is wrong in them."""

from pathlib import Path

from talkies.engines.commands.description import Description
from talkies.errors import Misconfigured


def read_description(path: Path) -> Description:
    """The description in a file, whose name is the engine's id.

    Raises `Misconfigured`: the file cannot be read, or says something that is not understood;
    `details` has the file and the place in it.
    """
    raise Misconfigured(f"{path} cannot be read.")
