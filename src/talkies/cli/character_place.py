"""Which folder a command means by a character's name."""

import difflib
import os
from pathlib import Path

from talkies.cli.root_flags import characters_of
from talkies.errors import InvalidOption, UnknownCharacter
from talkies.kit.files import is_folder, plain_path
from talkies.rigs.character import ABOUT, CONFIG, FRAMES, NAME


def character_folder(text: str, root: Path | None = None) -> Path:
    """The folder of a character that is named, or whose folder is given.

    Raises `UnknownCharacter`, which names those that there are.
    """
    home = characters_of(root)
    if NAME.fullmatch(text) and is_folder(home / text / FRAMES):
        return home / text
    path = plain_path(text)
    if is_folder(path / FRAMES):
        return path
    known = names_in(home)
    near = difflib.get_close_matches(text, known, 1)
    there = f"There are {', '.join(known[:8])}." if known else f"There are none in {home}."
    raise UnknownCharacter(
        f"There is no character {text}.",
        hint=f"Did you mean {near[0]}?" if near else f"{there} A path of one's folder will do.",
        details={"character": text, "folder": str(home)},
    )


def new_folder(name: str, root: Path | None = None) -> Path:
    """The folder of a character that is to be made. Raises `InvalidOption`."""
    if not NAME.fullmatch(name):
        raise InvalidOption(
            f"{name[:100]!r} cannot be the name of a character.",
            hint="Give --name with letters, digits, dots, dashes and underscores, a letter or a "
            "digit first.",
            details={"option": "name"},
        )
    return characters_of(root) / name


def names_in(home: Path) -> list[str]:
    """The characters of a folder."""
    try:
        names = sorted(entry.name for entry in os.scandir(home) if entry.is_dir())
    except OSError:
        return []
    return [name for name in names if NAME.fullmatch(name) and _is_character(home / name)]


def _is_character(folder: Path) -> bool:
    return (folder / FRAMES).is_dir() and any((folder / name).is_file() for name in (ABOUT, CONFIG))
