"""`character.json`: what is known of a character besides its words and its drawings."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.core.colours import Rgb, can_be_keyed, rgb_of
from talkies.core.json_reading import JsonAt, read_json
from talkies.core.rig.reading import refusing
from talkies.errors import CharacterInvalid
from talkies.rigs.character import ABOUT, Character

SCHEMA: Final = "talkies.character/1"

#: Characters of a name.
NAME_MAX: Final = 100

#: Largest file that is read, in bytes.
ABOUT_MAX: Final = 1 << 20

_refuse: Final = refusing(f"The character's {ABOUT}", "about")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the file says."""

    #: Empty where the file names none: a character then has its folder's name.
    name: str = ""
    #: The colour that is keyed out of drawings without alpha, RGB.
    key_color: Rgb | None = None


def about_json(character: Character) -> str:
    """The file of a character."""
    document = {
        "schema": SCHEMA,
        "name": character.name,
        "key_color": character.key_color_text,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def about_from_json(source: str) -> About:
    """What such a file says.

    Raises:
        CharacterInvalid: it is not JSON, of a later schema, or a part is of another type.
    """
    document = read_json(source, _refuse)
    schema, name = document.field("schema"), document.optional("name")
    if schema.value != SCHEMA:
        raise schema.wrong(f"is not {SCHEMA!r}")
    return About(
        name="" if name is None else _shown(name),
        key_color=_colour(document.optional("key_color")),
    )


def _shown(name: JsonAt) -> str:
    """A name that may be shown: a terminal obeys some characters."""
    text = name.text()
    if len(text) > NAME_MAX or not text.isprintable():
        raise name.wrong(f"has more than {NAME_MAX} characters, or some that cannot be shown")
    return text


def read_about(folder: Path) -> About:
    """What is known of the character in a folder; nothing where the file is not there.

    Raises:
        CharacterInvalid: as `about_from_json`, and where the file cannot be read.
    """
    try:
        with (folder / ABOUT).open("rb") as file:
            data = file.read(ABOUT_MAX)
        return about_from_json(data.decode())
    except FileNotFoundError:
        return About()
    except (OSError, ValueError) as error:
        raise CharacterInvalid(
            f"{folder / ABOUT} cannot be read.", details={"reason": "about"}
        ) from error


def _colour(at: JsonAt | None) -> Rgb | None:
    if at is None:
        return None
    colour = rgb_of(at.text())
    if colour is None or not can_be_keyed(colour):
        raise at.wrong("is not a colour such as #00ff00, or nearly grey")
    return colour
