"""A character from its folder, and its words back into it."""

from dataclasses import dataclass
from pathlib import Path

from talkies.core.rig.config_json import config_from_json, config_to_json
from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import STANDARD
from talkies.errors import CharacterInvalid, UnknownCharacter
from talkies.kit.files import replacing
from talkies.rigs.about import about_json, read_about
from talkies.rigs.character import ABOUT, CONFIG, FRAMES, Character
from talkies.rigs.tree.listing import TEXT_MAX
from talkies.rigs.tree.reading import read_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A character, and sentences about what in its folder is not as it should be."""

    character: Character
    warnings: tuple[str, ...]


def open_character(folder: Path) -> Character:
    """The character of a folder, with the drawings that there really are.

    Without `expressions.json` it has the words of the seed's, without `character.json` the name
    of the folder.

    Raises:
        UnknownCharacter: there is no such folder, or it has no `frames` in it.
        CharacterInvalid: its words or its drawings cannot be used, as `read_tree` says.
    """
    return look_at(folder).character


def look_at(folder: Path) -> Opened:
    """As `open_character`, with what there is to say about the tree."""
    frames = folder / FRAMES
    if not frames.is_dir():
        raise UnknownCharacter(
            f"{folder} is no character: it has no folder {FRAMES}.",
            details={"path": str(folder)},
        )
    config = read_config(folder / CONFIG)
    about = read_about(folder)
    reading = read_tree(frames, config or STANDARD)
    character = Character(
        name=about.name or folder.resolve().name,
        folder=folder,
        rig=reading.rig,
        key_color=about.key_color,
    )
    return Opened(character=character, warnings=reading.warnings)


def read_config(path: Path) -> RigConfig | None:
    """The words in an `expressions.json`; None where there is no such file.

    Raises `CharacterInvalid`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(TEXT_MAX + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    if len(data) > TEXT_MAX:
        raise _unreadable(path, "it is far too large")
    try:
        return config_from_json(data.decode())
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is no text in UTF-8") from error


def write_character(character: Character) -> None:
    """Write the words of a character, and what is known of it, into its folder.

    Raises `OutputUnwritable` and `DiskFull`.
    """
    texts = {CONFIG: config_to_json(character.rig.config), ABOUT: about_json(character)}
    for name, text in texts.items():
        with replacing(character.folder / name) as partial:
            partial.write_text(text, encoding="utf-8")


def _unreadable(path: Path, why: str) -> CharacterInvalid:
    return CharacterInvalid(
        f"{path} cannot be read: {why}.", details={"reason": "config", "path": str(path)}
    )
