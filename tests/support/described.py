"""The example of the page on descriptions, as TOML and as a description."""

import re
from pathlib import Path

from talkies.engines.commands.description import Description
from talkies.engines.commands.reading import read_description

PAGE = Path(__file__).parents[2] / "docs/reference/engine-description.md"
TALKER = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]


def read(text: str, folder: Path, name: str = "talker") -> Description:
    """The description of a file of this text."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return read_description(path)
